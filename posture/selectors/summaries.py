"""What is said of an API in a few words, the same on every page."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.db.models import Count, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from typing_extensions import override

from findings.models import Coverage, Tally
from findings.status import SeverityRank
from inventory.choices import Authentication, Environment, Sensitivity, Stage
from inventory.models import Api, ApiTeam, Endpoint

SEVERITIES: Final = tuple(rank.name.lower() for rank in reversed(SeverityRank) if rank != SeverityRank.INFO)
"""The severities a row counts, worst first; info weighs nothing and is left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A tag: its text, and its icon and shade where it has one."""

    text: str
    icon: str = ""
    css: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What is declared on the endpoints of an API, and how many there are; 0 of them is no data, not all is well."""

    mark: Mark
    total: int


def open_counts(apis: Sequence[Api]) -> dict[int, dict[str, int]]:
    """Return the open findings of each API by severity, worst first; zeros are there."""
    counts: dict[int, dict[str, int]] = defaultdict(lambda: dict.fromkeys(SEVERITIES, 0))
    grouped = Tally.objects.open().filter(api__in=apis, severity__gt=SeverityRank.INFO)
    for api_id, severity, number in grouped.values_list("api", "severity").annotate(Sum("n")):
        counts[api_id][SeverityRank(severity).name.lower()] = number
    return counts


def authentication_of(apis: Sequence[Api]) -> dict[int, Declared]:
    """Return what the specifications say of the endpoints' authentication, in a few words, and of how many."""
    said: dict[int, dict[str, int]] = defaultdict(lambda: dict.fromkeys(Authentication.values, 0))
    grouped = Endpoint.objects.filter(api__in=apis, removed_at=None)
    for api_id, word, number in grouped.order_by().values_list("api", "authentication").annotate(Count("pk")):
        said[api_id][word] = number
    found: dict[int, Declared] = defaultdict(lambda: declared({}))
    found.update({api_id: declared(numbers) for api_id, numbers in said.items()})
    return found


def declared(numbers: Mapping[str, int]) -> Declared:
    """Return in a few words how many endpoints declare what (words of `Authentication`)."""
    total = sum(numbers.values())
    if not total:
        mark = Mark(text="No data")
    elif open_to_all := numbers.get(Authentication.NONE, 0):
        mark = Mark(text=f"None on {open_to_all:,} of {total:,}", icon="lock", css="bad")
    elif silent := numbers.get(Authentication.NOT_DECLARED, 0):
        mark = Mark(text=f"Not declared on {silent:,} of {total:,}", css="warn")
    else:
        mark = Mark(text=f"Declared on all {total:,}")
    return Declared(mark=mark, total=total)


@dataclass(frozen=True, slots=True)
class CoverageWords:
    """How much of an API was looked at, in words: the share, and of how many checks, which may be empty."""

    share: str
    detail: str = ""

    @override
    def __str__(self) -> str:
        return ", ".join(filter(None, (self.share, self.detail)))


def coverage_words(api: Api) -> CoverageWords:
    """Return the share of checks with a fresh result; without any check there is no data, not all is well."""
    held: Coverage | None = getattr(api, "check_coverage", None)
    if held is None or not held.applicable:
        return CoverageWords("no data")
    share = 100 * held.judged // held.applicable
    return CoverageWords(f"{share} %", f"{held.judged} of {held.applicable} checks")


def authentication_mark(endpoint: Endpoint) -> Mark:
    """Return what the specification says of one endpoint's authentication."""
    if endpoint.authentication == Authentication.NONE:
        return Mark(text="None", icon="lock", css="bad")
    if endpoint.authentication == Authentication.NOT_DECLARED:
        return Mark(text="Not declared", css="warn")
    return Mark(text=", ".join(endpoint.schemes) or "Declared")


def marks_of(api: Api) -> tuple[Mark, ...]:
    """Return the tags beside a name: what sets an API apart from one that is active in production."""
    marks = []
    if api.stage != Stage.ACTIVE:
        marks.append(Mark(text=Stage(api.stage).label, css="warn" if api.stage == Stage.DEPRECATED else ""))
    if api.environment != Environment.PRODUCTION:
        unknown = api.environment == Environment.UNKNOWN
        marks.append(Mark(text="Environment unknown" if unknown else Environment(api.environment).label))
    return tuple(marks)


def sensitivity_of(api: Api) -> Mark:
    """Return the class of data an API hands out, as a tag."""
    if api.sensitivity == Sensitivity.UNKNOWN:
        return Mark(text="Data unknown")
    hot = api.sensitivity == Sensitivity.RESTRICTED
    return Mark(text=Sensitivity(api.sensitivity).label, css="hot" if hot else "")


def with_team(apis: QuerySet[Api]) -> QuerySet[Api]:
    """Add `team_name`, the name of the team that holds an API, empty without one."""
    held = ApiTeam.objects.filter(api=OuterRef("pk"), until=None).values("team__name")[:1]
    return apis.annotate(team_name=Coalesce(Subquery(held), Value("")))
