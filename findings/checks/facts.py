"""What checks of the findings judge: whether and when an API was tested."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class TestedApi:
    """The tests of one API by tools, our own checks left out.

    `last` is the day of the last complete scan, by `tool`; `partial` tells of scans that were not complete.
    """

    id: int
    today: date
    last: date | None = None
    tool: str = ""
    partial: bool = False
