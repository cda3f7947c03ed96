"""An untrusted document: opened as plain UTF-8 whatever it is packed in, within caps, with one typed error.

Free of Django: the child that reads documents imports this.
"""

import codecs
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import BinaryIO, Protocol

CHUNK = 1 << 16
HEAD = 1 << 16
"""How many bytes of a document are enough to tell its format."""

GZIP = b"\x1f\x8b"
INNOCENT = 16 << 20
"""A compressed document may grow to this size whatever its ratio."""

FOREIGN = {
    b"PK\x03\x04": "This is a ZIP archive. Unpack it and give the document inside.",
    b"PK\x05\x06": "This is a ZIP archive. Unpack it and give the document inside.",
    GZIP: "This was compressed with gzip twice. Give it compressed once or not at all.",
    b"BZh": "This was compressed with bzip2. Give it plain or compressed with gzip.",
    b"\xfd7zXZ\x00": "This was compressed with xz. Give it plain or compressed with gzip.",
    b"\x28\xb5\x2f\xfd": "This was compressed with zstd. Give it plain or compressed with gzip.",
    b"7z\xbc\xaf\x27\x1c": "This is a 7z archive. Unpack it and give the document inside.",
    b"%PDF-": "This is a PDF file. Export the report as a machine-readable file instead.",
}

# In this order: the mark of UTF-32 begins with that of UTF-16.
MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

# The child may open no file once it reads, so no codec may be imported then.
for _name in ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "idna", "punycode", "ascii"):
    codecs.lookup(_name)


class DocumentError(Exception):
    """A document cannot be read: `place` (a line, a JSON pointer or empty), `reason`, `file` (empty where not known).

    The reason is one or two sentences for people. `str()` gives file, place and reason in one line.
    """

    def __init__(self, place: str = "", reason: str = "", file: str = "") -> None:
        super().__init__(": ".join(part for part in (file, place, reason) if part))
        self.place = place
        self.reason = reason
        self.file = file


class DocumentCrashed(Exception):  # noqa: N818 - named for what happened to the reader
    """The process that read a document died, or the reader failed on it: a fault of ours, counted as a crash."""

    def __init__(self, reason: str, file: str = "") -> None:
        super().__init__(": ".join(part for part in (file, reason) if part))
        self.reason = reason
        self.file = file


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """How large a document may become: `plain_bytes` once unpacked, `ratio` of plain to packed bytes."""

    plain_bytes: int = 4 << 30
    ratio: int = 250


class Source(Protocol):
    """Something with bytes, read from the front."""

    def read(self, size: int = -1, /) -> bytes:
        """Return up to `size` bytes, none at the end."""


class Document:
    """One document. `total` may be set by its reader once it knows how many records will come.

    `length` is how many plain bytes it has, known once it was read whole; `come` how many were read so far.
    """

    def __init__(self, file: BinaryIO, name: str, caps: Caps | None = None) -> None:
        self.name = name
        self.caps = caps or Caps()
        self.total: int | None = None
        self.length = 0
        self.come = 0
        self._file = file

    def head(self) -> bytes:
        """Return the first plain bytes. Raises DocumentError for what can be no document of any format."""
        head = self.stream().read(HEAD)
        if not head.strip():
            raise DocumentError(reason="The file is empty.")
        _refuse_foreign(head)
        return head

    def stream(self) -> "Plain":
        """Return the document from its start as plain UTF-8 bytes without a byte-order mark."""
        self._file.seek(0)
        packed = self._file.read(2) == GZIP
        self._file.seek(0)
        return Plain(_inflated(self._file, self.caps) if packed else _chunks(self._file), self.caps, self._note)

    def _note(self, position: int) -> None:
        self.come = max(self.come, position)

    def whole(self, most: int) -> bytes:
        """Return all plain bytes. Raises DocumentError when there are more than `most`."""
        stream = self.stream()
        parts = bytearray()
        while chunk := stream.read(CHUNK):
            parts += chunk
            if len(parts) > most:
                reason = f"The document is larger than {most >> 20} MB, the most this format is read at."
                raise DocumentError(reason=reason)
        self.length = len(parts)
        return bytes(parts)


