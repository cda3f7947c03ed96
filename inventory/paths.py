"""The path rule: one fixed, lexical way from a path to the key under which endpoints and findings are the same.

Changing anything here is a new identity version: every fingerprint would change. The rule:

1. The query and the fragment are cut off, the rest is split on `/`, empty segments are dropped.
2. Each segment is percent-decoded once, as UTF-8. A decoded `/`, `?`, `#` or control character stays encoded, and so
   do bytes that are not UTF-8.
3. A template parameter becomes `{}`: `{x}` and `<x>` anywhere in a segment, `:x` at its start or after a mark such as
   `-`, `.` or `,`. (After a word or another parameter a colon names a custom method, as in `{id}:cancel`.)
4. A whole segment becomes `{}` when it is a number, a UUID, a ULID, hex of 12 or more with a digit, base64url of 20 or
   more with a digit, an upper- and a lower-case letter, a date or time, or an e-mail address. Nothing else does.

Case is kept. The key of a key is the key, except where a segment was encoded twice (`%2541` is `%41` after one round).
"""

import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

DEFAULT_PORTS = {"http": 80, "ws": 80, "https": 443, "wss": 443}

_ESCAPES = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_UNSAFE = re.compile(r"[/?#\x00-\x1f\x7f]")
_COLON_PARAMETER = re.compile(r"(?<![\w}>:]):[A-Za-z_]\w*", re.ASCII)

