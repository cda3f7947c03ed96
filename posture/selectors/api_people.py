"""Who answers for an API: its team now and before, its owner and deputy, and whom one may name."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils.text import slugify

from inventory.access.models import User
from inventory.access.records import Principal
from inventory.access.selectors import teams_in_sight
from inventory.choices import FactSource
from inventory.models import Api, ApiTeam, Fact
from inventory.services.owners import bare

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
class Proposal:
    """What a file says: who, as a team or as a person, in which file, since when.

    `value` is what naming them here takes: the slug of a team in sight or an address; empty where nobody fits. `taken`
    when it is so already.
    """

    what: str
    written: str
    file: str
    since: datetime
    value: str
    name: str
    taken: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiPeople:
    """The people of one API.

    `proposals` are what files say; `offered` are (e-mail address, name) of those one may name, `teams` (slug, name).
    """

    holdings: tuple[Holding, ...]
    proposals: tuple[Proposal, ...]
    offered: tuple[tuple[str, str], ...]
    teams: tuple[tuple[str, str], ...]


def people_of(*, principal: Principal, api: Api, may_assign: bool) -> ApiPeople:
    """Return the teams that held a visible API, newest first, and whom the principal may name; four queries."""
    seen = {pk: (slug, name) for pk, slug, name in teams_in_sight(principal).values_list("pk", "slug", "name")}
    rows = ApiTeam.objects.filter(api=api).order_by("-since", "-pk").values_list("team", "since", "until")
    holdings = (
        Holding(team=seen[team][1] if team in seen else ANOTHER, since=since, until=until)
        for team, since, until in rows[:OFFERED]
    )
    offered = people_to_name(principal)
    return ApiPeople(
        holdings=tuple(holdings),
        proposals=tuple(_proposals(api, offered, list(seen.values()))),
        offered=tuple(offered) if may_assign else (),
        teams=tuple(sorted(seen.values(), key=lambda team: team[1])) if may_assign else (),
    )


def people_to_name(principal: Principal) -> tuple[tuple[str, str], ...]:
    """Return (e-mail address, name) of those the principal may name, by name; one query."""
    people = User.objects.filter(is_active=True)
    if not principal.sees_all:
        people = people.filter(memberships__team__in=principal.team_ids)
    return tuple(people.order_by("name", "email").values_list("email", "name").distinct()[:OFFERED])


def _proposals(api: Api, people: Sequence[tuple[str, str]], teams: Sequence[tuple[str, str]]) -> Iterator[Proposal]:
    """Yield what files say of owners; a name fits a team by its slug or name, a person by the address or its start."""
    slugs = {key: slug for slug, name in teams for key in (slug, slugify(name))}
    addresses = {key: email for email, _ in people for key in (email.lower(), email.lower().partition("@")[0])}
    names = {**dict(teams), **dict(people)}
    owner = api.owner.email if api.owner else ""
    held = getattr(api, "held_by_slug", "")
    facts = Fact.objects.filter(api=api, endpoint=None, source_kind=FactSource.FILE, attribute__in=("owner", "team"))
    for fact in facts.order_by("-attribute", "source_id")[:OFFERED]:
        name = bare(fact.value)
        is_team = fact.attribute == "team"
        value = slugs.get(slugify(name), "") if is_team else addresses.get(name.lower(), "")
        yield Proposal(
            what=fact.attribute, written=fact.value, file=fact.source_id.rpartition("#")[0], since=fact.first_seen,
            value=value, name=names.get(value, ""), taken=bool(value) and value == (held if is_team else owner),
        )  # fmt: skip
