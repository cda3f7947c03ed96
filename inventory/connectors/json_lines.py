"""Objects of JSON that follow each other, one a line (https://jsonlines.org) or each spread over several.

Tools write the first; it becomes the second where somebody sends it through a program that makes it easy to read.
"""

import json
from collections.abc import Iterator
from typing import Any

from inventory.connectors.base import Document
from inventory.connectors.streams import MOST_LINE, lines_of

Told = tuple[str, dict[str, Any] | str]


def objects_of(document: Document) -> Iterator[Told]:
    """Yield the place of each object with the object, or with a sentence that says why it cannot be read.

    Where the first line is a brace alone each object starts and ends with such a line; it may be as long as a line may.
    """
    lines = lines_of(document)
    first = next(lines, None)
    if first is None:
        return
    if first[1] is not None and first[1].strip() == b"{":
        yield from _spread(lines, first[0])
        return
    yield _line(*first)
    for number, line in lines:
        yield _line(number, line)


def _line(number: int, line: bytes | None) -> Told:
    if line is None:
        return f"line {number}", f"The line is longer than {MOST_LINE >> 20} MB."
    return f"line {number}", _object(line, "line")


def _spread(lines: Iterator[tuple[int, bytes | None]], start: int) -> Iterator[Told]:
    held, size = [b"{"], 0
    for number, line in lines:
        start = start if held else number
        size += MOST_LINE if line is None else len(line) + 1
        if line is not None and size <= MOST_LINE:
            held.append(line)
        if line is not None and line.rstrip() == b"}":
            long = f"The object is longer than {MOST_LINE >> 20} MB."
            yield f"line {start}", _object(b"\n".join(held), "object") if size <= MOST_LINE else long
            held, size = [], 0
    if held:
        yield f"line {start}", "The object does not end."


def _object(text: bytes, what: str) -> dict[str, Any] | str:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return f"The {what} is not valid JSON."
    return found if isinstance(found, dict) else f"The {what} holds no object."
