"""Questions of the pages about reports and findings."""

from collections import Counter
from dataclasses import dataclass
from typing import Final

from django.db import connection
from django.db.models import CharField, Count, F, Func, Q, Value
from django.db.models.functions import Coalesce, Lower

from findings.deadlines import ALL_DAYS, DEFAULT_DAYS, Calendar, Rule
from findings.mapping import UNNAMED, RuleKind, clean_pattern
from findings.models import Deadline, DeadlineCalendar, Finding, Presence, Report
from findings.status import SeverityRank
from inventory.access.models import Team
from inventory.access.records import Principal
from inventory.access.rights import Verb
from inventory.models import Api
from inventory.selectors.apis import apis_for

NAMES_OFFERED = 200
GROUPS_SHOWN: Final = 100
REPORTS_SHOWN: Final = 20
NONE: Final = (0, 0)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmappedReport:
    """A report that says something of no API yet: of how many findings, and which API their places fit best.

    `places` of the findings have a path; `fitting` of those are endpoints of `likely`, which is None where no API
    stands out.
    """

    report: Report
    count: int
    places: int
    fitting: int
    likely: Api | None


FITTING: Final = """
SELECT part.report_id, endpoint.api_id, count(DISTINCT finding.id)
FROM findings_scanpart part
JOIN findings_presence held ON held.from_scan_id = part.scan_id AND held.until_scan_id IS NULL
JOIN findings_finding finding ON finding.id = held.finding_id AND finding.api_id IS NULL
    AND finding.moved_to_id IS NULL AND finding.path_key NOT IN ('', '/')
JOIN inventory_endpoint endpoint ON endpoint.path_key = finding.path_key AND endpoint.removed_at IS NULL
    AND (finding.method = '' OR endpoint.method = finding.method)
WHERE part.report_id = ANY(%s::bigint[]) AND endpoint.api_id = ANY(%s::bigint[])
GROUP BY part.report_id, endpoint.api_id
"""


def unmapped_reports(principal: Principal) -> list[UnmappedReport]:
    """Return the reports in sight with the most unmapped findings; a finding counts where it was seen first."""
    reports = Report.objects.visible_to(principal)
    rows = (
        Presence.objects.filter(until_scan=None, finding__api=None, finding__moved_to=None)
        .filter(from_scan__parts__report__in=reports)
        .values_list("from_scan__parts__report")
        .annotate(
            count=Count("finding", distinct=True),
            places=Count("finding", distinct=True, filter=~Q(finding__path_key__in=("", "/"))),
        )
        .order_by("-count", "-from_scan__parts__report")[:REPORTS_SHOWN]
    )
    counted = {pk: (count, places) for pk, count, places in rows}
    held = reports.select_related("uploaded_by").in_bulk(counted)
    best = {pk: _best(fitting, counted[pk][1]) for pk, fitting in _fitting(principal, list(counted)).items()}
    apis = Api.objects.in_bulk({api_id for api_id, _ in best.values()})
    return [
        UnmappedReport(
            report=held[pk], count=count, places=places, fitting=best.get(pk, NONE)[1],
            likely=apis.get(best.get(pk, NONE)[0]),
        )
        for pk, (count, places) in counted.items()
    ]  # fmt: skip


def _fitting(principal: Principal, report_ids: list[int]) -> dict[int, Counter[int]]:
    """Return, for each report, how many of its unmapped findings stand at an endpoint of which API."""
    found: dict[int, Counter[int]] = {}
    api_ids = list(apis_for(principal, Verb.UPLOAD).live().values_list("pk", flat=True)) if report_ids else []
    if api_ids:
        with connection.cursor() as cursor:
            cursor.execute(FITTING, [report_ids, api_ids])
            for report_id, api_id, count in cursor.fetchall():
                found.setdefault(report_id, Counter())[api_id] = count
    return found


def _best(fitting: Counter[int], places: int) -> tuple[int, int]:
    """Return the API that has more of the places than any other, and at least half of them, and how many it has."""
    (best, count), *others = fitting.most_common(2)
    stands_out = count * 2 >= places and all(count > other for _, other in others)
    return (best, count) if stands_out else NONE


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
