"""A SARIF file of usual size, held in memory: the short way to what `outline` finds in two passes, five times as fast.

Both ways must tell the same of every document. So this one takes only what it is sure to read alike: whatever is
unusual or broken in a file is left to the passes, which also say what is wrong with it.
"""

import codecs
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import Any

import msgspec

from findings.connectors.sarif.outline import (
    LISTED,
    MOST_LISTED,
    MOST_RUNS,
    WHOLE,
    Outline,
    RunOutline,
    kept_of,
    outline_of,
    results_of,
)
from inventory.connectors.base import Document, DocumentError

MOST_HELD = 64 << 20
"""Larger files are read in passes, whose memory does not grow with them."""

MOST_IGNORED = 4 << 20
"""Up to this size what is not needed is decoded all the same, to know that nothing in it is wrong."""

SHALLOW = 150
"""What is nested less deep is not too deep, however it is counted."""

PIECE = 1 << 18

Raw = msgspec.Raw
Members = dict[str, Raw]

_NOTHING = Raw(b"null")
_decode = msgspec.json.Decoder().decode

# One class of bytes for what may stand before a number, one for digits, one for all else: eighteen digits always fit
# into 64 bits, where the two parsers still agree.
_CLASSES = bytes(48 if chr(byte).isdigit() else 32 if chr(byte) in " \t\r\n:,[-" else 120 for byte in range(128))
_CLASSES += b"x" * 128
_HUGE = b" " + b"0" * 19


class _UnsureError(Exception):
    """The passes have to read this one."""


_UNREADABLE = (_UnsureError, DocumentError, msgspec.DecodeError, UnicodeDecodeError, MemoryError, RecursionError)


@dataclass(slots=True)
class Held:
    """A file in memory: its outline, and the results of each run, not yet decoded."""

    outline: Outline
    results: list[list[Raw]]

    def decoded(self, document: Document) -> Iterator[Any]:
        """Yield the results of all runs in their order, as `outline.results_of` does."""
        done = 0
        with suppress(*_UNREADABLE):
            for results in self.results:
                for raw in results:
                    yield _decoded(raw)
                    done += 1
            return
        self.results.clear()
        yield from islice(results_of(document, outline_of(document)), done, None)


def held_of(document: Document) -> Held | None:
    """Return the file in memory; None when it is too large for it or has anything unusual."""
    with suppress(*_UNREADABLE):
        return _held(_bytes_of(document))
    return None


def _bytes_of(document: Document) -> bytearray:
    """Return the document, all of it UTF-8 and without a number that 64 bits cannot hold."""
    stream = document.stream()
    decoder = codecs.getincrementaldecoder("utf-8")()
    whole = bytearray()
    before = b""
    while piece := stream.read(PIECE):
        whole += piece
        if len(whole) > MOST_HELD:
            raise _UnsureError
        if decoder.getstate()[0] or not piece.isascii():
            decoder.decode(piece)
        classes = before + piece.translate(_CLASSES)
        if _HUGE in classes:
            raise _UnsureError
        before = classes[1 - len(_HUGE) :]
    decoder.decode(b"", final=True)
    # A key may be written with escapes, and then be there twice without being seen.
    if b"\\u006" in whole or b"\\u007" in whole:
        raise _UnsureError
    return whole


def _held(whole: bytearray) -> Held:
    top = msgspec.json.decode(whole, type=Members)
    runs = msgspec.json.decode(top.pop("runs", _NOTHING), type=list[Members])
    version = _decoded(top.pop("version", Raw(b'""')))
    known = isinstance(version, str) and (not version or version.startswith("2.1"))
    known = known and len(runs) <= MOST_RUNS
    if not known or "inlineExternalProperties" in top or any("." in key for members in (top, *runs) for key in members):
        raise _UnsureError
    # Where one of these stands twice the passes take both, where it stands in an odd place they know it.
    stated = sum("results" in members for members in runs)
    if whole.count(b'"runs"') != 1 or whole.count(b'"results"') != stated:
        raise _UnsureError
    results = [msgspec.json.decode(members.pop("results", _NOTHING), type=list[Raw] | None) or [] for members in runs]
    outlines = [_run(members, len(found)) for members, found in zip(runs, results, strict=True)]
    for members in (top, *runs):
        _ignore(members)
    return Held(Outline(version=version, runs=outlines), results)


def _run(members: Members, results: int) -> RunOutline:
    """Take what is needed of a run out of its members."""
    run = RunOutline(results=results)
    for key in WHOLE & members.keys():
        run.members[key] = _decoded(members.pop(key))
    for key in LISTED.keys() & members.keys():
        listed = msgspec.json.decode(members.pop(key), type=list[Raw])
        if len(listed) > MOST_LISTED:
            raise _UnsureError
        run.members[key] = [kept_of(_decoded(raw), LISTED[key]) for raw in listed]
    return run


def _ignore(members: Members) -> None:
    """Look at what is not needed: the passes refuse a number too large or a nesting too deep there too."""
    if sum(memoryview(raw).nbytes for raw in members.values()) > MOST_IGNORED:
        raise _UnsureError
    for raw in members.values():
        _decoded(raw)


def _decoded(raw: Raw) -> Any:
    value = _decode(raw)
    text = bytes(raw)
    # Cheap to tell of nearly all: what has fewer brackets is not nested deeper.
    if text.count(b"{") + text.count(b"[") >= SHALLOW and _depth(value) >= SHALLOW:
        raise _UnsureError
    return value


def _depth(value: Any) -> int:
    depth, level = 0, [value]
    while level := [child for node in level for child in _children(node)]:
        depth += 1
    return depth


def _children(node: Any) -> Iterable[Any]:
    if isinstance(node, dict):
        return node.values()
    return node if isinstance(node, list) else ()