_DATE = r"""
    \d{4}-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01]))?    # 2024-02, 2024-02-29
  | \d{4}-W(?:0[1-9]|[1-4]\d|5[0-3])(?:-[1-7])?             # 2024-W09-4
  | \d{4}([./])(?:0[1-9]|1[0-2])\1(?:0[1-9]|[12]\d|3[01])   # 2024.02.29
  | (?:0[1-9]|[12]\d|3[01])[.-](?:0[1-9]|1[0-2])[.-]\d{4}   # 29.02.2024
  | (?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])-\d{4}         # 02-29-2024
  | \d{8}                                                   # 20240229
"""
_TIME = r"(?:[01]\d|2[0-3]) :? [0-5]\d (?: :? (?:[0-5]\d|60) (?:[.,]\d+)? )? (?: Z | [+-](?:[01]\d|2[0-3]):?[0-5]\d )?"
_VALUE = re.compile(
    rf"""
    [+-]?\d+(?:\.\d+)?                                                          # number
  | [0-9a-f]{{8}}-[0-9a-f]{{4}}-[0-9a-f]{{4}}-[0-9a-f]{{4}}-[0-9a-f]{{12}}      # UUID
  | [0-7][0-9a-hjkmnp-tv-z]{{25}}                                               # ULID
  | (?=[a-f]*\d)[0-9a-f]{{12,}}                                                 # hex
  | (?:{_DATE})                                                                 # date
  | (?:{_DATE}) [T\ _] {_TIME}                                                  # both
  | (?=\d\d:){_TIME}                                                            # time
  | [^\s@:/<>{{}}]+@[^\s@:/<>{{}}.]+(?:\.[^\s@:/<>{{}}.]+)+                     # e-mail address
    """,
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
_TOKEN = re.compile(r"(?=[^0-9]*[0-9])(?=[^A-Z]*[A-Z])(?=[^a-z]*[a-z])[A-Za-z0-9_-]{20,}={0,2}", re.ASCII)


@lru_cache(maxsize=64)  # the keys of one finding ask for it one after the other
def path_key(path: str) -> str:
    """Return the key of a path, such as `/orders/{}/lines` for `/orders/7/lines?all=1`; `/` for an empty one.

    `path` is the path of a URL, declared with parameters or seen with values, still percent-encoded.
    """
    plain = path.partition("?")[0].partition("#")[0]
    return "/" + "/".join([_segment_key(segment) for segment in plain.split("/") if segment])


@lru_cache(maxsize=4096)  # most segments are words that come again
def _segment_key(segment: str) -> str:
    if segment.isascii() and segment.isdigit():
        return "{}"
    text = _decoded(segment)
    if _VALUE.fullmatch(text) or _TOKEN.fullmatch(text):
        return "{}"
    return _COLON_PARAMETER.sub("{}", _without_pairs(_without_pairs(text, "{", "}"), "<", ">"))


def _decoded(segment: str) -> str:
    if "%" in segment:
        segment = _ESCAPES.sub(lambda run: _text(bytes.fromhex(run[0].replace("%", ""))), segment)
    return _UNSAFE.sub(lambda found: f"%{ord(found[0]):02X}", segment)


def _text(raw: bytes) -> str:
    # surrogateescape carries the bytes that are not UTF-8 as U+DC80 to U+DCFF.
    text = raw.decode("utf-8", "surrogateescape")
    return re.sub("[\udc80-\udcff]", lambda found: f"%{ord(found[0]) - 0xDC00:02X}", text)


def _without_pairs(text: str, opening: str, closing: str) -> str:
    """Put `{}` for each outermost pair of brackets; a bracket without its partner is text."""
    if opening not in text or closing not in text:
        return text
    waiting: list[int] = []
    pairs: list[tuple[int, int]] = []
    for at, letter in enumerate(text):
        if letter == opening:
            waiting.append(at)
        elif letter == closing and waiting:
            start = waiting.pop()
            while pairs and pairs[-1][0] > start:
                pairs.pop()
            pairs.append((start, at + 1))
    parts = []
    done = 0
    for start, end in pairs:
        parts += [text[done:start], "{}"]
        done = end
    return "".join(parts) + text[done:]


# What nearly all URLs look like; of them the standard library would say the same, in five times the time.
_PLAIN_URL = re.compile(
    r"(https?|wss?)://([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,4})?)(/[!$-.0-;=@-Z_a-z~%/]*)?(?:\?[!$-;=?-Z_a-z~%]*)?"
)


class Base(NamedTuple):
    """A base URL: `host` is empty for a relative one, `port` None where the scheme has no known default."""

    scheme: str
    host: str
    port: int | None
    path: str

    @property
    def url(self) -> str:
        """The same as text, such as `https://api.shop.example:443/v1`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        authority = f"//{host}" + ("" if self.port is None else f":{self.port}")
        return (f"{self.scheme}:" if self.scheme else "") + (authority if self.host else "") + (self.path or "/")


def split_base(url: str) -> Base:
    """Return scheme, host (lower-case, IDNA), port (default filled in) and path without a slash at its end.

    Query, fragment and credentials are dropped. What cannot be read as a URL comes back as four empty parts.
    """
    if plain := _PLAIN_URL.fullmatch(url):
        scheme, authority, path = plain.groups()
        name, port = _authority(authority)
        return Base(scheme, _host(name), DEFAULT_PORTS[scheme] if port is None else port, _without_empty(path or ""))
    nothing = Base("", "", None, "")
    try:
        parts = urlsplit(url)
        name, port = _authority(parts.netloc)
    except ValueError:
        return nothing
    path = _without_empty(parts.path)
    if not parts.netloc:
        return Base("", "", None, path)
    host = _host(name)
    if not host:
        return nothing
    return Base(parts.scheme, host, DEFAULT_PORTS.get(parts.scheme) if port is None else port, path)


def _without_empty(path: str) -> str:
    if "//" not in path:
        return path.rstrip("/") if path.startswith("/") or not path else f"/{path.rstrip('/')}"
    return "".join(f"/{segment}" for segment in path.split("/") if segment)


@lru_cache(maxsize=1024)  # a report speaks of few hosts
def _authority(netloc: str) -> tuple[str, int | None]:
    parts = SplitResult("", netloc, "", "", "")
    return parts.hostname or "", parts.port


@lru_cache(maxsize=1024)
def _host(name: str) -> str:
    name = name.removesuffix(".")
    try:
        return name.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return name.lower()
