"""The queue: findings that wait for a person, those due first; what waits for one's approval; what is alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from django.db.models import BigIntegerField, Exists, F, Func, OuterRef, Q, QuerySet, Subquery, Value

from findings.deadlines import NEVER
from findings.models import Decision, Due, Finding
from findings.status import SeverityRank, Status
from inventory.access.pages import COUNTED, Key, Page, in_order, page_of, read_moment, read_number
from inventory.access.records import Principal
from inventory.access.rights import Verb, may, may_somewhere
from inventory.models import ApiTeam
from posture.queues import QueueFilter, group_of
from posture.selectors.api_findings import place_of

ID = Key(name="pk", read=read_number)
SORTS: Final[Mapping[str, tuple[Key, ...]]] = {
    "due": (Key(name="due_key", read=read_moment), ID),
    "severity": (
        Key(name="severity", read=read_number, descending=True),
        Key(name="first_seen", read=read_moment, descending=True),
        ID,
    ),
    "newest": (Key(name="first_seen", read=read_moment, descending=True), ID),
    "oldest": (Key(name="first_seen", read=read_moment), ID),
}
SORT_WORDS: Final = {
    "due": "due first", "severity": "worst first", "newest": "newest first", "oldest": "oldest first",
}  # fmt: skip
DEFAULT_SORT: Final = "due"
MOST: Final = 500
"""Findings that are decided in one act."""
APPROVALS: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueRow:
    """One finding as the queue shows it; `group` heads it, `next` follows it.

    `person` works on it or, where nobody was named, owns its API. `asked`: a request to accept its risk waits.
    """

    code: str
    severity: str
    title: str
    place: str
    api: str
    api_code: str
    status: str
    reopened: bool
    asked: bool
    person: str
    due: datetime | None
    group: str
    group_label: str
    next: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """A risk that somebody asks to be accepted, and that the principal may answer."""

    code: str
    title: str
    severity: str
    api: str
    by: str
    until: datetime
    reason: str


def queue_in_sight(
    *, principal: Principal, narrowed: QueueFilter, sort: str, now: datetime, after: str = "", before: str = ""
) -> Page[QueueRow]:
    """Return one page of the queue; two queries."""
    found = queued(principal=principal, narrowed=narrowed)
    # Counted without what the rows are ordered by; a due date that follows in a moment is the only difference.
    ordered = _by_due(principal, narrowed) if sort == DEFAULT_SORT else found
    asked = Decision.objects.waiting(now=now).filter(finding=OuterRef("pk"))
    page = page_of(
        ordered.annotate(due_key=F("due__due_at")), order=SORTS[sort], after=after, before=before, counts=False,
        whole=lambda rows: _with_parts(rows).annotate(asked=Exists(asked)),
    )  # fmt: skip
    total = found.order_by()[: COUNTED + 1].count()
    after_it = [finding.code for finding in page.rows[1:]] + [""]
    rows = tuple(
        replace(_row(finding, now, sort), next=code) for finding, code in zip(page.rows, after_it, strict=False)
    )
    return Page(rows=rows, total=min(total, COUNTED), more=total > COUNTED, next=page.next, previous=page.previous)


def _by_due(principal: Principal, narrowed: QueueFilter) -> QuerySet[Finding]:
    """Return what has a due date; whose it is its index knows too, so that not each finding on the way is looked at."""
    found = narrowed.apply_by_due(Finding.objects.visible_to(principal))
    if principal.sees_all:
        return found
    held = ApiTeam.objects.filter(until=None, team_id__in=principal.team_ids)
    return found.filter(Q(due__api__in=held.values("api")) | Q(due__api=None))


def queued(*, principal: Principal, narrowed: QueueFilter) -> QuerySet[Finding]:
    """Return the findings of the queue."""
    return narrowed.apply(Finding.objects.visible_to(principal))


def first_queued(*, principal: Principal, narrowed: QueueFilter, sort: str) -> list[Finding]:
    """Return the first findings of the queue in its order, as many as one act may decide; one query."""
    return list(in_order(_with_parts(queued(principal=principal, narrowed=narrowed)), SORTS[sort])[:MOST])


def named_findings(*, principal: Principal, codes: Sequence[str]) -> list[Finding]:
    """Return the findings in sight with these codes, as many as one act may decide; one query."""
    found = Finding.objects.visible_to(principal).filter(code__in=list(codes)[:MOST], moved_to=None)
    return list(_with_parts(found).order_by("due__due_at", "pk"))


def alike(*, principal: Principal, code: str) -> QuerySet[Finding]:
    """Return the findings in sight that are the same weakness as one in sight and nobody has decided about.

    The hash of the second key has an index; the key itself says it for certain.
    """
    one = Finding.objects.visible_to(principal).filter(code=code)
    key = one.values("weakness_key")[:1]
    hashed = Func(Subquery(key), Value(0), function="hashtextextended", output_field=BigIntegerField())
    same = Due.objects.filter(weakness=hashed).values("finding")
    undecided = Finding.objects.visible_to(principal).filter(
        pk__in=same, moved_to=None, weakness_key=Subquery(key), status__in=(Status.NEW, Status.REOPENED)
    )
    return _with_parts(undecided.exclude(code=code))


def approvals_waiting(*, principal: Principal, now: datetime) -> list[Approval]:
    """Return what the principal may accept or refuse, the oldest first; one query, none for whom nothing waits."""
    if principal.user_id is None or not may_somewhere(principal, Verb.APPROVE_ACCEPTANCE):
        return []
    held = ApiTeam.objects.filter(api=OuterRef("finding__api"), until=None).values("team")[:1]
    asked = (
        Decision.objects.visible_to(principal)
        .waiting(now=now)
        .filter(finding__moved_to=None)
        .exclude(finding=None)
        .exclude(by=principal.user_id)
        .select_related("finding__api", "by")
        .annotate(team=Subquery(held))
        .order_by("at", "pk")[:APPROVALS]
    )
    return [_approval(decision) for decision in asked if _may_answer(principal, decision)]


def _may_answer(principal: Principal, decision: Decision) -> bool:
    critical = decision.finding is not None and decision.finding.severity == SeverityRank.CRITICAL
    verb = Verb.APPROVE_CRITICAL if critical else Verb.APPROVE_ACCEPTANCE
    return may(principal, verb, team_id=decision.team)  # type: ignore[attr-defined] # annotated by approvals_waiting


def _approval(decision: Decision) -> Approval:
    finding = decision.finding
    assert finding is not None  # noqa: S101 -- others are left out above
    assert decision.until is not None  # noqa: S101 -- as above
    return Approval(
        code=finding.code,
        title=finding.title,
        severity=SeverityRank(finding.severity).name.lower(),
        api=finding.api.name if finding.api else "",
        by=str(decision.by),
        until=decision.until,
        reason=decision.reason,
    )


def _with_parts(findings: QuerySet[Finding]) -> QuerySet[Finding]:
    parts = findings.select_related("endpoint", "api__owner", "assignment__assignee")
    return parts.annotate(due_key=F("due__due_at")).defer("message", "remedy")


def _row(finding: Finding, now: datetime, sort: str) -> QueueRow:
    until: datetime | None = finding.due_key  # type: ignore[attr-defined] # annotated by _with_parts
    until = None if until == NEVER else until
    group, label = group_of(until, now) if sort == DEFAULT_SORT else ("", "")
    return QueueRow(
        code=finding.code,
        severity=SeverityRank(finding.severity).name.lower(),
        title=finding.title,
        place=place_of(finding),
        api=finding.api.name if finding.api else "",
        api_code=finding.api.code if finding.api else "",
        status=Status(finding.status).label,
        reopened=finding.status == Status.REOPENED,
        asked=finding.asked,  # type: ignore[attr-defined] # annotated by queue_in_sight
        person=person_of(finding),
        due=until,
        group=group,
        group_label=label,
    )


def person_of(finding: Finding) -> str:
    """Return who works on a finding whose assignment and API are loaded: who was named, else the owner of the API."""
    named = getattr(finding, "assignment", None)
    if named is not None:
        return str(named.assignee)
    return str(finding.api.owner) if finding.api and finding.api.owner else ""
