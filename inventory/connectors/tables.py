"""Comma-separated values as rows (RFC 4180; also with semicolons, tabs or bars), read line by line.

Text is UTF-8; a line that is not is taken as ISO 8859-1, in which old spreadsheets write.
"""

import csv
from collections.abc import Iterator

from inventory.connectors.base import Document, DocumentError, clean
from inventory.connectors.streams import MOST_LINE, lines_of

DELIMITERS = ",;\t|"


def cells_of(head: bytes) -> list[str]:
    """Return the cells of the first line, without the space around them; one cell for what is no table."""
    line = _text(head.lstrip().split(b"\n", 1)[0])
    try:
        return [clean(cell).strip() for cell in next(csv.reader([line], delimiter=delimiter_of(line)), [])]
    except csv.Error:
        return [line]


def delimiter_of(line: str) -> str:
    """Return the delimiter that a line of names uses most."""
    return max(DELIMITERS, key=line.count)


def rows_of(document: Document) -> Iterator[tuple[int, list[str] | str]]:
    """Yield each row with the line it ends in: its cells, or the reason why it cannot be read.

    Raises DocumentError for a line that is too long to be one.
    """
    lines = _lines(document)
    first = next((line for line in lines if line.strip()), "")
    # Strict: a quotation mark that is never closed is told, and does not swallow the rest in silence.
    rows = csv.reader(_with(first, lines), delimiter=delimiter_of(first), strict=True)
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error:
            yield rows.line_num, "The quotation marks of this row do not fit, or a cell is too long."
        else:
            if any(cell.strip() for cell in row):
                yield rows.line_num, [clean(cell) for cell in row]


def _with(first: str, lines: Iterator[str]) -> Iterator[str]:
    yield first
    yield from lines


def _lines(document: Document) -> Iterator[str]:
    for number, line in lines_of(document, blank=True):
        if line is None:
            raise DocumentError(place=f"line {number}", reason=f"The line is longer than {MOST_LINE >> 20} MB.")
        yield _text(line) + "\n"


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")
