"""Authenticated encryption of short values with AES-256-GCM; keys come in, nothing is looked up."""

import base64
import binascii
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12

Keys = Sequence[tuple[str, bytes]]
"""Key ids with their keys: the first seals, all open."""


class BrokenSealError(Exception):
    """The sealed bytes were changed or cut, belong to something else, or were sealed under another key."""


def seal_value(plain: bytes, *, key: bytes, bound_to: bytes) -> tuple[bytes, bytes]:
    """Return (nonce, sealed) of a short value."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce, AESGCM(key).encrypt(nonce, plain, bound_to)


def open_value(nonce: bytes, sealed: bytes, *, key: bytes, bound_to: bytes) -> bytes:
    """Return the plain value. Raises BrokenSealError."""
    try:
        return AESGCM(key).decrypt(nonce, sealed, bound_to)
    except (InvalidTag, ValueError):
        msg = "The value does not match its seal."
        raise BrokenSealError(msg) from None


def seal_text(plain: str, *, keys: Keys, bound_to: str) -> str:
    """Return a text sealed as text, `key id:base64`."""
    key_id, key = keys[0]
    nonce, sealed = seal_value(plain.encode(), key=key, bound_to=bound_to.encode())
    return f"{key_id}:{base64.b64encode(nonce + sealed).decode()}"


def open_text(sealed: str, *, keys: Keys, bound_to: str) -> str:
    """Return the plain text. Raises BrokenSealError, also where the key is not on the list."""
    key_id, _, packed = sealed.partition(":")
    key = dict(keys).get(key_id)
    try:
        body = base64.b64decode(packed, validate=True)
    except binascii.Error:
        body = b""
    if key is None or not body:
        msg = "The value was sealed under a key that is not on the list, or is no sealed value."
        raise BrokenSealError(msg)
    return open_value(body[:NONCE_BYTES], body[NONCE_BYTES:], key=key, bound_to=bound_to.encode()).decode()
