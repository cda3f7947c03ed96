"""The decaying pair of the risk model: what the alerts of one category weigh on one API. Pure.

Exponential decay composes, so one pair and its moment stand for all alerts before: adding one moves the pair to the
later of both moments. The numbers are those of the risk model's version 1; the roof's test compares them.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from findings.choices import Severity
from incidents.choices import Outcome

HALF_LIFE_DAYS: Final = 7.0
WEIGHT: Final = {
    Severity.CRITICAL: 8.0, Severity.HIGH: 4.0, Severity.MEDIUM: 2.0, Severity.LOW: 1.0, Severity.INFO: 0.0,
}  # fmt: skip
PASSED: Final = {Outcome.SUCCEEDED: 4.0, Outcome.ALLOWED: 1.0, Outcome.UNKNOWN: 1.0, Outcome.BLOCKED: 0.0}
BLOCKED: Final = {Outcome.SUCCEEDED: 0.0, Outcome.ALLOWED: 0.0, Outcome.UNKNOWN: 0.0, Outcome.BLOCKED: 1.0}
DAY: Final = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """What passed and what was blocked, weighted, as of a moment."""

    passed: float = 0.0
    blocked: float = 0.0
    as_of: datetime

    def at(self, moment: datetime) -> "Pair":
        """Return the same at a later moment; at an earlier one it stays, for what is dated ahead counts as of now."""
        if moment <= self.as_of:
            return self
        left = 2.0 ** (-(moment - self.as_of).total_seconds() / DAY / HALF_LIFE_DAYS)
        return Pair(passed=self.passed * left, blocked=self.blocked * left, as_of=moment)

    def plus(self, other: "Pair") -> "Pair":
        """Return both together, as of the later moment."""
        later = max(self.as_of, other.as_of)
        one, two = self.at(later), other.at(later)
        return Pair(passed=one.passed + two.passed, blocked=one.blocked + two.blocked, as_of=later)


def pair_of(severity: Severity, outcome: Outcome, happened_at: datetime) -> Pair:
    """Return what one alert weighs when it happens."""
    weight = WEIGHT[severity]
    return Pair(passed=weight * PASSED[outcome], blocked=weight * BLOCKED[outcome], as_of=happened_at)
