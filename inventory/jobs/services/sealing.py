"""Authenticated encryption of streams, and the key that seals now.

A stream is cut into chunks, each sealed with AES-256-GCM under a nonce that counts and marks the last one: the STREAM
construction (Hoang, Reyhanitabar, Rogaway, Vizár, "Online Authenticated-Encryption and its Nonce-Reuse
Misuse-Resistance", CRYPTO 2015). So chunks cannot be changed, swapped, doubled, dropped or cut off at the end unseen.
Every stream has a key of its own, derived from the sealing key and a random salt (HKDF-SHA-256, RFC 5869): nonces
of two streams can never meet, however many there are.

Layout: `PSB1`, salt (32 bytes), then chunks of 64 KiB of plain bytes plus a tag of 16; the last chunk is shorter or
full, and is there even when the stream is empty.
"""

import os
from collections.abc import Iterator
from typing import BinaryIO, Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import connection

from inventory.access.seals import NONCE_BYTES, BrokenSealError

MAGIC = b"PSB1"
SALT_BYTES = 32
TAG_BYTES = 16
CHUNK_BYTES = 64 * 1024


SHARED: Final = "SELECT pg_advisory_xact_lock_shared(hashtextextended('seal keys', 0))"
ALONE: Final = "SELECT pg_advisory_xact_lock(hashtextextended('seal keys', 0))"
"""Who seals and who takes a key away exclude each other until their transactions end."""


def sealing_key() -> tuple[str, bytes]:
    """Return the key that seals now, with its id; it stays on the list until the caller's transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(SHARED)
    key_id, key = settings.SEAL_KEYS[0]
    return key_id, key


class Readable(Protocol):
    """Anything that gives bytes."""

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes; none at the end."""


def seal_stream(plain: Readable, sealed: BinaryIO, *, key: bytes, bound_to: bytes) -> Iterator[bytes]:
    """Write the sealed stream, yielding each plain chunk once it is written; `bound_to` must be given again to open."""
    salt = os.urandom(SALT_BYTES)
    cipher = _stream_cipher(key, salt)
    sealed.write(MAGIC + salt)
    for number, chunk, is_last in _chunks(plain, CHUNK_BYTES):
        sealed.write(cipher.encrypt(_nonce(number, is_last=is_last), chunk, bound_to))
        yield chunk


def open_stream(sealed: Readable, *, key: bytes, bound_to: bytes) -> Iterator[bytes]:
    """Yield the plain chunks, each after its check. Raises BrokenSealError; what came before it is genuine."""
    head = _exactly(sealed, len(MAGIC) + SALT_BYTES)
    if len(head) != len(MAGIC) + SALT_BYTES or not head.startswith(MAGIC):
        msg = "It does not start as a sealed stream."
        raise BrokenSealError(msg)
    cipher = _stream_cipher(key, head[len(MAGIC) :])
    for number, chunk, is_last in _chunks(sealed, CHUNK_BYTES + TAG_BYTES):
        try:
            yield cipher.decrypt(_nonce(number, is_last=is_last), chunk, bound_to)
        except InvalidTag:
            msg = f"Chunk {number + 1} does not match its seal."
            raise BrokenSealError(msg) from None


def _stream_cipher(key: bytes, salt: bytes) -> AESGCM:
    return AESGCM(HKDF(algorithm=SHA256(), length=32, salt=salt, info=b"posture blob 1").derive(key))


def _nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(NONCE_BYTES - 1, "big") + (b"\x01" if is_last else b"\x00")


def _chunks(stream: Readable, size: int) -> Iterator[tuple[int, bytes, bool]]:
    """Yield (number, bytes, is last); every chunk but the last is full. An empty stream is one empty last chunk."""
    number, chunk = 0, _exactly(stream, size)
    while True:
        following = _exactly(stream, size) if len(chunk) == size else b""
        yield number, chunk, not following
        if not following:
            return
        number, chunk = number + 1, following


def _exactly(stream: Readable, size: int) -> bytes:
    """Return `size` bytes, fewer only at the end: a pipe may give less than it is asked for."""
    parts, missing = [], size
    while missing and (part := stream.read(missing)):
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)
