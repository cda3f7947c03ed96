"""Whose alerts are: the team of their API, or while they have none the one that brought them."""

from collections.abc import Iterable

from incidents.models import Episode
from inventory.models import ApiTeam


def team_of(episode: Episode) -> int | None:
    """Return the team whose an episode is; one query at most."""
    return teams_of([episode])[episode.pk]


def teams_of(episodes: Iterable[Episode]) -> dict[int, int | None]:
    """Return the team whose each of some episodes is, by the ids of the episodes; one query at most."""
    rows = list(episodes)
    api_ids = {row.api_id for row in rows if row.api_id is not None}
    held = dict(ApiTeam.objects.filter(api__in=api_ids, until=None).values_list("api", "team"))
    return {row.pk: row.team_id if row.api_id is None else held.get(row.api_id) for row in rows}
