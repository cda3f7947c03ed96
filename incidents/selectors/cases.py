"""Cases: what findings, alerts and checks say of one endpoint, as one thing, with the reason each is part of it.

A case is not stored: it is there while at least two kinds of them meet on an endpoint. An attack counts for 30 days,
unless people called it harmless; a finding while it is open or its risk accepted; a check while it fails.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db.models import (
    Case,
    Count,
    DateTimeField,
    Exists,
    IntegerField,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from findings.models import CheckResult, Finding
from findings.status import OPEN, SeverityRank, Status
from incidents.choices import CATEGORY_NAMES, HARMLESS, WORST_FIRST, Outcome
from incidents.filters import CaseFilter
from incidents.models import Episode, EpisodeQuerySet
from incidents.scoring.categories import category_of
from incidents.selectors.alert_list import AlertRow, row_of
from inventory.access.pages import Key, Page, page_of, read_number
from inventory.access.records import Principal
from inventory.access.veils import unveil, veil
from inventory.checks.base import Result, checks
from inventory.models import Api, Endpoint

RECENT: Final = timedelta(days=30)
PURPOSE: Final = "case"
PREFIX: Final = "CAS-"
MOST: Final = 25
ORDER: Final = (
    Key(name="worst", read=read_number, descending=True),
    Key(name="rank", read=read_number, descending=True),
    Key(name="pk", read=read_number, descending=True),
)
"""Weaknesses under attack lead: by the worst that became of an attack, then by severity."""
WORST: Final = {word: len(WORST_FIRST) - number for number, word in enumerate(WORST_FIRST)}


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRow:
    """One case as lists show it; `outcome` is the worst that became of an attack, empty without one."""

    code: str
    place: str
    api: str
    api_code: str
    severity: str
    outcome: str
    findings: int
    alerts: int
    checks: int
    last_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One thing of a case and why it is part of it."""

    kind: str
    code: str
    title: str
    severity: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CasePage:
    """A case and everything in it, at most `MOST` of each kind."""

    row: CaseRow
    findings: tuple[Member, ...]
    alerts: tuple[tuple[AlertRow, tuple[str, ...]], ...]
    checks: tuple[Member, ...]


def cases_in_sight(
    *, principal: Principal, narrowed: CaseFilter, now: datetime, after: str = "", before: str = ""
) -> Page[CaseRow]:
    """Return one page of the cases on visible APIs, weaknesses under attack first; three queries."""
    found = narrowed.apply(_cases(principal, now))
    page: Page[Any] = page_of(found, order=ORDER, after=after, before=before)
    return Page(rows=_rows(page.rows), total=page.total, more=page.more, next=page.next, previous=page.previous)


def code_of_case(endpoint_id: int) -> str:
    """Return the code of the case of an endpoint."""
    return f"{PREFIX}{veil(endpoint_id, purpose=PURPOSE, key=settings.DIGEST_KEY)}"


def visible_case(*, principal: Principal, code: str, now: datetime) -> Endpoint | None:
    """Return the endpoint of the case with this code, if it is one that the principal may see; None for any other."""
    number = unveil(code.removeprefix(PREFIX), purpose=PURPOSE, key=settings.DIGEST_KEY)
    return None if number is None else _cases(principal, now).filter(pk=number).first()


def page_of_case(*, endpoint: Endpoint, now: datetime) -> CasePage:
    """Return what the page shows of a case that `visible_case` gave; three queries."""
    attacks = list(_attacks(now).filter(endpoint=endpoint).select_related("api", "endpoint", "assignee")
                   .defer("samples").order_by("-last_at", "-pk")[:MOST])  # fmt: skip
    told = ("pk", "code", "title", "cwe", "severity")
    findings = list(_weak().filter(endpoint=endpoint).only(*told).order_by("-severity", "pk")[:MOST])
    failing = list(_failing().filter(endpoint=endpoint).order_by("-severity", "pk")[:MOST])
    attacked = {episode.category for episode in attacks if episode.category}
    weak = {category for finding in findings if (category := category_of(finding.cwe))}
    titles = {check.slug: check for check in checks()}
    weak |= {titles[row.check_name].category for row in failing if row.check_name in titles}
    return CasePage(
        row=_rows([endpoint])[0],
        findings=tuple(_finding(row, attacked) for row in findings),
        alerts=tuple((row_of(row, now=now), _why_alert(row, weak)) for row in attacks),
        checks=tuple(_check(row, attacked, titles) for row in failing),
    )


