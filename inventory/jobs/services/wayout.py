"""The one way out: every request the product sends goes through `fetch`.

A host is resolved once, every address it has is judged, and the connection goes to a judged address with the host's
own name in Host and SNI. Nothing is followed unless the caller says how often, and each hop is judged anew. No proxy
and no `.netrc` of the environment is used, no cookie is kept, and seconds and bytes are limited as a whole.
"""

import ssl
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import BinaryIO, Final, cast
from urllib.parse import urljoin

import httpcore
import httpx

from inventory.jobs.services.transport import Clock, Resolver, Route, Transport, system_resolver
from inventory.jobs.targets import NOTHING_MORE, Allowed, FetchFailed, TargetRefused, parse_target

PART: Final = 1 << 16
AGENT: Final = "Posture"
REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one request may take: seconds from first to last, and bytes of the body, packed and unpacked alike."""

    seconds: float = 60.0
    most: int = 256 << 20
    redirects: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One request. `secrets` are headers that go to the origin of `url` alone, never on to another."""

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back: `file` holds the unpacked body, at its start, and is gone when closed."""

    url: str
    status: int
    headers: Mapping[str, str]
    file: BinaryIO
    size: int


def fetch(
    question: Question,
    *,
    allowed: Allowed = NOTHING_MORE,
    limits: Limits | None = None,
    resolve: Resolver = system_resolver,
) -> Answer:
    """Send a request and return the answer, whatever its status; the caller closes its file.

    With `limits.redirects` as many redirects of a GET or HEAD are followed, each judged anew and never from https to
    http. Raises TargetRefused for what may not be asked, FetchFailed for what did not answer within the limits, and
    OSError where our own disk has no room for the answer.
    """
    limits = limits or Limits()
    clock = Clock(limits.seconds)
    target = parse_target(question.url, allowed=allowed)
    first = target.origin
    for hop in range(limits.redirects + 1):
        headers = {**question.headers, **(question.secrets if target.origin == first else {})}
        route = Route(target=target, allowed=allowed, resolve=resolve, clock=clock)
        answer = _ask(question, route, headers, limits)
        following = answer.headers.get("location", "") if answer.status in REDIRECTS else ""
        if not following or question.method not in {"GET", "HEAD"} or not limits.redirects:
            return answer
        answer.file.close()
        if hop == limits.redirects:
            break
        after = parse_target(urljoin(target.url, following), allowed=allowed)
        if target.scheme == "https" and after.scheme != "https":
            msg = f"{target.host} sends us on from https to http, which is not followed."
            raise TargetRefused(msg)
        target = after
    msg = f"{target.host} sends us on more than {limits.redirects} times."
    raise FetchFailed(msg)


@contextmanager
def _told(host: str) -> Iterator[None]:
    """Turn whatever the network does into one sentence."""
    try:
        yield
    except FetchFailed:
        raise
    except (httpcore.TimeoutException, httpx.TimeoutException) as error:
        msg = f"{host} did not answer in time."
        raise FetchFailed(msg) from error
    except ssl.SSLError as error:
        msg = f"{host} has no certificate that can be trusted."
        raise FetchFailed(msg) from error
    except (httpcore.NetworkError, httpcore.ProtocolError, httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        trusted = "certificate" not in str(error).lower()
        msg = f"{host} broke the connection off." if trusted else f"{host} has no certificate that can be trusted."
        raise FetchFailed(msg) from error


def _ask(question: Question, route: Route, headers: Mapping[str, str], limits: Limits) -> Answer:
    """Send one request on its own connection and take the body in."""
    host = route.target.host
    usual = {"user-agent": AGENT, "accept": "*/*", "accept-encoding": "gzip", "connection": "close"}
    with httpx.Client(transport=Transport(route), trust_env=False, follow_redirects=False) as client:
        with _told(host):
            request = client.build_request(
                question.method, route.target.url, headers={**usual, **headers}, content=question.body or None
            )
            answer = client.send(request, stream=True)
        file = cast("BinaryIO", tempfile.TemporaryFile())  # noqa: SIM115 - the caller closes it
        try:
            size = _take_in(answer, file, host, limits.most)
            file.seek(0)
        except BaseException:
            with suppress(OSError):
                file.close()
            raise
        finally:
            with _told(host):
                answer.close()
    return Answer(
        url=route.target.url, status=answer.status_code, headers=dict(answer.headers.items()), file=file, size=size
    )


def _take_in(answer: httpx.Response, file: BinaryIO, host: str, most: int) -> int:
    """Write the unpacked body into a file and return its size. Raises FetchFailed past the cap."""
    packing = answer.headers.get("content-encoding", "").strip().lower()
    if packing not in {"", "identity", "gzip", "x-gzip"}:
        msg = f"{host} answers in the encoding “{packing[:40]}”, which was not asked for."
        raise FetchFailed(msg)
    unpack = zlib.decompressobj(wbits=31) if "gzip" in packing else None
    came = size = 0
    for part in _raw(answer, host):
        came += len(part)
        for plain in _plain(part, unpack, host):
            size += len(plain)
            if max(came, size) > most:
                break
            file.write(plain)
        if max(came, size) > most:
            msg = f"{host} answers with more than {most:,} bytes."
            raise FetchFailed(msg)
    if unpack is not None and came and not unpack.eof:
        msg = f"The answer of {host} was cut off."
        raise FetchFailed(msg)
    return size


def _raw(answer: httpx.Response, host: str) -> Iterator[bytes]:
    """Yield what comes over the network; what its taker does with it, such as filling a disk, is not the network's."""
    with _told(host):
        yield from answer.iter_raw()


def _plain(part: bytes, unpack: "zlib._Decompress | None", host: str) -> Iterator[bytes]:
    """Yield a part of the body unpacked, a little at a time, so that no bomb is ever whole in memory."""
    if unpack is None:
        yield part
        return
    try:
        while part:
            if unpack.eof:
                msg = f"The answer of {host} goes on after its end."
                raise FetchFailed(msg)
            yield unpack.decompress(part, PART)
            part = unpack.unconsumed_tail or unpack.unused_data
    except zlib.error as error:
        msg = f"The answer of {host} is damaged and cannot be unpacked."
        raise FetchFailed(msg) from error
