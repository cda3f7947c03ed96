"""Short codes on screen: from chance or from a digest, never from a sequence, so that no code reveals a count."""

import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32 (https://www.crockford.com/base32.html): no letter is mistaken for a digit."""

CHANCE_LENGTH = 8
DIGEST_LENGTH = 10


def chance_code(prefix: str) -> str:
    """Return a code such as `API-7K3Q9XM2` out of 40 random bits; the caller's unique column refuses a repeat."""
    return f"{prefix}-" + "".join(secrets.choice(ALPHABET) for _ in range(CHANCE_LENGTH))


def digest_code(prefix: str, digest: str, length: int = DIGEST_LENGTH) -> str:
    """Return a code made of the first `length` times 5 bits of a hexadecimal digest."""
    bits = 5 * length
    number = int(digest[: (bits + 3) // 4], 16) >> (-bits % 4)
    return f"{prefix}-" + "".join([ALPHABET[number >> shift & 31] for shift in range(bits - 5, -5, -5)])


def slug_suffix() -> str:
    """Return five random letters that keep two slugs of one name apart."""
    return "".join(secrets.choice(ALPHABET) for _ in range(5)).lower()
