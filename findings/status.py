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


class DecisionKind(TextChoices):
    """What a person can say."""

    TRIAGED = "triaged", "Triaged"
    IN_PROGRESS = "in_progress", "In progress"
    RESOLVED = "resolved", "Resolved"
    FALSE_POSITIVE = "false_positive", "False positive"
    DUPLICATE = "duplicate", "Duplicate"
    ACCEPTED = "accepted", "Accepted"
    UNDONE = "undone", "Undone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Where the scans leave a finding: `reopened_at` is the start of the present stretch when an earlier one ended."""

    present: bool
    reopened_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """The decision in force: the narrowest target wins, then the newest; undone and expired ones are left out."""

    kind: DecisionKind
    at: datetime


LASTING = (DecisionKind.FALSE_POSITIVE, DecisionKind.DUPLICATE, DecisionKind.ACCEPTED)
"""Decisions that survive a reopening: they judge the weakness, not its disappearance."""


def shown(seen: Seen, decided: Decided | None) -> Status:
    """Return the status of a finding.

    A finding no scan has is closed, unless it was judged for good. A decision older than the return of the finding
    says nothing about it, except those that last.
    """
    if decided is not None and decided.kind in LASTING and (seen.present or decided.kind != DecisionKind.ACCEPTED):
        return Status(decided.kind.value)
    if not seen.present:
        return Status.CLOSED
    if decided is not None and (seen.reopened_at is None or decided.at >= seen.reopened_at):
        return Status(decided.kind.value)
    return Status.REOPENED if seen.reopened_at is not None else Status.NEW
