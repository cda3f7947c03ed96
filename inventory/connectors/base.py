"""What every reader is, and the small tools all of them share. Free of Django, settings and the clock."""

import json
import re
from collections.abc import Generator
from hashlib import sha256
from typing import Any, ClassVar, Literal, Protocol

from inventory.jobs.documents import Document, DocumentError

__all__ = [
    "Document", "DocumentError", "Kind", "Reader", "as_list", "as_map", "as_text", "as_whole", "clean", "clip",
    "indexed", "json_fault", "one_line", "pointer",
]  # fmt: skip

Kind = Literal["specification", "findings", "traffic", "alerts", "owners"]


class Reader(Protocol):
    """One format. A reader module holds exactly one such class, decorated with `registry.register`.

    `records` is the type (or union) of what `read` yields, `summary` the type of what it returns at its end; both are
    msgspec structs. `read` raises DocumentError, and nothing else, for a document it cannot read.
    """

    slug: ClassVar[str]
    label: ClassVar[str]
    kind: ClassVar[Kind]
    records: ClassVar[Any]
    summary: ClassVar[Any]

    @staticmethod
    def sniff(head: bytes, name: str) -> bool:
        """Tell from the first plain bytes and the file's name whether a document is of this format."""

    def read(self, document: Document, options: dict[str, Any]) -> Generator[Any, None, Any]:
        """Yield the records in the order of the document and return the summary."""


MOST_INDEXED = 2400
"""Bytes of text that an entry of an index may have; PostgreSQL takes 2,704 in all."""

_NO_MEMBERS: dict[str, Any] = {}
_NO_ENTRIES: list[Any] = []


def as_map(value: object) -> dict[str, Any]:
    """Return the value if it is an object, else an empty one, which must not be written to."""
    return value if isinstance(value, dict) else _NO_MEMBERS


def as_list(value: object) -> list[Any]:
    """Return the value if it is an array, else an empty one, which must not be written to."""
    return value if isinstance(value, list) else _NO_ENTRIES


def as_text(value: object) -> str:
    """Return the value if it is text, cleaned, else an empty text."""
    if not isinstance(value, str):
        return ""
    return value if value.isascii() and "\x00" not in value else clean(value)


def as_whole(value: object, *, least: int, most: int) -> int | None:
    """Return the value if it is a whole number within bounds, else None."""
    if value is None:
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
        return value
    return None


def clean(text: str) -> str:
    """Return text that can be stored: zero bytes and lone surrogates become U+FFFD."""
    if "\x00" in text:
        text = text.replace("\x00", "\ufffd")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def one_line(text: str, most: int = 300) -> str:
    """Return text for a title: control characters and runs of spaces become one space, the end is cut off with `…`."""
    start = text[: most * 8]
    line = " ".join((start if start.isprintable() else _CONTROL.sub(" ", start)).split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def clip(text: str, most: int) -> str:
    """Return a name of at most `most` characters; of a longer one, its start and its hash, so that two stay two."""
    return text if len(text) <= most else f"{text[: most - 17]}…{sha256(text.encode()).hexdigest()[:16]}"


def indexed(text: str, most: int) -> str:
    """Return a name as `clip` does, and short enough in bytes too for the database to find it by."""
    text = clip(text, most)
    return text if text.isascii() or len(text.encode()) <= MOST_INDEXED else clip(text, MOST_INDEXED // 4)


def pointer(*parts: str | int) -> str:
    """Return a JSON pointer (RFC 6901), such as `/paths/~1orders/get`."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def json_fault(text: str, error: Exception) -> DocumentError:
    """Return what is wrong with a JSON text that some parser refused, with the line where it can be told."""
    try:
        json.loads(text)
    except json.JSONDecodeError as found:
        if found.pos >= len(text.rstrip()) or found.msg.startswith("Unterminated string"):
            return DocumentError(f"line {found.lineno}", "The JSON ends too early: it was cut off.")
        return DocumentError(f"line {found.lineno}, column {found.colno}", f"This is not valid JSON: {found.msg}.")
    except RecursionError:
        return DocumentError(reason="The JSON is nested too deeply.")
    except ValueError:
        return DocumentError(reason="A number in the JSON has thousands of digits.")
    # The other parser takes numbers of 64 bits; what it says besides is a piece of the document.
    if "overflow" in str(error) or isinstance(error, OverflowError):
        return DocumentError(reason="A number in the JSON is too large to be read.")
    return DocumentError(reason=f"This is not valid JSON: {one_line(str(error).partition(chr(10))[0], 200)}.")