class Plain:
    """A binary stream of the plain bytes; `position` is how many were read."""

    def __init__(self, chunks: Iterator[bytes], caps: Caps, note: Callable[[int], None]) -> None:
        self.position = 0
        self._caps = caps
        self._note = note
        self._chunks = _as_utf8(chunks)
        self._rest = b""

    def read(self, size: int = -1) -> bytes:
        """Return `size` bytes, fewer at the end; all that is left when `size` is negative."""
        parts = [self._rest]
        have = len(self._rest)
        while size < 0 or have < size:
            chunk = next(self._chunks, b"")
            if not chunk:
                break
            parts.append(chunk)
            have += len(chunk)
        data = b"".join(parts)
        data, self._rest = (data, b"") if size < 0 else (data[:size], data[size:])
        self.position += len(data)
        self._note(self.position)
        if self.position > self._caps.plain_bytes:
            raise DocumentError(reason=f"The document is larger than {self._caps.plain_bytes >> 20} MB.")
        return data


def _chunks(file: Source) -> Iterator[bytes]:
    while chunk := file.read(CHUNK):
        yield chunk


def _inflated(file: Source, caps: Caps) -> Iterator[bytes]:
    packed = grown = 0
    unpack = zlib.decompressobj(wbits=31)
    chunk = b""
    while True:
        if not chunk:
            chunk = file.read(CHUNK)
            packed += len(chunk)
        if not chunk:
            if not unpack.eof:
                reason = "The compressed file ends too early: it was cut off."
                raise DocumentError(place=f"byte {packed}", reason=reason)
            return
        if unpack.eof:
            unpack = zlib.decompressobj(wbits=31)
        try:
            plain = unpack.decompress(chunk, CHUNK)
        except zlib.error as error:
            reason = "The compressed file is damaged and cannot be unpacked."
            raise DocumentError(place=f"byte {packed}", reason=reason) from error
        chunk = unpack.unconsumed_tail or unpack.unused_data
        grown += len(plain)
        if grown > INNOCENT and grown > caps.ratio * (packed - len(chunk)):
            reason = f"The compressed file unpacks to more than {caps.ratio} times its size and was refused."
            raise DocumentError(place=f"byte {packed}", reason=reason)
        yield plain


def _as_utf8(chunks: Iterator[bytes]) -> Iterator[bytes]:
    first = b""
    while len(first) < 4 and (chunk := next(chunks, b"")):  # noqa: PLR2004 - the longest byte-order mark
        first += chunk
    mark, encoding = next(((mark, name) for mark, name in MARKS if first.startswith(mark)), (b"", ""))
    if not mark:
        encoding = _guessed(first)
    first = first[len(mark) :]
    if encoding == "utf-8":
        if first:
            yield first
        yield from (chunk for chunk in chunks if chunk)
        return
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    texts = (decoder.decode(chunk) for chunk in chain((first,), chunks))
    yield from (text.encode() for text in texts if text)
    yield decoder.decode(b"", final=True).encode()


def _guessed(first: bytes) -> str:
    """Tell UTF-16 without a mark by the zero bytes beside the first two letters (RFC 4627, section 3)."""
    pattern = bytes(bool(byte) for byte in first[:4])
    return {b"\1\0\1\0": "utf-16-le", b"\0\1\0\1": "utf-16-be"}.get(pattern, "utf-8")


def _refuse_foreign(head: bytes) -> None:
    for start, reason in FOREIGN.items():
        if head.startswith(start):
            raise DocumentError(reason=reason)
    start = head[:2000].lstrip().lower()
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        reason = "This is an HTML page, not a report: perhaps the error or sign-in page of a proxy was saved instead."
        raise DocumentError(place="line 1", reason=reason)
