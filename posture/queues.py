"""What the queue can be narrowed to: which step findings wait for, when they are due, and whose they are."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import QueryDict
from typing_extensions import override

from findings.deadlines import DAY, NEVER
from findings.models import Assignment, Finding, Pause, Retest
from findings.status import SeverityRank, Status
from posture.filters import FindingsFilter

DECIDE: Final = "decide"
STEPS: Final = {
    "decide": ("To decide", (Status.NEW, Status.REOPENED)),
    "fix": ("Being fixed", (Status.TRIAGED, Status.IN_PROGRESS)),
    "all": ("All open", ()),
    "retest": ("Waiting for a retest", ()),
}
"""What a finding waits for, and the statuses that do; none are all that are open."""
OVERDUE, SOON, LATER, NONE, PAUSED = "overdue", "day", "later", "none", "paused"
DUE: Final = {
    OVERDUE: "Past the deadline",
    SOON: "Due within a day",
    "week": "Due within a week",
    PAUSED: "Clock stands",
    NONE: "No deadline",
}
TABS: Final = (
    ("Mine", "whose=me"), ("Overdue", "due=overdue&step=all"), ("Being fixed", "step=fix"), ("Retest", "step=retest"),
    ("All open", "step=all"),
)  # fmt: skip
"""Views that everybody has, beside the usual one."""
MINE, NOBODY = "me", "nobody"


class QueueFilter(FindingsFilter):
    """Which findings the queue holds: what is to be decided, unless another step is asked for."""

    def __init__(
        self,
        asked: QueryDict,
        *,
        sources: Sequence[str],
        teams: Sequence[tuple[str, str]],
        me: int | None,
        now: datetime,
    ) -> None:
        """Offer these sources and teams, and what is the person's who asks."""
        super().__init__(asked, sources=sources, teams=teams)
        self._me, self._now = me, now
        del self.fields["status"], self._words["status"]
        steps = [(name, label) for name, (label, _) in STEPS.items() if name != DECIDE]
        self.offer("step", "Step", steps, else_=STEPS[DECIDE][0])
        self.offer("due", "Deadline", list(DUE.items()))
        self.offer("whose", "Assigned to", [(MINE, "Me"), (NOBODY, "Nobody")])
        self.order_fields(["q", "step", "due", "whose"])
        self.full_clean()

    @property
    def value_of_step(self) -> str:
        """The step that was asked for; nothing for the usual one."""
        return self.value("step")

    @override
    def apply(self, findings: QuerySet[Finding], *, but: Collection[str] = ()) -> QuerySet[Finding]:
        """Return the open findings that match."""
        findings = super().apply(findings, but=but)
        step = self.value("step") or DECIDE
        if statuses := STEPS[step][1]:
            findings = findings.filter(status__in=statuses)
        if step == "retest":
            findings = findings.filter(Exists(Retest.objects.filter(finding=OuterRef("pk"), answered_at=None)))
        return self._due(self._of_people(findings))

    def apply_by_due(self, findings: QuerySet[Finding]) -> QuerySet[Finding]:
        """Return those that match and have a due date, with severity and team as that says them.

        Its index holds them in the order they are due: the first of many are found without a look at the others.
        """
        findings = self.apply(findings, but=("severity", "team")).filter(due__isnull=False)
        if severity := self.value("severity"):
            findings = findings.filter(due__severity=SeverityRank[severity.upper()])
        return self.of_team(findings, of="due__api")

    def _due(self, findings: QuerySet[Finding]) -> QuerySet[Finding]:
        due, now = self.value("due"), self._now
        if due == OVERDUE:
            return findings.filter(due__due_at__lte=now)
        if due in {SOON, "week"}:
            until = now + (DAY if due == SOON else timedelta(days=7))
            return findings.filter(due__due_at__gt=now, due__due_at__lte=until)
        if due == PAUSED:
            standing = Pause.objects.filter(finding=OuterRef("pk"), ended_at=None, until__gt=now)
            return findings.filter(Exists(standing))
        return findings.filter(due__due_at=NEVER) if due == NONE else findings

    def _of_people(self, findings: QuerySet[Finding]) -> QuerySet[Finding]:
        """Narrow to whose it is: who was named, and without one the owner of the API."""
        whose = self.value("whose")
        if not whose:
            return findings
        named = Assignment.objects.filter(finding=OuterRef("pk"))
        if whose == MINE:
            own = Q(~Exists(named), api__owner=self._me)
            return findings.filter(Exists(named.filter(assignee=self._me)) | own)
        return findings.filter(~Exists(named), Q(api=None) | Q(api__owner=None))


def group_of(due: datetime | None, now: datetime) -> tuple[str, str]:
    """Return the part of the queue a due date stands in, and what it is called."""
    if due is None:
        return NONE, DUE[NONE]
    if due <= now:
        return OVERDUE, DUE[OVERDUE]
    return (SOON, DUE[SOON]) if due <= now + DAY else (LATER, "Later")
