"""What moved: scores that rose and why, attacks, what is late by team, and findings week by week."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.contrib.postgres.aggregates import ArrayAgg
from django.db import connection
from django.db.models import Count, F, Max, Q, Sum

from findings.models import Due
from findings.status import SeverityRank
from incidents.choices import CATEGORY_NAMES, Outcome
from incidents.models import Episode
from inventory.access.records import Principal
from posture.models import Trend

WEEK: Final = timedelta(days=7)
TOP: Final = 5
KINDS: Final = 2
"""Kinds of attacks that are named."""
LEAST: Final = 1
"""Points; a score that rose by less did not get worse."""
NO_TEAM: Final = "none"

WORSE = """
SELECT api.code, api.name, held.score, held.score - coalesce(past.score, 0), point.cause, point.at, past.score IS NULL
FROM (SELECT DISTINCT api_id FROM posture_apiscore WHERE at > %(since)s) AS moved
JOIN posture_currentscore held USING (api_id)
JOIN posture_apiscore point ON point.id = held.point_id
JOIN inventory_api api ON api.id = held.api_id
LEFT JOIN LATERAL (
    SELECT score FROM posture_apiscore WHERE api_id = held.api_id AND at <= %(since)s ORDER BY at DESC, id DESC LIMIT 1
) AS past ON true
WHERE held.counted AND held.score - coalesce(past.score, 0) >= %(least)s AND (%(all)s OR EXISTS (
    SELECT FROM inventory_apiteam holding
    WHERE holding.api_id = api.id AND holding.until IS NULL AND holding.team_id = ANY(%(teams)s)))
ORDER BY 4 DESC, api.code LIMIT %(top)s
"""
LATE = """
SELECT team.name, team.slug, sums.severity, sum(sums.n)::int FROM ({sums}) AS sums
LEFT JOIN inventory_apiteam held ON held.api_id = sums.api_id AND held.until IS NULL
LEFT JOIN access_team team ON team.id = held.team_id GROUP BY 1, 2, 3
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Worse:
    """An API whose score rose: by how much, and after what; `new` when it had none a week ago."""

    code: str
    name: str
    score: Decimal
    rise: Decimal
    cause: str
    at: datetime
    new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Attacked:
    """An API with alerts in the last week: how many, of how many requests, how many got through, of which kinds."""

    code: str
    name: str
    alerts: int
    requests: int
    passed: int
    severity: str
    kinds: str
    last_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """The findings of a team that are past their deadline, by severity; nobody's where no team holds the API."""

    team: str
    slug: str
    total: int
    by_severity: Mapping[str, int]

    @property
    def parts(self) -> list[tuple[str, int]]:
        """The parts of the bar."""
        return list(self.by_severity.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """The end of one week: open findings by severity, the worst first, and how many were closed in it."""

    end: datetime
    open: Mapping[str, int]
    closed: int


def got_worse(*, principal: Principal, now: datetime) -> list[Worse]:
    """Return the APIs whose scores rose most in a week, with the cause of the last change; one query."""
    given: dict[str, Any] = {
        "since": now - WEEK, "all": principal.sees_all, "teams": sorted(principal.team_ids), "least": LEAST, "top": TOP,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(WORSE, given)
        rows = cursor.fetchall()
    return [
        Worse(code=code, name=name, score=score, rise=rise, cause=cause, at=at, new=new)
        for code, name, score, rise, cause, at, new in rows
    ]


def under_attack(*, principal: Principal, now: datetime) -> list[Attacked]:
    """Return the APIs with alerts in the last week that nobody called harmless, those that let some through first."""
    through = Q(outcome__in=[word.value for word in Outcome if word.value != "blocked"])
    found = (
        Episode.objects.visible_to(principal)
        .live()
        .attacking(since=now - WEEK)
        .filter(api__isnull=False)
        .order_by()
        .values("api__code", "api__name")
        .annotate(
            n=Count("pk"), requests=Sum("events"), passed=Count("pk", filter=through), worst=Max("severity"),
            kinds=ArrayAgg("category", distinct=True), newest=Max("last_at"),
        )
        .order_by("-passed", "-worst", "-n", "api__code")[:TOP]
    )  # fmt: skip
    return [
        Attacked(
            code=row["api__code"],
            name=row["api__name"],
            alerts=row["n"],
            requests=row["requests"] or 0,
            passed=row["passed"],
            severity=SeverityRank(row["worst"]).name.lower(),
            kinds=_kinds(row["kinds"]),
            last_at=row["newest"],
        )
        for row in found
    ]


def _kinds(found: Sequence[str]) -> str:
    """Return the first kinds of attacks in words, and how many more there are."""
    named = [CATEGORY_NAMES.get(kind, kind) for kind in found if kind]
    more = len(named) - KINDS
    return ", ".join(named[:KINDS]) + (f" and {more} more" if more > 0 else "")


def late_by_team(*, principal: Principal, now: datetime) -> list[Late]:
    """Return who is past deadlines with how much, the most first; one query.

    Counted by API first: teams are then looked up for a few thousand sums, not for every finding.
    """
    overdue = Due.objects.visible_to(principal).filter(due_at__lte=now)
    sums = overdue.order_by().values("api_id", "severity").annotate(n=Count("pk"))
    statement, given = sums.values("api_id", "severity", "n").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(LATE.replace("{sums}", statement), given)
        rows = cursor.fetchall()
    teams: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: dict.fromkeys(SHADES, 0))
    for name, slug, severity, number in rows:
        teams[name or "No team", slug or NO_TEAM][SeverityRank(severity).name.lower()] += number
    late = [
        Late(team=name, slug=slug, total=sum(numbers.values()), by_severity=numbers)
        for (name, slug), numbers in teams.items()
    ]
    return sorted(late, key=lambda each: (-each.total, each.team))


SHADES: Final = tuple(rank.name.lower() for rank in reversed(SeverityRank))


def weeks_of(*, principal: Principal) -> list[Week]:
    """Return the last weeks as the job made them, the oldest first; one query."""
    rows = (
        Trend.objects.visible_to(principal)
        .values_list("week", "severity")
        .annotate(opened=Sum("open"), gone=Sum("closed"))
        .order_by("week", F("severity").desc())
    )
    weeks: dict[datetime, tuple[dict[str, int], list[int]]] = {}
    for end, severity, opened, gone in rows:
        numbers, closed = weeks.setdefault(end, (dict.fromkeys(SHADES, 0), []))
        numbers[SeverityRank(severity).name.lower()] = opened
        closed.append(gone)
    return [Week(end=end, open=numbers, closed=sum(closed)) for end, (numbers, closed) in weeks.items()]
