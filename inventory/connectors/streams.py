"""Large documents read piece by piece: JSON by its parts, lines, and XML by its elements. Memory stays flat.

Each function raises DocumentError, and nothing else, for a document that is not of its kind.
"""

import re
from collections.abc import Collection, Iterator
from typing import Any
from xml.etree.ElementTree import Element, ParseError

import ijson.backends.yajl2_c as ijson
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import XMLParser
from ijson.common import JSONError, ObjectBuilder

from inventory.connectors.base import Document, DocumentError, json_fault, one_line, pointer

BUFFER = 1 << 17
MOST_PIECE = 1 << 21
"""Bytes of the largest piece that a parser is given: what it finds in a piece is held until it is taken."""
MOST_DEPTH = 200
IN_THE_ROOT = 2
MOST_LINE = 1 << 20
"""Bytes of the longest line that is read."""

SMALL = 16 << 20
"""Up to this size broken JSON is read once more to tell the line."""

_STARTS = frozenset(("start_map", "start_array"))
_ENDS = frozenset(("end_map", "end_array"))
_INSIDE = re.compile(rb'(?:[^"\\]++|\\.)*+\\?', re.DOTALL)
_LATIN = re.compile(rb"""^\s*<\?xml[^>]*encoding\s*=\s*["']iso-8859-1["']""", re.IGNORECASE)


class Pieces:
    """What a JSON parser reads from: a document in pieces that grow within a long text, a new one for each parser.

    A parser goes through what it holds of a text again with each piece that follows.
    """

    def __init__(self, document: Document) -> None:
        self._stream = document.stream()
        self._inside = 0
        self._escaped = False

    @property
    def position(self) -> int:
        """How many bytes were read."""
        return self._stream.position

    def read(self, size: int) -> bytes:
        """Return `size` bytes, or more where the last piece had no quotation mark but escaped ones."""
        piece = self._stream.read(min(max(size, self._inside), MOST_PIECE))
        self._inside = self._inside + len(piece) if _INSIDE.fullmatch(piece, self._escaped) else 0
        slashes = len(piece) - len(piece.rstrip(b"\\"))
        self._escaped = (slashes + (self._escaped and slashes == len(piece))) % 2 == 1
        return piece


def parts_of(document: Document, wanted: Collection[str], arrays: Collection[str] = ()) -> Iterator[tuple[str, Any]]:
    """Yield name and value of each wanted part of a JSON document, in its order; the rest is passed over.

    A name is the keys on the way joined by dots, with `item` for each entry of an array: `results.item`. What `arrays`
    names must be an array or null, and is yielded with None where it starts, so that its absence can be told.
    """
    stream = Pieces(document)
    deepest = _parts((*wanted, *arrays))
    # What the next value in each open container is called: the parser's own names grow with depth and length of keys.
    names: list[str | None] = [""]
    try:
        events = ijson.basic_parse(stream, use_float=True, buf_size=BUFFER)
        for event, value in events:
            if event in _ENDS:
                names.pop()
            elif event == "map_key":
                names[-1] = _within(names, value, deepest)
            elif (name := names[-1]) in wanted:
                yield str(name), _built(events, event, value, len(names) - 1)
            else:
                if name in arrays:
                    _require_array(str(name), event)
                    yield str(name), None
                if event in _STARTS:
                    names.append(None)
                    names[-1] = _within(names, "item", deepest)
                    _check_depth(len(names) - 1)
    except (JSONError, ValueError, OverflowError) as error:
        raise _broken_json(document, error, stream.position) from error


def _parts(names: Collection[str]) -> int:
    return max((name.count(".") + 1 for name in names), default=0)


def _within(names: list[str | None], key: str, deepest: int) -> str | None:
    """Return the name of what stands in the innermost container; None where nobody looks so deep."""
    if len(names) > deepest + 1:
        return None
    return key if len(names) == IN_THE_ROOT else f"{names[-2]}.{key}"


def _require_array(name: str, event: str) -> None:
    if event not in {"start_array", "null"}:
        if not name:
            raise DocumentError(reason="This is no JSON array.")
        place = pointer(*(part for part in name.split(".") if part != "item"))
        raise DocumentError(place=place, reason=f"“{name.rpartition('.')[2]}” must be an array.")


