"""Tying episodes to APIs and endpoints that became known after them, as if they had been known before."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from django.db import connection, transaction
from django.db.models import Q

from findings.mapping import Placement, Rule, RuleBook, RuleKind
from findings.models import MappingRule
from incidents.choices import Outcome
from incidents.models import Alert, Episode
from incidents.services.folding import LOCK, Holder, write_tallies
from incidents.services.placing import Placing
from incidents.services.weighing import weigh_anew
from incidents.transitions.episodes import Spot, Tally, key_of
from inventory.models import Api, ApiTeam
from inventory.selectors.apis import address_book

DOUBLES: Final = """
DELETE FROM incidents_alert alert USING incidents_alert held
WHERE alert.episode_id = %(old)s AND held.scope = %(scope)s AND held.uid = alert.uid
    AND held.happened_at = alert.happened_at AND held.id <> alert.id
"""
MOVE: Final = """
UPDATE incidents_alert SET scope = %(scope)s, api_id = %(api)s, episode_id = %(new)s WHERE episode_id = %(old)s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tied:
    """How many episodes changed their place, and the APIs that this is news for."""

    moved: int
    api_ids: tuple[int, ...]


@transaction.atomic
def tie_episodes(*, api_ids: Iterable[int]) -> Tied:
    """Place anew what has no API yet, and what has one of these but no endpoint of it."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK)
    loose = Q(api=None) | Q(api__in=list(api_ids), endpoint=None)
    found = Episode.objects.live().filter(loose).order_by("pk")
    places: dict[int | None, Placing] = {}
    moved, gained = 0, set[int]()
    for episode in list(found):
        if episode.team_id not in places:
            places[episode.team_id] = _placing(episode.team_id)
        spot = _spot(episode, places[episode.team_id])
        key = key_of(
            spot, source_kind=episode.source_kind, actor=episode.actor, rule=episode.rule, window=episode.window_start
        )
        if key == episode.key or (episode.api_id is not None and spot.endpoint_id is None):
            continue
        _move(episode, spot, key)
        moved += 1
        if spot.api_id is not None:
            gained.add(spot.api_id)
    if gained:
        weigh_anew(api_ids=gained, cause=f"alert: {moved} tied to what became known")
    return Tied(moved=moved, api_ids=tuple(sorted(gained)))


def _placing(team_id: int | None) -> Placing:
    apis = Api.objects.all()
    if team_id is not None:
        apis = apis.filter(pk__in=ApiTeam.objects.filter(team=team_id, until=None).values("api"))
    stable_ids = {pk: str(stable_id) for pk, stable_id in apis.values_list("pk", "stable_id")}
    rules = MappingRule.objects.filter(ended_at=None, api__in=stable_ids)
    holder = Holder(team_id=team_id)
    placement = Placement(
        book=address_book(apis),
        stable_ids=stable_ids,
        unmapped=holder.scope,
        rules=RuleBook(Rule(rule.pk, RuleKind(rule.kind), rule.pattern, rule.api_id) for rule in rules),
    )
    return Placing(placement=placement, unmapped=holder.scope)


def _spot(episode: Episode, placing: Placing) -> Spot:
    if episode.api_id is None:
        return placing.spot(method=episode.method, host=episode.host, port=episode.port, path=episode.path)
    return placing.within(api_id=episode.api_id, method=episode.method, path=episode.path)


def _move(episode: Episode, spot: Spot, key: str) -> None:
    """Give an episode its new place: in its own row, else, where there is one of that place, as a part of that."""
    held = Episode.objects.filter(key=key).first()
    target = held or episode
    with connection.cursor() as cursor:
        given: dict[str, int | str | None] = {
            "old": episode.pk,
            "new": target.pk,
            "scope": spot.scope,
            "api": spot.api_id,
        }
        cursor.execute(DOUBLES, given)
        cursor.execute(MOVE, given)
    if held is None:
        episode.key, episode.api_id, episode.endpoint_id, episode.path = key, spot.api_id, spot.endpoint_id, spot.path
        if spot.api_id is not None:
            episode.team_id = episode.uploader_id = None
        episode.save(update_fields=["key", "api", "endpoint", "path", "team", "uploader"])
    else:
        episode.moved_to = held
        episode.key = f"moved {episode.pk}"
        episode.save(update_fields=["moved_to", "key"])
    count_anew([target.pk])


def count_anew(episode_ids: Sequence[int]) -> None:
    """Add episodes up from their alerts, those that are still held."""
    sums = {pk: Tally() for pk in episode_ids}
    for alert in Alert.objects.filter(episode__in=list(episode_ids)).iterator(chunk_size=2000):
        sums[alert.episode_id] = sums[alert.episode_id].plus(
            Tally(
                title=alert.title,
                category=alert.category,
                alerts=1,
                events=alert.events,
                outcomes={Outcome(alert.outcome): alert.events},
                severity=alert.severity,
                first_at=alert.happened_at,
                last_at=alert.happened_at,
                samples=(alert.sample,),
            )
        )
    write_tallies({pk: tally for pk, tally in sums.items() if tally.alerts})
