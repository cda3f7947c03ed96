"""Who answers for an API: its team now and before, its owner and deputy, and whom one may name."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from inventory.access.models import User
from inventory.access.records import Principal
from inventory.access.selectors import teams_in_sight
from inventory.models import Api, ApiTeam

OFFERED: Final = 200
ANOTHER: Final = "Another team"
"""What a team is called for those who do not see it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """A team that held the API, from when until when; without an end it holds it now."""

    team: str
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiPeople:
    """The people of one API; `offered` are (e-mail address, name) of those one may name, `teams` (slug, name)."""

    holdings: tuple[Holding, ...]
    offered: tuple[tuple[str, str], ...]
    teams: tuple[tuple[str, str], ...]


def people_of(*, principal: Principal, api: Api, may_assign: bool) -> ApiPeople:
    """Return the teams that held a visible API, newest first, and whom the principal may name; three queries."""
    seen = {pk: (slug, name) for pk, slug, name in teams_in_sight(principal).values_list("pk", "slug", "name")}
    rows = ApiTeam.objects.filter(api=api).order_by("-since", "-pk").values_list("team", "since", "until")
    holdings = (
        Holding(team=seen[team][1] if team in seen else ANOTHER, since=since, until=until)
        for team, since, until in rows[:OFFERED]
    )
    return ApiPeople(
        holdings=tuple(holdings),
        offered=people_to_name(principal) if may_assign else (),
        teams=tuple(sorted(seen.values(), key=lambda team: team[1])) if may_assign else (),
    )


def people_to_name(principal: Principal) -> tuple[tuple[str, str], ...]:
    """Return (e-mail address, name) of those the principal may name, by name; one query."""
    people = User.objects.filter(is_active=True)
    if not principal.sees_all:
        people = people.filter(memberships__team__in=principal.team_ids)
    return tuple(people.order_by("name", "email").values_list("email", "name").distinct()[:OFFERED])