def _built(events: Iterator[tuple[str, Any]], event: str, value: Any, depth: int) -> Any:
    if event not in _STARTS:
        return value
    builder = ObjectBuilder()
    builder.event(event, value)
    inner = 1
    while inner:
        event, value = next(events)
        inner += (event in _STARTS) - (event in _ENDS)
        _check_depth(depth + inner)
        builder.event(event, value)
    return builder.value


def _check_depth(depth: int) -> None:
    if depth > MOST_DEPTH:
        raise DocumentError(reason=f"The document is nested deeper than {MOST_DEPTH} levels.")


def _broken_json(document: Document, error: Exception, position: int) -> DocumentError:
    if position < SMALL:
        raw = document.stream().read(SMALL)
        try:
            return json_fault(raw.decode(), error)
        except UnicodeDecodeError as fault:
            line = raw.count(b"\n", 0, fault.start) + 1
            return DocumentError(place=f"line {line}", reason="This is not UTF-8 text.")
    first = one_line(str(error).partition("\n")[0], 200)
    return DocumentError(place=f"before byte {position}", reason=f"This is not valid JSON: {first}.")


def lines_of(document: Document, *, blank: bool = False) -> Iterator[tuple[int, bytes | None]]:
    """Yield number and bytes of each line, blank ones only where asked for, with None for one longer than MOST_LINE."""
    stream = document.stream()
    number, rest, too_long = 0, b"", False
    while chunk := stream.read(BUFFER):
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            number += 1
            if too_long or len(line) > MOST_LINE:
                too_long = False
                yield number, None
            elif blank or line.strip():
                yield number, line
        if len(rest) > MOST_LINE:
            too_long, rest = True, b""
    if too_long:
        yield number + 1, None
    elif rest.strip():
        yield number + 1, rest


def elements_of(document: Document, names: Collection[str]) -> Iterator[tuple[str, Element]]:
    """Yield `start` (attributes known) and `end` (all known) with each XML element of these names, in their order.

    An element of these names is no child of the one it stands in, so that what was yielded is not kept. Document types,
    and with them entities, are refused.
    """
    watch = _Watch(names)
    latin = _LATIN.match(document.head())
    source = document.stream()
    # The stream is UTF-8 whatever the file was and still claims to be, save for the one claim that shows nowhere else.
    parser = XMLParser(target=watch, encoding="iso-8859-1" if latin else "utf-8", forbid_dtd=True)
    try:
        while chunk := source.read(min(max(BUFFER, watch.still), MOST_PIECE)):
            watch.still += len(chunk)
            parser.feed(chunk)
            yield from watch.taken()
        parser.close()
        yield from watch.taken()
    except ParseError as error:
        line, column = error.position
        problem = one_line(str(error).partition(":")[0], 200)
        place = f"line {line}, column {column + 1}"
        raise DocumentError(place=place, reason=f"This is not valid XML: {problem}.") from error
    except DefusedXmlException as error:
        reason = "The XML declares a document type or entities, which is refused."
        raise DocumentError(reason=reason) from error


class _Watch:
    """What the XML parser tells of: builds the elements that are wanted, with all that is in them.

    `still` is set to 0 with each: the parser goes through one long tag or comment again with each piece that follows.
    """

    def __init__(self, names: Collection[str]) -> None:
        self.still = 0
        self._names = names
        self._events: list[tuple[str, Element]] = []
        self._open: list[tuple[Element, list[str]]] = []
        self._wanted = 0

    def taken(self) -> list[tuple[str, Element]]:
        """Return what was seen since the last time."""
        events, self._events = self._events, []
        return events

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Take the start of an element."""
        self.still = 0
        element = Element(tag, attributes)
        if tag in self._names:
            self._events.append(("start", element))
            self._wanted += 1
        elif self._wanted:
            self._open[-1][0].append(element)
        self._open.append((element, []))
        _check_depth(len(self._open))

    def data(self, text: str) -> None:
        """Take text; all direct text of an element becomes one."""
        self.still = 0
        if self._wanted:
            self._open[-1][1].append(text)

    def end(self, tag: str) -> None:
        """Take the end of an element."""
        self.still = 0
        element, texts = self._open.pop()
        element.text = "".join(texts)
        if tag in self._names:
            self._wanted -= 1
            self._events.append(("end", element))

    def close(self) -> None:
        """Take the end of the document."""
