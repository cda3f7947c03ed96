"""The register of decisions: acceptances, false positives and suppressions, who made them, and when they end."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import TruncMonth

from findings.models import Decision
from findings.status import ACCEPTABLE, DecisionKind, SeverityRank
from inventory.access.pages import Key, Page, batches, in_order, page_of, read_moment, read_number
from inventory.access.records import Principal
from inventory.access.rights import Verb, may
from inventory.selectors.apis import apis_for
from posture.registers import REGISTERED, RegisterFilter, next_month
from posture.selectors.finding_page import code_of_decision

ORDER: Final = (
    Key(name="at", read=read_moment, descending=True),
    Key(name="pk", read=read_number, descending=True),
)
MONTHS: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """One decision: about what, by whom, why, until when, and how it stands at the moment it was asked for.

    An acceptance was asked for by one person and approved by another; every other decision is one person's.
    """

    code: str
    kind: str
    about: str
    title: str
    finding: str
    severity: str
    api: str
    api_code: str
    reason: str
    asked_by: str
    asked_at: datetime
    approved_by: str
    approved_at: datetime | None
    until: datetime | None
    state: str
    state_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """How many decisions that hold end in a month; `word` is its name in an address."""

    begin: datetime
    word: str
    count: int


def register_in_sight(
    *, principal: Principal, narrowed: RegisterFilter, now: datetime, after: str = "", before: str = ""
) -> Page[Registered]:
    """Return one page of the decisions in sight, the newest first; two queries."""
    found = _with_parts(narrowed.apply(Decision.objects.visible_to(principal)))
    page = page_of(found, order=ORDER, after=after, before=before)
    rows = tuple(_registered(row, now) for row in page.rows)
    return Page(rows=rows, total=page.total, more=page.more, next=page.next, previous=page.previous)


def register_to_export(*, principal: Principal, narrowed: RegisterFilter, now: datetime) -> Iterator[Registered]:
    """Yield the whole register in its order, of what the principal may export, through one cursor of the database."""
    seen = Decision.objects.visible_to(principal)
    if not may(principal, Verb.EXPORT, team_id=None):
        own = apis_for(principal, Verb.EXPORT)
        seen = seen.filter(Q(finding__api__in=own) | Q(api__in=own))
    found = _with_parts(narrowed.apply(seen))
    for batch in batches(in_order(found, ORDER)):
        yield from (_registered(row, now) for row in batch)


def endings(*, principal: Principal, now: datetime) -> list[Month]:
    """Return how many decisions that hold end in each of the next months, those without any too; one query."""
    kinds = [kind.value for kind in REGISTERED if kind not in {DecisionKind.ASKED, DecisionKind.REFUSED}]
    counted = dict(
        Decision.objects.visible_to(principal)
        .filter(kind__in=kinds, until__gt=now, answer=None)
        .order_by()
        .annotate(month=TruncMonth("until", tzinfo=UTC))
        .values_list("month")
        .annotate(n=Count("pk"))
    )
    begin = now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    months = []
    for _ in range(MONTHS):
        months.append(Month(begin=begin, word=f"{begin:%Y-%m}", count=counted.get(begin, 0)))
        begin = next_month(begin)
    return months


def _with_parts(decisions: QuerySet[Decision]) -> QuerySet[Decision]:
    return decisions.select_related("finding__api", "api", "by", "about__by", "answer__by").order_by(F("at").desc())


def _registered(row: Decision, now: datetime) -> Registered:
    finding, asked = row.finding, row.about
    answer: Decision | None = getattr(row, "answer", None)
    api = finding.api if finding else row.api
    approved = row.kind in {DecisionKind.ACCEPTED, DecisionKind.REFUSED} and asked is not None
    return Registered(
        code=code_of_decision(row.pk),
        kind=DecisionKind(row.kind).label,
        about=_about(row),
        title=finding.title if finding else "",
        finding=finding.code if finding else "",
        severity=SeverityRank(finding.severity).name.lower() if finding else "",
        api=api.name if api else "",
        api_code=api.code if api else "",
        reason=(asked.reason or row.reason) if approved and asked else row.reason,
        asked_by=str(asked.by) if approved and asked else str(row.by),
        asked_at=asked.at if approved and asked else row.at,
        approved_by=str(row.by) if approved else "",
        approved_at=row.at if approved else None,
        until=row.until,
        state=_state(row, answer, now),
        state_by=str(answer.by) if answer else "",
    )


def _about(row: Decision) -> str:
    if row.finding:
        return row.finding.code
    return f"all of {row.weakness_class}" if row.api_id else f"every {row.rule} of {row.source_kind}"


def _state(row: Decision, answer: Decision | None, now: datetime) -> str:
    if answer is not None:
        return {DecisionKind.UNDONE: "Taken back", DecisionKind.ACCEPTED: "Accepted"}.get(
            DecisionKind(answer.kind), "Refused"
        )
    if row.kind == DecisionKind.REFUSED:
        return "Refused"
    if row.until is not None and row.until <= now:
        return "Ended"
    if row.kind != DecisionKind.ASKED:
        return "Holds"
    return "Waits" if row.finding is None or row.finding.status in ACCEPTABLE else "Not needed any more"
