"""Opening documents: packed or not, in any Unicode encoding, and what is refused before any format is asked for."""

import gzip
import io
import zlib

import pytest

from inventory.jobs.documents import Caps, Document, DocumentError

TEXT = '{"title": "Größe – ☂ 𝄞"}'


def plain(data: bytes, caps: Caps | None = None) -> bytes:
    return Document(io.BytesIO(data), "x", caps).stream().read()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("packed", [False, True])
def test_every_unicode_encoding_becomes_plain_utf8(encoding: str, *, packed: bool) -> None:
    raw = TEXT.encode(encoding)
    assert plain(gzip.compress(raw, mtime=0) if packed else raw).decode() == TEXT


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_reading_in_pieces_gives_the_same_bytes(size: int) -> None:
    stream = Document(io.BytesIO(gzip.compress(TEXT.encode("utf-16"), mtime=0)), "x").stream()
    pieces = list(iter(lambda: stream.read(size), b""))
    assert b"".join(pieces).decode() == TEXT
    assert {len(piece) for piece in pieces[:-1]} <= {size}
    assert stream.position == len(TEXT.encode())


def test_lone_surrogates_of_utf16_become_replacement_characters() -> None:
    assert plain(b"\xff\xfe" + "a\ud800b".encode("utf-16-le", "surrogatepass")).decode() == "a\ufffdb"


def test_a_stream_starts_anew_each_time() -> None:
    document = Document(io.BytesIO(gzip.compress(b"abc", mtime=0)), "x")
    assert document.stream().read(2) == b"ab"
    assert document.stream().read() == b"abc"


def test_several_gzip_members_are_one_document() -> None:
    assert plain(gzip.compress(b"abc", mtime=0) + gzip.compress(b"def", mtime=0)) == b"abcdef"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (gzip.compress(b"abcdefgh" * 100, mtime=0)[:-12], "ends too early"),
        (gzip.compress(b"abc", mtime=0) + b"rest", "damaged"),
        (b"\x1f\x8bnonsense", "damaged"),
        (b"\x1f\x8b", "ends too early"),
    ],
)
def test_a_damaged_gzip_is_one_typed_error_with_its_place(data: bytes, reason: str) -> None:
    with pytest.raises(DocumentError, match=reason) as caught:
        plain(data)
    assert caught.value.place.startswith("byte ")


def test_a_gzip_bomb_is_refused_while_it_is_small() -> None:
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join([*(packer.compress(bytes(1 << 20)) for _ in range(64)), packer.flush()])
    stream = Document(io.BytesIO(bomb), "x").stream()
    with pytest.raises(DocumentError, match="more than 250 times its size"):
        list(iter(lambda: stream.read(1 << 16), b""))
    assert stream.position <= 17 << 20


def test_a_document_that_packs_well_is_no_bomb() -> None:
    assert len(plain(gzip.compress(bytes(15 << 20), mtime=0))) == 15 << 20


def test_the_cap_on_plain_bytes_holds_packed_or_not() -> None:
    for data in (b"x" * 1001, gzip.compress(b"x" * 1001, mtime=0)):
        with pytest.raises(DocumentError, match="larger than"):
            plain(data, Caps(plain_bytes=1000))


def test_a_whole_document_is_refused_above_its_limit() -> None:
    document = Document(io.BytesIO(b"x" * (3 << 20)), "x")
    assert len(document.whole(3 << 20)) == 3 << 20
    with pytest.raises(DocumentError, match="larger than 2 MB"):
        document.whole(2 << 20)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b" \n\t ", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (gzip.compress(b"", mtime=0), "empty"),
        (b"PK\x03\x04rest", "ZIP archive"),
        (gzip.compress(gzip.compress(b"{}", mtime=0), mtime=0), "twice"),
        (b"BZh91AY", "bzip2"),
        (b"\xfd7zXZ\x00", "xz"),
        (b"%PDF-1.7", "PDF"),
        (b"\n<!DOCTYPE HTML><html>", "HTML page"),
        (b"<html><body>502</body></html>", "HTML page"),
    ],
)
def test_what_can_be_no_document_is_refused_by_its_start(data: bytes, reason: str) -> None:
    with pytest.raises(DocumentError, match=reason):
        Document(io.BytesIO(data), "x").head()


def test_an_error_is_one_line_of_file_place_and_reason() -> None:
    assert str(DocumentError("line 3", "It is broken.", "a.json")) == "a.json: line 3: It is broken."
    assert str(DocumentError(reason="It is broken.")) == "It is broken."
