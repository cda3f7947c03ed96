"""The status a finding shows: one pure function of where scans saw it and what people decided."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import IntegerChoices, TextChoices


class SeverityRank(IntegerChoices):
    """Severity as the database sorts it; `name.lower()` is the word."""

    INFO = 0, "Info"
    LOW = 1, "Low"
    MEDIUM = 2, "Medium"
    HIGH = 3, "High"
    CRITICAL = 4, "Critical"


class Status(TextChoices):
    """What is shown of a finding."""

    NEW = "new", "New"
    TRIAGED = "triaged", "Triaged"
    IN_PROGRESS = "in_progress", "In progress"
    REOPENED = "reopened", "Reopened"
    ACCEPTED = "accepted", "Accepted"
    RESOLVED = "resolved", "Resolved"
    FALSE_POSITIVE = "false_positive", "False positive"
    DUPLICATE = "duplicate", "Duplicate"
    CLOSED = "closed", "No longer found"


OPEN = (Status.NEW, Status.TRIAGED, Status.IN_PROGRESS, Status.REOPENED)
"""The statuses that count towards the score (risk model, "Class")."""


ACCEPTABLE = (*OPEN, Status.ACCEPTED)
"""The statuses with a risk to accept, or to accept for longer; of any other a request waits for nothing."""


class DecisionKind(TextChoices):
    """What a person can say."""

    TRIAGED = "triaged", "Triaged"
    IN_PROGRESS = "in_progress", "In progress"
    RESOLVED = "resolved", "Resolved"
    FALSE_POSITIVE = "false_positive", "False positive"
    DUPLICATE = "duplicate", "Duplicate"
    ASKED = "asked", "Acceptance asked for"
    ACCEPTED = "accepted", "Accepted"
    REFUSED = "refused", "Acceptance refused"
    UNDONE = "undone", "Undone"


EFFECTIVE = (
    DecisionKind.TRIAGED,
    DecisionKind.IN_PROGRESS,
    DecisionKind.RESOLVED,
    DecisionKind.FALSE_POSITIVE,
    DecisionKind.DUPLICATE,
    DecisionKind.ACCEPTED,
)
"""The kinds that give a finding its status; the others speak about another decision."""

JUDGED = (DecisionKind.FALSE_POSITIVE, DecisionKind.DUPLICATE)
"""Decisions about the weakness itself: they hold whether scans see it or not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Where the scans leave a finding.

    `reopened_at` is the start of the present stretch when an earlier one ended, `last_seen` the last scan that has it.
    """

    present: bool
    reopened_at: datetime | None = None
    last_seen: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """The decision in force: the narrowest target wins, then the newest; undone and expired ones are left out."""

    kind: DecisionKind
    at: datetime


def shown(seen: Seen, decided: Decided | None) -> Status:
    """Return the status of a finding; `findings.services.statuses` says the same in SQL.

    A finding no scan has is closed, unless it was judged. An acceptance outlives a return. Any other decision is
    about the stretch it was made in, and a finding that was resolved but is seen once more is open again.
    """
    if decided is not None and decided.kind in JUDGED:
        return Status(decided.kind.value)
    if not seen.present:
        return Status.CLOSED
    if decided is None:
        return Status.NEW if seen.reopened_at is None else Status.REOPENED
    if decided.kind != DecisionKind.ACCEPTED:
        returned = seen.reopened_at is not None and seen.reopened_at > decided.at
        if returned or (decided.kind == DecisionKind.RESOLVED and seen.last_seen > decided.at):
            return Status.REOPENED
    return Status(decided.kind.value)
