"""The one writer of tables that leave the product: no cell of it is a formula to the program that opens it.

Scanner text is foreign. A spreadsheet runs a cell that begins with `=`, `+`, `-`, `@`, a tab or a carriage return
(OWASP, "CSV Injection"), and some do so behind spaces, quotes or in full-width letters. Such text gets an apostrophe in
front, which makes it text there. Numbers are ours and stay numbers.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

Cell = str | int | float | Decimal | datetime | None
"""What a row may hold; None is an empty cell, a moment is written in ISO 8601."""

TRIGGERS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "|")
INNOCENT: Final = " \"'`\u00a0\u200b\u200c\u200d\u2060\ufeff\u3000"
"""What a program may skip before it looks whether a cell is a formula."""
MARK: Final = "\ufeff"
"""Without this in front, common spreadsheets take UTF-8 for the letters of the country the computer is set to."""
PIECE: Final = 500


def safe_text(text: str) -> str:
    """Return text that is text to a spreadsheet too; zero bytes, which end a file for some, are left out."""
    text = text.replace("\0", "")
    begins = text.lstrip(INNOCENT)
    return f"'{text}" if begins.startswith(TRIGGERS) or text.startswith(TRIGGERS) else text


def csv_pieces(heads: Sequence[str], rows: Iterable[Sequence[Cell]], *, for_spreadsheets: bool) -> Iterator[str]:
    """Yield a table as CSV (RFC 4180: commas, CRLF), some hundred lines at a time.

    For spreadsheets it begins with a byte-order mark; programs that read columns by name do without.
    """
    kept = _Kept()
    writer = csv.writer(kept)
    if for_spreadsheets:
        kept.write(MARK)
    writer.writerow(map(safe_text, heads))
    for number, row in enumerate(rows, 1):
        writer.writerow(map(_cell, row))
        if number % PIECE == 0:
            yield kept.taken()
    yield kept.taken()


def _cell(value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return safe_text(value)
    return value.isoformat() if isinstance(value, datetime) else str(value)


class _Kept:
    """A file that holds what was written until it is taken."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def write(self, text: str) -> None:
        self._lines.append(text)

    def taken(self) -> str:
        text = "".join(self._lines)
        self._lines.clear()
        return text