def _attacks(now: datetime) -> EpisodeQuerySet:
    harmless = [word.value for word in HARMLESS]
    return Episode.objects.live().filter(last_at__gte=now - RECENT).exclude(resolution__in=harmless)


def _weak() -> QuerySet[Finding]:
    return Finding.objects.filter(moved_to=None, status__in=(*OPEN, Status.ACCEPTED))


def _failing() -> QuerySet[CheckResult]:
    return CheckResult.objects.filter(until=None, result=Result.FAIL.value)


def _cases(principal: Principal, now: datetime) -> QuerySet[Any, Any]:
    """Return endpoints on which two kinds meet, with what lists order and show by."""
    here = {"endpoint": OuterRef("pk")}
    attacks, weak, failing = _attacks(now).filter(**here), _weak().filter(**here), _failing().filter(**here)
    cases = [When(outcome=word.value, then=Value(rank)) for word, rank in WORST.items()]
    worst = attacks.order_by().values("endpoint").annotate(
        worst=Max(Case(*cases, default=Value(0), output_field=IntegerField()))
    )  # fmt: skip
    rank = weak.order_by().values("endpoint").annotate(rank=Max("severity")).values("rank")
    checked = failing.order_by().values("endpoint").annotate(rank=Max("severity")).values("rank")
    last = attacks.order_by("-last_at").values("last_at")
    found: QuerySet[Any, Any] = Endpoint.objects.filter(
        api__in=Api.objects.visible_to(principal).values("pk")
    ).annotate(has_attack=Exists(attacks), has_finding=Exists(weak), has_check=Exists(failing))
    weakness = Q(has_finding=True) | Q(has_check=True)
    met = Q(weakness, has_attack=True) | Q(has_finding=True, has_check=True)
    counted = {name: _count(rows) for name, rows in (("alert_n", attacks), ("finding_n", weak), ("check_n", failing))}
    rows: QuerySet[Any, Any] = found.filter(met).select_related("api").annotate(
        worst=Coalesce(Subquery(worst.values("worst")), Value(0)),
        rank=Coalesce(Subquery(rank), Subquery(checked), Value(0), output_field=IntegerField()),
        last_attack=Subquery(last[:1], output_field=DateTimeField()),
        **counted,
    )  # fmt: skip
    return rows


def _count(rows: QuerySet[Any, Any]) -> Any:
    return Coalesce(Subquery(rows.order_by().values("endpoint").annotate(n=Count("pk")).values("n")), Value(0))


def _rows(endpoints: Iterable[Any]) -> tuple[CaseRow, ...]:
    words = {rank: word.value for word, rank in WORST.items()}
    return tuple(
        CaseRow(
            code=code_of_case(row.pk),
            place=str(row),
            api=row.api.name,
            api_code=row.api.code,
            severity=SeverityRank(row.rank).name.lower(),
            outcome=words.get(row.worst, ""),
            findings=row.finding_n,
            alerts=row.alert_n,
            checks=row.check_n,
            last_at=row.last_attack,
        )
        for row in endpoints
    )


def _same(category: str, others: set[str]) -> tuple[str, ...]:
    if category and category in others:
        return (f"of the kind that is met here: {category} {CATEGORY_NAMES[category]}",)
    return ()


def _finding(row: Finding, attacked: set[str]) -> Member:
    category = category_of(row.cwe) or ""
    reasons = ("on this endpoint", *_same(category, attacked))
    severity = SeverityRank(row.severity).name.lower()
    return Member(kind="finding", code=row.code, title=row.title, severity=severity, reasons=reasons)


def _check(row: CheckResult, attacked: set[str], known: dict[str, Any]) -> Member:
    check = known.get(row.check_name)
    reasons = ("fails on this endpoint", *_same(check.category if check else "", attacked), row.evidence)
    title = check.title if check else row.check_name
    severity = SeverityRank(row.severity).name.lower()
    return Member(kind="check", code=row.check_name, title=title, severity=severity, reasons=reasons)


def _why_alert(row: Episode, weak: set[str]) -> tuple[str, ...]:
    let = {Outcome.SUCCEEDED.value: "it succeeded", Outcome.ALLOWED.value: "it was let through"}
    return ("aimed at this endpoint", *_same(row.category, weak), *([let[row.outcome]] if row.outcome in let else []))
