"""Until when a finding is to be closed, and how much of the time is left. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from findings.status import SeverityRank

DEFAULT_DAYS: Final[Mapping[SeverityRank, int | None]] = {
    SeverityRank.CRITICAL: 7,
    SeverityRank.HIGH: 30,
    SeverityRank.MEDIUM: 90,
    SeverityRank.LOW: 180,
    SeverityRank.INFO: None,
}
"""Days by severity until somebody sets others; None is no deadline."""
LONGEST: Final = 3650
SOON: Final = timedelta(days=2)
"""What is due within this time is marked."""
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
NEVER: Final = datetime(9999, 12, 31, tzinfo=UTC)
"""Stands where there is no deadline, so that a list in the order of deadlines ends with what has none."""
SATURDAY: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """Which days count: all of them, or with `business` Monday to Friday without the holidays. Days begin in UTC."""

    business: bool = False
    holidays: frozenset[date] = frozenset()

    def counts(self, day: date) -> bool:
        """Say whether a day counts."""
        return not self.business or (day.weekday() < SATURDAY and day not in self.holidays)

    def after(self, opened: datetime, days: int) -> datetime:
        """Return the same hour so many days that count later.

        What is opened on a day that does not count begins with the next one that does, so that what is opened later
        is never due earlier.
        """
        if not self.business:
            return opened + timedelta(days=days)
        start = opened.astimezone(UTC)
        day, hour = start.date(), start.timetz()
        if not self.counts(day):
            day, hour = self._next(day), time(tzinfo=UTC)
        for _ in range(days):
            day = self._next(day)
        return datetime.combine(day, hour)

    def _next(self, day: date) -> date:
        day += DAY
        while not self.counts(day):
            day += DAY
        return day


ALL_DAYS: Final = Calendar()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Days for findings of one severity, on APIs of one reach, of one criticality, or of both; empty is any."""

    severity: SeverityRank
    days: int | None
    reach: str = ""
    criticality: str = ""

    @property
    def rank(self) -> tuple[int, int]:
        """The order in which rules are asked: who names more first, of two that name as much the shorter."""
        return (-bool(self.reach) - bool(self.criticality), LONGEST + 1 if self.days is None else self.days)

    def meets(self, severity: int, reach: str, criticality: str) -> bool:
        """Say whether it is about such a finding."""
        return self.severity == severity and self.reach in {"", reach} and self.criticality in {"", criticality}


def days_of(rules: Collection[Rule], *, severity: int, reach: str, criticality: str) -> int | None:
    """Return the days that such a finding has by the rules; None is no deadline."""
    found = min((rule for rule in rules if rule.meets(severity, reach, criticality)), key=lambda rule: rule.rank,
                default=None)  # fmt: skip
    return found.days if found else None


def state(*, due: datetime, now: datetime) -> str:
    """Return `overdue`, `soon` or `ok`."""
    if due <= now:
        return "overdue"
    return "soon" if due - now <= SOON else "ok"


def words(*, due: datetime, now: datetime) -> str:
    """Return the time left or over in at most two units, such as `1 d 4 h over`, `6 h left` or `31 d left`."""
    left = abs(due - now)
    days, hours = left // DAY, left % DAY // HOUR
    told = f"{days} d" if days >= SOON.days else f"{days} d {hours} h" if days else f"{hours} h" if hours else "< 1 h"
    return f"{told} {'over' if due <= now else 'left'}"
