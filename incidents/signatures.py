"""Who sent a delivery: its signature over the raw body, in constant time, and how old it is. Pure.

- `standard`: Standard Webhooks 1.0 (https://www.standardwebhooks.com): HMAC-SHA256 over `id.timestamp.body` under the
  key in base 64 behind `whsec_`; several signatures may stand in the header while a sender changes its key.
- `timestamped`: `X-Signature: t=…,v1=…`, HMAC-SHA256 in hexadecimal over `t.body` under the secret as it stands.
- `github`: `X-Hub-Signature-256: sha256=…` over the body under the secret as it stands; nothing tells its age.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from incidents.errors import DeliveryRefused

TOLERANCE: Final = timedelta(minutes=5)
"""How far from now the time of a delivery may lie, either way."""
AGELESS: Final = timedelta(days=30)
"""How long a delivery without a time is remembered."""
MOST_SIGNATURES: Final = 10
LONGEST: Final = 4_000
PREFIX: Final = "whsec_"

_SECONDS = re.compile(r"\d{1,12}", re.ASCII)
_NAME = re.compile(r"[!-~]{1,256}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A delivery that is from who it claims: its digest, the same each time, and until when it is remembered."""

    digest: str
    until: datetime


def verify(scheme: str, *, secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> Delivery:
    """Return what identifies a delivery. Header names are in lower case. Raises DeliveryRefused, which says nothing."""
    match scheme:
        case "standard":
            return _standard(secret, headers, body, now)
        case "timestamped":
            return _timestamped(secret, headers, body, now)
        case "github":
            return _github(secret, headers, body, now)
    raise DeliveryRefused


def _standard(secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> Delivery:
    name, seconds, said = (headers.get(f"webhook-{word}", "") for word in ("id", "timestamp", "signature"))
    if not _NAME.fullmatch(name) or not _recent(seconds, now) or len(said) > LONGEST:
        raise DeliveryRefused
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError) as error:
        raise DeliveryRefused from error
    right = base64.b64encode(hmac.digest(key, f"{name}.{seconds}.".encode() + body, "sha256"))
    given = [part.removeprefix("v1,") for part in said.split(" ") if part.startswith("v1,")]
    _require(right, given)
    return Delivery(digest=_digest("standard", name), until=now + 2 * TOLERANCE)


def _timestamped(secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> Delivery:
    said = headers.get("x-signature", "")
    if len(said) > LONGEST:
        raise DeliveryRefused
    parts = [part.strip().partition("=") for part in said.split(",")]
    times = [value for name, _, value in parts if name == "t"]
    if len(times) != 1 or not _recent(times[0], now):
        raise DeliveryRefused
    right = hmac.new(secret.encode(), f"{times[0]}.".encode() + body, hashlib.sha256).hexdigest().encode()
    _require(right, [value for name, _, value in parts if name == "v1"])
    return Delivery(digest=_digest("timestamped", right.decode()), until=now + 2 * TOLERANCE)


def _github(secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> Delivery:
    said = headers.get("x-hub-signature-256", "")
    if not said.startswith("sha256=") or len(said) > LONGEST:
        raise DeliveryRefused
    right = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest().encode()
    _require(right, [said.removeprefix("sha256=")])
    # The number that GitHub gives a delivery is not signed: what is remembered is the body.
    return Delivery(digest=_digest("github", right.decode()), until=now + AGELESS)


def _recent(seconds: str, now: datetime) -> bool:
    if not _SECONDS.fullmatch(seconds):
        return False
    return abs(int(seconds) - now.timestamp()) <= TOLERANCE.total_seconds()


def _require(right: bytes, given: list[str]) -> None:
    """Compare with every signature that was given, whatever the first ones were."""
    found = False
    for one in given[:MOST_SIGNATURES]:
        found |= hmac.compare_digest(right, one.encode("utf-8", "replace"))
    if not found:
        raise DeliveryRefused


def _digest(scheme: str, text: str) -> str:
    return hashlib.sha256(f"{scheme}:{text}".encode()).hexdigest()
