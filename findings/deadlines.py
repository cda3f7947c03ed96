"""Until when a finding is to be closed, and how much of the time is left. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
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


def due(*, opened: datetime, severity: SeverityRank, days: Mapping[SeverityRank, int | None]) -> datetime | None:
    """Return the moment by which a finding that was first open at `opened` is due; None without a deadline."""
    number = days.get(severity)
    return None if number is None else opened + timedelta(days=number)


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
