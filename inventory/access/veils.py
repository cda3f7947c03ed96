"""Numbers of rows as others may see them: shuffled under a key, so that none of them tells how many there are."""

import base64
import binascii
import hmac

ROUNDS = 6
HALF = 32
"""Bits of each half of what is shuffled."""
LETTERS = 13
LARGEST = 1 << 40
"""Numbers stay below; the 24 bits above them are a check that text somebody made up does not pass."""


def veil(number: int, *, purpose: str, key: bytes) -> str:
    """Return a row's number as 13 letters and digits (base 32), the same each time.

    A permutation of 64 bits: a Feistel network with HMAC-SHA-256 (Luby and Rackoff, 1988). `purpose` keeps apart what
    is veiled for one use from what is veiled for another. Raises ValueError for a number out of range.
    """
    if not 0 <= number < LARGEST:
        msg = f"{number} cannot be veiled."
        raise ValueError(msg)
    left, right = number >> HALF, number & (1 << HALF) - 1
    for turn in range(ROUNDS):
        left, right = right, left ^ _mixed(right, turn, purpose, key)
    return base64.b32encode((left << HALF | right).to_bytes(8)).decode().rstrip("=")


def unveil(text: str, *, purpose: str, key: bytes) -> int | None:
    """Return the number of what `veil` gave; None for any other text."""
    try:
        whole = int.from_bytes(base64.b32decode(text + "===")) if len(text) == LETTERS else LARGEST
    except (binascii.Error, ValueError):
        return None
    left, right = whole >> HALF, whole & (1 << HALF) - 1
    for turn in reversed(range(ROUNDS)):
        left, right = right ^ _mixed(left, turn, purpose, key), left
    number = left << HALF | right
    return number if number < LARGEST and veil(number, purpose=purpose, key=key) == text else None


def _mixed(half: int, turn: int, purpose: str, key: bytes) -> int:
    said = f"{purpose}:{turn}:{half}".encode()
    return int.from_bytes(hmac.digest(key, said, "sha256")[: HALF // 8])
