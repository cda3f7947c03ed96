"""The vocabulary of attacks, as plain words that readers may use."""

from enum import StrEnum


class Outcome(StrEnum):
    """What became of an attack: it reached its end, was let through, nobody knows, or was stopped."""

    SUCCEEDED = "succeeded"
    ALLOWED = "allowed"
    UNKNOWN = "unknown"
    BLOCKED = "blocked"


WORST_FIRST = (Outcome.SUCCEEDED, Outcome.ALLOWED, Outcome.UNKNOWN, Outcome.BLOCKED)


class State(StrEnum):
    """Where an alert stands with the people who look at alerts."""

    NEW = "new"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    CLOSED = "closed"


class Act(StrEnum):
    """What a person can do with an alert."""

    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    CLOSED = "closed"
    REOPENED = "reopened"
    ASSIGNED = "assigned"
    NOTED = "noted"
    UNDONE = "undone"


class Resolution(StrEnum):
    """Why an alert was closed."""

    TRUE_POSITIVE = "true_positive"
    FALSE_ALARM = "false_alarm"
    BENIGN = "benign"
    DUPLICATE = "duplicate"

    @property
    def label(self) -> str:
        """The word as people read it."""
        return self.value.replace("_", " ")


HARMLESS = (Resolution.FALSE_ALARM, Resolution.BENIGN, Resolution.DUPLICATE)
"""Closed with one of these, an alert says nothing of a threat: it counts in no score."""

CATEGORIES = tuple(f"API{number}" for number in range(1, 11))
"""The categories of the OWASP API Security Top 10, 2023."""

CATEGORY_NAMES = {
    "API1": "Broken object level authorization",
    "API2": "Broken authentication",
    "API3": "Broken object property level authorization",
    "API4": "Unrestricted resource consumption",
    "API5": "Broken function level authorization",
    "API6": "Unrestricted access to sensitive business flows",
    "API7": "Server side request forgery",
    "API8": "Security misconfiguration",
    "API9": "Improper inventory management",
    "API10": "Unsafe consumption of APIs",
    "other": "Other attacks",
}
OTHER = "other"
