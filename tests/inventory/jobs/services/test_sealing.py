"""Sealed streams and values: whole, unchanged and in place, or refused."""

from io import BytesIO
from random import Random

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import example, given, settings
from hypothesis import strategies as st

from inventory.access.seals import BrokenSealError
from inventory.jobs.services.sealing import open_stream, seal_stream

KEY, OTHER_KEY = bytes(range(32)), bytes(32)
CHUNK = 65536
SEALED_CHUNK = CHUNK + 16
HEAD = 36


class Dribble:
    """Gives at most `most` bytes at a time, as a pipe does."""

    def __init__(self, content: bytes, most: int) -> None:
        self.rest = BytesIO(content)
        self.most = most

    def read(self, size: int, /) -> bytes:
        """Return fewer bytes than asked for."""
        return self.rest.read(min(size, self.most))


def seal(plain: bytes, *, bound_to: bytes = b"blob 1", most: int = 1 << 30) -> bytes:
    sealed = BytesIO()
    assert b"".join(seal_stream(Dribble(plain, most), sealed, key=KEY, bound_to=bound_to)) == plain
    return sealed.getvalue()


def unseal(sealed: bytes, *, key: bytes = KEY, bound_to: bytes = b"blob 1", most: int = 1 << 30) -> bytes:
    return b"".join(open_stream(Dribble(sealed, most), key=key, bound_to=bound_to))


def content(size: int) -> bytes:
    return Random(size).randbytes(size)


@given(size=st.integers(0, 3 * CHUNK + 5), most=st.sampled_from([1, 7, 4096, CHUNK, 1 << 30]))
@example(size=0, most=1 << 30)
@example(size=1, most=1 << 30)
@example(size=CHUNK - 1, most=1 << 30)
@example(size=CHUNK, most=1 << 30)
@example(size=CHUNK + 1, most=4096)
@example(size=2 * CHUNK, most=7)
@example(size=3 * CHUNK, most=CHUNK)
@settings(max_examples=25, deadline=None)
def test_what_was_sealed_comes_back_at_every_size_and_from_any_pipe(size: int, most: int) -> None:
    plain = content(size)
    sealed = seal(plain, most=max(most, size // 500))
    assert unseal(sealed, most=max(most, size // 500)) == plain
    chunks = max(1, -(-size // CHUNK))
    assert len(sealed) == HEAD + size + 16 * chunks


def test_the_format_is_the_written_one() -> None:
    sealed = seal(content(CHUNK) + b"rest")
    key = HKDF(algorithm=SHA256(), length=32, salt=sealed[4:36], info=b"posture blob 1").derive(KEY)
    first = AESGCM(key).decrypt(bytes(12), sealed[36 : 36 + SEALED_CHUNK], b"blob 1")
    last = AESGCM(key).decrypt(bytes(10) + b"\x01\x01", sealed[36 + SEALED_CHUNK :], b"blob 1")
    assert (sealed[:4], first, last) == (b"PSB1", content(CHUNK), b"rest")


def test_equal_streams_look_different_each_time() -> None:
    assert seal(b"equal")[HEAD:] != seal(b"equal")[HEAD:]


SEALED = seal(content(3 * CHUNK))
HEADER, FIRST, SECOND, THIRD = (
    SEALED[:HEAD],
    SEALED[HEAD : HEAD + SEALED_CHUNK],
    SEALED[HEAD + SEALED_CHUNK : HEAD + 2 * SEALED_CHUNK],
    SEALED[HEAD + 2 * SEALED_CHUNK :],
)


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(HEADER, id="no chunk"),
        pytest.param(HEADER[:20], id="half a head"),
        pytest.param(b"PSB2" + SEALED[4:], id="another format"),
        pytest.param(HEADER + FIRST + SECOND, id="the last chunk cut off"),
        pytest.param(HEADER + FIRST, id="two chunks cut off"),
        pytest.param(SEALED[:-1], id="one byte cut off"),
        pytest.param(HEADER + SECOND + FIRST + THIRD, id="chunks swapped"),
        pytest.param(HEADER + FIRST + FIRST + SECOND + THIRD, id="a chunk doubled"),
        pytest.param(HEADER + FIRST + THIRD, id="a chunk dropped"),
        pytest.param(SEALED + b"x", id="a byte added"),
        pytest.param(SEALED + THIRD, id="the last chunk doubled"),
        pytest.param(seal(content(5))[:HEAD] + SEALED[HEAD:], id="the head of another stream"),
    ],
)
def test_a_stream_that_was_rearranged_or_cut_is_refused(broken: bytes) -> None:
    with pytest.raises(BrokenSealError):
        unseal(broken)


@given(place=st.integers(0, len(SEALED) - 1), bit=st.integers(0, 7))
@settings(max_examples=60, deadline=None)
def test_a_stream_with_one_bit_changed_is_refused(place: int, bit: int) -> None:
    changed = bytearray(SEALED)
    changed[place] ^= 1 << bit
    with pytest.raises(BrokenSealError):
        unseal(bytes(changed))


def test_a_stream_opens_with_its_own_key_and_in_its_own_place_only() -> None:
    with pytest.raises(BrokenSealError):
        unseal(SEALED, key=OTHER_KEY)
    with pytest.raises(BrokenSealError):
        unseal(SEALED, bound_to=b"blob 2")
