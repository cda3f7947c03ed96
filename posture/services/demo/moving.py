"""Moving what the lab kept to today: every day of its window that a document names becomes a day of this week.

Days move whole, so that nights stay nights. The forms are those of the documents there: ISO 8601, the combined log,
the firewall's (`Tue Mar  3 03:08:07 2026`) and that of HTTP.
"""

import gzip
import re
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Final

MONTHS: Final = (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec")
DAYS: Final = (b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun")
BEFORE: Final = timedelta(days=120)
"""How far before the first simulated day reports may be dated."""

_MONTH = b"|".join(MONTHS)
_ISO = re.compile(rb"\b(\d{4})-(\d\d)-(\d\d)(?=[T ]\d\d:\d\d)")
_LOCAL = re.compile(rb"\b(\d\d)/(" + _MONTH + rb")/(\d{4})(?=:\d\d:)")
_LONG = re.compile(rb"\b(?:" + b"|".join(DAYS) + rb") (" + _MONTH + rb") ([ \d]\d) (\d\d:\d\d:\d\d) (\d{4})\b")
_HTTP = re.compile(rb"\b(?:" + b"|".join(DAYS) + rb"), (\d\d) (" + _MONTH + rb") (\d{4})(?= \d\d:)")


class Window:
    """The simulated days, `first` to `last`, and how far they move."""

    def __init__(self, first: date, last: date, days: int) -> None:
        self.first, self.last = first - BEFORE, last
        self.step = timedelta(days=days)

    def moved(self, year: bytes, month: int, number: bytes) -> date | None:
        """Return where a day goes, None for one outside."""
        try:
            day = date(int(year), month, int(number))
        except ValueError:
            return None
        return day + self.step if self.first <= day <= self.last else None


def moved(document: bytes, window: Window) -> bytes:
    """Return a document with its days moved."""
    for pattern, write in ((_ISO, _iso), (_LOCAL, _local), (_LONG, _long), (_HTTP, _http)):
        document = pattern.sub(partial(_written, write, window), document)
    return document


def _written(write: Callable[[re.Match[bytes], Window], bytes], window: Window, found: re.Match[bytes]) -> bytes:
    return write(found, window) or found[0]


def _iso(found: re.Match[bytes], window: Window) -> bytes:
    day = window.moved(found[1], int(found[2]), found[3])
    return day.isoformat().encode() if day else b""


def _local(found: re.Match[bytes], window: Window) -> bytes:
    day = window.moved(found[3], _number(found[2]), found[1])
    return b"%02d/%s/%d" % (day.day, MONTHS[day.month - 1], day.year) if day else b""


def _long(found: re.Match[bytes], window: Window) -> bytes:
    day = window.moved(found[4], _number(found[1]), found[2])
    if day is None:
        return b""
    return b"%s %s %2d %s %d" % (DAYS[day.weekday()], MONTHS[day.month - 1], day.day, found[3], day.year)


def _http(found: re.Match[bytes], window: Window) -> bytes:
    day = window.moved(found[3], _number(found[2]), found[1])
    return b"%s, %02d %s %d" % (DAYS[day.weekday()], day.day, MONTHS[day.month - 1], day.year) if day else b""


def _number(month: bytes) -> int:
    return MONTHS.index(month) + 1


def move_folder(source: Path, target: Path, window: Window) -> int:
    """Write every document below a folder to another, its days moved and unpacked; return how many there are.

    What stands there already with the same bytes is left alone, so that doing it again is no change.
    """
    count = 0
    for path in sorted(path for path in source.rglob("*") if path.is_file()):
        content = path.read_bytes()
        name = path.relative_to(source)
        if path.suffix == ".gz":
            content, name = gzip.decompress(content), name.with_suffix("")
        to = target / name
        to.parent.mkdir(parents=True, exist_ok=True)
        told = moved(content, window)
        if not to.exists() or to.read_bytes() != told:
            to.write_bytes(told)
        count += 1
    return count
