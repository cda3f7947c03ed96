"""What people arranged about a finding: who works on it, whether its clock stands, and its retests."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from findings.models import Finding, Pause, Retest
from inventory.access.records import Principal
from inventory.access.rights import Verb, may
from posture.selectors.api_people import people_to_name
from posture.selectors.queue import person_of

MOST: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Why a clock stands, until when, and who stopped it."""

    until: datetime
    reason: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """A retest: who asked, and what which scan answered; without an answer it waits."""

    by: str
    at: datetime
    note: str
    answer: str
    scanned_at: datetime | None
    series: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingWork:
    """What the card about the work on a finding shows; `person` works on it, `named` when somebody was named."""

    person: str
    named: str
    standing: Standing | None
    retests: tuple[Tested, ...]
    people: tuple[tuple[str, str], ...]
    may_assign: bool
    may_work: bool

    @property
    def waits(self) -> bool:
        """Whether a retest waits for its scan."""
        return any(not retest.answer for retest in self.retests)


def work_of(*, principal: Principal, finding: Finding, team_id: int | None, now: datetime) -> FindingWork:
    """Return the work on a finding that `visible_finding` gave; three queries."""
    may_assign = may(principal, Verb.CLASSIFY, team_id=team_id)
    named = getattr(finding, "assignment", None)
    pause = Pause.objects.filter(finding=finding, ended_at=None, until__gt=now).select_related("by").first()
    retests = Retest.objects.filter(finding=finding).select_related("asked_by", "scan__series").order_by("-pk")
    return FindingWork(
        person=person_of(finding),
        named=named.assignee.email if named else "",
        standing=Standing(until=pause.until, reason=pause.reason, by=str(pause.by)) if pause else None,
        retests=tuple(map(_tested, retests[:MOST])),
        people=people_to_name(principal) if may_assign else (),
        may_assign=may_assign,
        may_work=may(principal, Verb.DECIDE, team_id=team_id),
    )


def _tested(retest: Retest) -> Tested:
    scan = retest.scan
    return Tested(
        by=str(retest.asked_by),
        at=retest.asked_at,
        note=retest.note,
        answer=retest.answer,
        scanned_at=scan.scanned_at if scan else None,
        series=f"{scan.series.source_kind} “{scan.series.name}”" if scan else "",
    )
