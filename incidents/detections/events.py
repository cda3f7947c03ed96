"""Requests as an access log tells them, one JSON object a line, and how the detections know clients. Pure.

Members: `time` (ISO 8601), `remote_addr`, `host`, `method`, `uri`, `status`, `bytes` (or `bytes_out`), `user_agent`,
`auth` (or `auth_type`: none, bearer, basic, key), `client_id`. What is absent is empty.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from inventory.paths import path_key

NO_AUTH: Final = frozenset(("", "none", "-"))
MOST_PATH: Final = 2_000
SECONDS: Final = 1e11
"""Numbers above this are milliseconds since 1970."""

_DIGITS = re.compile(r"\d+")
_VERSION = re.compile(r"v\d+(?:[._-]\d+)*", re.IGNORECASE)


class Line(msgspec.Struct):
    """The members that are looked at; all others are passed over."""

    time: Any = None
    msec: Any = None
    remote_addr: Any = ""
    client_id: Any = ""
    host: Any = ""
    method: Any = ""
    uri: Any = None
    request_uri: Any = None
    status: Any = None
    bytes: Any = None
    bytes_out: Any = None
    auth: Any = None
    auth_type: Any = None
    user_agent: Any = ""


@dataclass(frozen=True, slots=True)
class Event:
    """One request.

    `at` is in seconds since 1970. `client` is who is named: the client's id, else its address. `who` tells users behind
    one address apart as far as the log does: by the programs they use. `place` is method and path by the rule, with
    what looks like the number of an object taken as a parameter.
    """

    at: float
    client: str
    who: str
    address: str
    host: str
    method: str
    path: str
    place: str
    status: int
    size: int
    signed: bool

    @property
    def good(self) -> bool:
        """Whether it was answered with success."""
        return 200 <= self.status < 300  # noqa: PLR2004 - HTTP


_decode = msgspec.json.Decoder(Line).decode

Name = Callable[[str, str], str]
"""Gives the path of the endpoint that a method and a path belong to, empty where none is known."""


def event_of(raw: bytes, *, name: Name) -> Event | str:
    """Return the request that a line tells, or why it tells none."""
    try:
        line = _decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return "This is not one whole JSON object."
    at = _seconds(line.time) if line.time is not None else _seconds(line.msec)
    if at is None:
        return "It tells no time."
    path = _text(line.uri) or _text(line.request_uri)
    if not path.startswith("/") or len(path) > MOST_PATH:
        return "It tells no path."
    path = path.partition("?")[0]
    method, address = _text(line.method).upper()[:20], _text(line.remote_addr)[:200]
    client = _text(line.client_id)[:200] or address
    if not client or not method:
        return "It tells no client or no method."
    auth = line.auth if line.auth is not None else line.auth_type
    size = line.bytes if line.bytes is not None else line.bytes_out
    return Event(
        at=at,
        client=client,
        who=client if _text(line.client_id) else f"{address} {_text(line.user_agent)[:200]}",
        address=f"{address} {_text(line.user_agent)[:200]}",
        host=_text(line.host).lower()[:260],
        method=method,
        path=path,
        place=f"{method} {name(method, path) or _place(path)}",
        status=_whole(line.status),
        size=_whole(size),
        signed=_text(auth).strip().lower() not in NO_AUTH,
    )


def moment(seconds: float) -> str:
    """Return a time as ISO 8601 in UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _whole(value: Any) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 16:  # noqa: PLR2004 - digits
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 53 else 0


def _seconds(value: Any) -> float | None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        seconds = value / 1000 if value > SECONDS else float(value)
        return seconds if 0 < seconds < SECONDS else None
    try:
        found = datetime.fromisoformat(_text(value))
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def _place(path: str) -> str:
    """Return a path by the rule, with names such as `user017` or `bk-3-1` after the first segment as parameters too."""
    first, *rest = path_key(path).strip("/").split("/")
    return "/" + "/".join([first, *(_object(part) for part in rest)])


def _object(segment: str) -> str:
    numbered = _DIGITS.search(segment) and not _VERSION.fullmatch(segment) and "." not in segment
    return "{}" if numbered else segment
