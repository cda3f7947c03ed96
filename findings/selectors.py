"""Questions of the pages about reports and findings."""

from dataclasses import dataclass
from typing import Final

from django.db.models import CharField, Count, F, Func, Value
from django.db.models.functions import Coalesce, Lower

from findings.deadlines import ALL_DAYS, DEFAULT_DAYS, Calendar, Rule
from findings.mapping import UNNAMED, RuleKind, clean_pattern
from findings.models import Deadline, DeadlineCalendar, Finding
from findings.status import SeverityRank
from inventory.access.models import Team
from inventory.access.records import Principal
from inventory.models import Api

NAMES_OFFERED = 200
GROUPS_SHOWN: Final = 100
HOST: Final = "^[a-zA-Z][a-zA-Z0-9+.-]*://([^/:?#@]+)"
"""The host in a URL, as PostgreSQL finds it."""


def teams_to_upload_for(principal: Principal) -> list[tuple[str, str]]:
    """Return (slug, name) of the teams that a new API of the principal may go to, by name."""
    teams = Team.objects.all() if principal.sees_all else Team.objects.filter(pk__in=principal.team_ids)
    return [(slug, name) for slug, name in teams.order_by("name").values_list("slug", "name")]


def names_in_sight(principal: Principal) -> list[str]:
    """Return names of APIs to offer while somebody types one; a help only, so the list is cut short."""
    names = Api.objects.visible_to(principal).live().order_by("name").values_list("name", flat=True)
    return list(names.distinct()[:NAMES_OFFERED])


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmappedGroup:
    """Unmapped findings that one mapping rule could tie: what `kind` and `pattern` it would have, and how many.

    The pattern is empty where nothing tells these findings from others but the files they are in.
    """

    source_kind: str
    series: str
    kind: RuleKind
    pattern: str
    count: int


def unmapped_groups(principal: Principal) -> tuple[list[UnmappedGroup], int]:
    """Return the largest groups of unmapped findings in sight, and how many findings there are in all."""
    found = Finding.objects.visible_to(principal).filter(api=None, moved_to=None)
    host = Func(F("url"), Value(HOST), function="substring", output_field=CharField())
    rows = (
        found.annotate(host=Lower(Coalesce(host, Value(""))))
        .values_list("source_kind", "series__name", "repository", "host")
        .annotate(count=Count("pk"))
        .order_by("-count", "source_kind", "series__name", "repository", "host")[:GROUPS_SHOWN]
    )
    return [_group(*row) for row in rows], found.count()


def _group(source_kind: str, series: str | None, repository: str, host: str, count: int) -> UnmappedGroup:
    if repository:
        kind, pattern = RuleKind.REPOSITORY, clean_pattern(RuleKind.REPOSITORY, repository)
    elif host:
        kind, pattern = RuleKind.HOST, host
    elif series != UNNAMED:
        kind, pattern = RuleKind.SERIES, series or ""
    else:
        kind, pattern = RuleKind.FILE, ""
    return UnmappedGroup(source_kind=source_kind, series=series or "", kind=kind, pattern=pattern, count=count)


def deadline_days() -> dict[SeverityRank, int | None]:
    """Return the days of the policy by severity, the worst first, without its exceptions; the same for everybody."""
    held = dict(Deadline.objects.filter(reach="", criticality="").values_list("severity", "days"))
    return {rank: held.get(rank, number) for rank, number in DEFAULT_DAYS.items()}


def deadline_rules() -> tuple[Rule, ...]:
    """Return the whole policy: a rule for each severity, and the exceptions, the worst severity first."""
    held = [
        Rule(severity=SeverityRank(severity), days=days, reach=reach, criticality=criticality)
        for severity, days, reach, criticality in Deadline.objects.values_list(
            "severity", "days", "reach", "criticality"
        )
    ]
    set_by_somebody = {rule.severity for rule in held if not (rule.reach or rule.criticality)}
    usual = [Rule(severity=rank, days=days) for rank, days in DEFAULT_DAYS.items() if rank not in set_by_somebody]
    return tuple(sorted((*held, *usual), key=lambda rule: (-rule.severity, rule.reach, rule.criticality)))


def deadline_calendar() -> Calendar:
    """Return which days count; the same for everybody."""
    held = DeadlineCalendar.objects.first()
    return Calendar(business=held.business, holidays=frozenset(held.holidays)) if held else ALL_DAYS


def deadline_exceptions() -> list[Deadline]:
    """Return where other days hold than those of the severity, the worst severity first; the same for everybody."""
    return list(Deadline.objects.exclude(reach="", criticality="").order_by("-severity", "reach", "criticality"))
