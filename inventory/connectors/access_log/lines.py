"""One line of an access log as a call: the combined format and its kin, and JSON objects by their members' names.

Nothing of a line is kept but method, host, path, minute, status and whether it had credentials. Times without a zone
are UTC.
"""

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, NamedTuple

import msgspec

MOST_LINE = 1 << 16
"""Bytes of the longest line that is read; the largest request line and headers a gateway takes are far below."""

METHODS = frozenset(
    ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "QUERY",
     "PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK", "SEARCH", "REPORT", "PURGE")
)  # fmt: skip
MONTHS = {
    name: number
    for number, name in enumerate(
        (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"), 1
    )
}
KEY_HEADERS = frozenset(("authorization", "cookie", "x-api-key", "api-key", "apikey", "x-auth-token"))
OLDEST = 1990
MINUTES_KEPT = 20_000
SECONDS = 1 << 34
"""Numbers up to this are seconds since 1970, greater ones milliseconds, microseconds or nanoseconds."""

_REST = re.compile(
    rb" \[(\d\d)/([A-Z][a-z][a-z])/(\d{4}):(\d\d):(\d\d):\d\d ([+-])(\d\d)(\d\d)\] "
    rb'"((?:[^"\\]|\\.)*+)" (\d{3}|-)(?= |$)',
    re.DOTALL,
)
_ADDRESS = re.compile(rb"[0-9A-Fa-f:.]*[.:][0-9A-Fa-f:.]*")
_HEX = re.compile(r"\\x([0-9A-Fa-f]{2})")
_ISO = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(?::\d\d(?:[.,]\d+)?)? ?(Z|[+-]\d\d:?\d\d)?", re.ASCII)
_LOCAL = re.compile(r"\[?(\d\d)/([A-Z][a-z][a-z])/(\d{4}):(\d\d):(\d\d):\d\d ([+-])(\d\d)(\d\d)\]?", re.ASCII)


class Call(NamedTuple):
    """One request; `signed` is None where the log does not tell whether it had credentials."""

    minute: datetime
    host: str
    method: str
    target: str
    status: int
    signed: bool | None
    zoned: bool = True


class NoCall(Exception):  # noqa: N818 - what a line turned out to be
    """A line tells of no request; the text says why."""


class _Object(msgspec.Struct, rename={
    "at": "@timestamp", "utc": "StartUTC", "traefik_method": "RequestMethod", "traefik_path": "RequestPath",
    "traefik_host": "RequestHost", "traefik_status": "DownstreamStatus", "traefik_user": "ClientUsername",
}):  # fmt: skip
    """The members of JSON lines that are looked at; all others are passed over."""

    time: Any = None
    time_iso8601: Any = None
    time_local: Any = None
    timestamp: Any = None
    start_time: Any = None
    at: Any = None
    utc: Any = None
    msec: Any = None
    ts: Any = None
    method: Any = None
    request_method: Any = None
    traefik_method: Any = None
    request_uri: Any = None
    uri: Any = None
    path: Any = None
    traefik_path: Any = None
    request: Any = None
    host: Any = None
    http_host: Any = None
    server_name: Any = None
    authority: Any = None
    traefik_host: Any = None
    status: Any = None
    response_code: Any = None
    traefik_status: Any = None
    auth: Any = None
    auth_type: Any = None
    authorization: Any = None
    api_key_present: Any = None
    remote_user: Any = None
    traefik_user: Any = None


_decode = msgspec.json.Decoder(_Object).decode


class Lines:
    """Reads line after line; times are remembered by the minute, since a log has many lines in each."""

    def __init__(self) -> None:
        self._minutes: dict[Any, tuple[datetime, bool]] = {}

    def call(self, line: bytes | None) -> Call:
        """Return the call a line tells of, None being one too long to be held. Raises NoCall with the reason."""
        if line is None or len(line) > MOST_LINE:
            msg = f"The line is longer than {MOST_LINE >> 10} kB."
            raise NoCall(msg)
        return self._of_object(line) if line.lstrip()[:1] == b"{" else self._of_text(line)

    def _of_text(self, line: bytes) -> Call:
        found = _REST.search(line)
        if found is None:
            msg = "This is no line of the combined format."
            raise NoCall(msg)
        parts = found.groups()
        told = self._minutes.get(parts[:8])
        if told is None:
            told = self._kept(parts[:8], (_local(*parts[:8]), True))
        head = line[: found.start()].split(b" ")
        named = len(head) > 3 and _ADDRESS.fullmatch(head[1]) is not None  # noqa: PLR2004 - address, identity, user
        host = head[0].decode("ascii", "replace") if named else ""
        method, target = _request(parts[8].decode("utf-8", "replace"))
        user = head[-1] not in {b"-", b'""', b""}
        return Call(told[0], host, method, target, _status(parts[9].decode()), signed=True if user else None)

    def _of_object(self, line: bytes) -> Call:
        try:
            found = _decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            msg = "This is not one whole JSON object."
            raise NoCall(msg) from error
        method = found.method or found.request_method or found.traefik_method
        target = found.request_uri or found.uri or found.path or found.traefik_path
        host = found.host or found.http_host or found.authority or found.traefik_host or found.server_name
        signed = _signed(found)
        if isinstance(found.request, dict):
            inside = found.request
            method, target = method or inside.get("method"), target or inside.get("uri")
            host = host or inside.get("host")
            if isinstance(headers := inside.get("headers"), dict) and signed is None:
                signed = any(name.lower() in KEY_HEADERS for name in headers)
        elif isinstance(found.request, str) and not (method and target):
            method, target = _request(found.request)
        status = next(
            (value for value in (found.status, found.response_code, found.traefik_status) if value is not None), None
        )
        minute, zoned = self._moment(
            found.time or found.time_iso8601 or found.timestamp or found.start_time or found.at or found.utc
            or found.time_local or found.msec or found.ts
        )  # fmt: skip
        if not (isinstance(method, str) and isinstance(target, str)) or method not in METHODS:
            msg = "Its method and path are not told." if not method else "Its method is none of HTTP."
            raise NoCall(msg)
        return Call(minute, host if isinstance(host, str) else "", method, target, _status(status), signed, zoned)

    def _moment(self, value: Any) -> tuple[datetime, bool]:
        """Return the minute of a time in text or seconds, and whether it tells its zone."""
        if isinstance(value, str):
            plain = len(value) in {20, 25} and value[16] == ":" and value[17:19].isdecimal()
            key: Any = value[:16] + value[19:] if plain else value
        elif isinstance(value, int | float) and not isinstance(value, bool):
            key = int(_seconds(value) // 60)
        else:
            msg = "Its time is not told."
            raise NoCall(msg)
        return self._minutes.get(key) or self._kept(key, _minute_of(value))

    def _kept(self, key: Any, told: tuple[datetime, bool]) -> tuple[datetime, bool]:
        if len(self._minutes) >= MINUTES_KEPT:
            self._minutes.clear()
        self._minutes[key] = told
        return told


def _request(text: str) -> tuple[str, str]:
    """Return method and target of a request line."""
    method, _, rest = text.partition(" ")
    target, space, protocol = rest.rpartition(" ")
    if not space or not protocol.startswith("HTTP/"):
        target = rest
    if method not in METHODS or not target:
        msg = "Its request is none of HTTP."
        raise NoCall(msg)
    # nginx and Apache write bytes that are not ASCII, and quotation marks, like this.
    return method, _HEX.sub(r"%\1", target) if "\\" in target else target


def _status(value: Any) -> int:
    """Return a status; 0 for a request without an answer."""
    if isinstance(value, str):
        value = int(value) if value.isascii() and value.isdigit() else 0 if value in {"-", ""} else None
    if isinstance(value, int) and not isinstance(value, bool) and (value == 0 or 100 <= value <= 599):  # noqa: PLR2004 - RFC 9110, section 15
        return value
    msg = "Its status is none of HTTP."
    raise NoCall(msg)


def _signed(found: _Object) -> bool | None:
    """Return whether the request had credentials, None where no member tells."""
    key = found.api_key_present
    if isinstance(key, str | int) and key not in {"", "-", "0", 0}:
        return True
    kind = found.auth if isinstance(found.auth, str) and found.auth else found.auth_type
    if isinstance(kind, str) and kind not in {"", "-"}:
        return kind.lower() != "none"
    if isinstance(found.authorization, str):
        return found.authorization not in {"", "-", "none"}
    user = found.remote_user if found.remote_user is not None else found.traefik_user
    return True if isinstance(user, str) and user not in {"", "-"} else None


def _seconds(value: float) -> float:
    if abs(value) > SECONDS * 10**9:
        msg = "Its time cannot be read."
        raise NoCall(msg)
    while abs(value) > SECONDS:
        value /= 1000
    return value


def _minute_of(value: Any) -> tuple[datetime, bool]:
    minute, zoned = None, True
    try:
        if not isinstance(value, str):
            minute = datetime.fromtimestamp(_seconds(value) // 60 * 60, UTC)
        elif found := _ISO.fullmatch(value):
            zone = found[3] or "+00:00"
            zoned = found[3] is not None
            minute = datetime.fromisoformat(f"{found[1]}T{found[2]}{zone}").astimezone(UTC)
        elif found := _LOCAL.fullmatch(value):
            minute = _local(*(part.encode() for part in found.groups()))
    except (ValueError, OverflowError):
        pass
    if minute is None or minute.year < OLDEST:
        msg = "Its time cannot be read."
        raise NoCall(msg)
    return minute, zoned


def _local(*parts: bytes) -> datetime:
    """Return the minute of day, month, year, hour, minute, sign, and hours and minutes of the zone."""
    try:
        shift = timedelta(hours=int(parts[6]), minutes=int(parts[7]))
        zone = timezone(-shift if parts[5] == b"-" else shift)
        minute = datetime(
            int(parts[2]), MONTHS[parts[1]], int(parts[0]), int(parts[3]), int(parts[4]), tzinfo=zone
        ).astimezone(UTC)  # fmt: skip
    except (KeyError, ValueError, OverflowError) as error:
        msg = "Its time cannot be read."
        raise NoCall(msg) from error
    if minute.year < OLDEST:
        msg = "Its time cannot be read."
        raise NoCall(msg)
    return minute
