"""Short codes on screen: from chance or from a digest, never from a sequence, so that no code reveals a count."""

import secrets
from base64 import b32encode

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32 (https://www.crockford.com/base32.html): no letter is mistaken for a digit."""

_TO_CROCKFORD = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", ALPHABET.encode())

CHANCE_LENGTH = 8
DIGEST_LENGTH = 10


def chance_code(prefix: str) -> str:
    """Return a code such as `API-7K3Q9XM2` out of 40 random bits; the caller's unique column refuses a repeat."""
    return f"{prefix}-" + "".join(secrets.choice(ALPHABET) for _ in range(CHANCE_LENGTH))


def digest_code(prefix: str, digest: str, length: int = DIGEST_LENGTH) -> str:
    """Return a code made of the first `length` times 5 bits of a hexadecimal digest."""
    start = bytes.fromhex(digest[: 2 * ((5 * length + 7) // 8)])
    return f"{prefix}-{b32encode(start)[:length].translate(_TO_CROCKFORD).decode()}"


def slug_suffix() -> str:
    """Return five random letters that keep two slugs of one name apart."""
    return "".join(secrets.choice(ALPHABET) for _ in range(5)).lower()
