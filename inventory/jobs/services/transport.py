"""Connections of the way out: to judged addresses only, and none outlasts the seconds of its request."""

import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_address
from typing import Final, cast

import httpcore
import httpx
from typing_extensions import override

from inventory.jobs.targets import Address, Allowed, FetchFailed, Target, TargetRefused, check_address, literal_address

Resolver = Callable[[str, int], Iterable[str]]
"""Returns the addresses of a host, as texts. Raises OSError."""

TOO_MANY: Final = 64
"""Addresses of one host; more are no honest answer."""


def system_resolver(host: str, port: int) -> Iterable[str]:
    """Ask the system, as any program would."""
    return [str(row[4][0]) for row in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


class Clock:
    """The seconds that are left of the whole request."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Return how many are left. Raises FetchFailed when none are."""
        left = self._end - time.monotonic()
        if left <= 0:
            msg = f"The answer took longer than {self.seconds:g} seconds."
            raise FetchFailed(msg)
        return left


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """The way of one request: what is asked, what it may reach, who looks names up, and the time that is left."""

    target: Target
    allowed: Allowed
    resolve: Resolver
    clock: Clock

    def addresses(self) -> list[Address]:
        """Look the host up, once, and return its addresses when each of them may be asked."""
        literal = literal_address(self.target.host)
        found = [literal] if literal else [ip_address(text.partition("%")[0]) for text in self._look_up()]
        if not found or len(found) > TOO_MANY:
            msg = f"The name {self.target.host} has no address."
            raise FetchFailed(msg)
        for address in found:
            check_address(address, allowed=self.allowed)
        return list(dict.fromkeys(found))

    def _look_up(self) -> Iterable[str]:
        # The system's look-up knows no time limit of ours, so it is waited for and, if it must be, left behind.
        answers: queue.SimpleQueue[Iterable[str] | OSError | UnicodeError] = queue.SimpleQueue()

        def ask() -> None:
            try:
                answers.put(list(self.resolve(self.target.host, self.target.port)))
            except (OSError, UnicodeError) as error:
                answers.put(error)

        threading.Thread(target=ask, daemon=True).start()
        try:
            answer = answers.get(timeout=self.clock.left())
        except queue.Empty:
            answer = OSError("no answer in time")
        if isinstance(answer, OSError | UnicodeError):
            msg = f"The name {self.target.host} cannot be looked up."
            raise FetchFailed(msg) from answer
        return answer


class Backend(httpcore.NetworkBackend):
    """Opens connections to judged addresses only, and lets none outlast the clock."""

    def __init__(self, route: Route) -> None:
        self._route = route
        self._sockets = httpcore.SyncBackend()

    @override
    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address that answers."""
        target = self._route.target
        if (host.strip("[]"), port) != (target.host, target.port):
            msg = "The URL can be read in two ways, so it is not asked."
            raise TargetRefused(msg)
        trouble: Exception | None = None
        for address in self._route.addresses():
            try:
                stream = self._sockets.connect_tcp(str(address), port, timeout=self._route.clock.left())
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                trouble = error
            else:
                return Stream(stream, self._route.clock)
        msg = f"{target.host} does not answer on port {port}."
        raise FetchFailed(msg) from trouble

    @override
    def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Refuse: there is no way out through a socket of this machine."""
        raise TargetRefused(path)


class Stream(httpcore.NetworkStream):
    """A connection whose every step is held to the clock."""

    def __init__(self, stream: httpcore.NetworkStream, clock: Clock) -> None:
        self._stream = stream
        self._clock = clock

    @override
    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read what has come, within the time left."""
        return self._stream.read(max_bytes, timeout=self._clock.left())

    @override
    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write all, within the time left."""
        self._stream.write(buffer, timeout=self._clock.left())

    @override
    def close(self) -> None:
        """Close the connection."""
        self._stream.close()

    @override
    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """Begin TLS under the host's own name."""
        stream = self._stream.start_tls(ssl_context, server_hostname, timeout=self._clock.left())
        return Stream(stream, self._clock)

    @override
    def get_extra_info(self, info: str) -> object:
        """Return what the socket knows."""
        return self._stream.get_extra_info(info)


@cache
def _trust() -> ssl.SSLContext:
    """Return what certificates are judged by: the bundle of httpx (or `SSL_CERT_FILE`) and the system's own."""
    context = httpx.create_ssl_context()
    context.load_default_certs()
    return context


class Transport(httpx.BaseTransport):
    """Carries requests of httpx over connections of `Backend`, one request each."""

    def __init__(self, route: Route) -> None:
        context = _trust() if route.target.scheme == "https" else None
        self._pool = httpcore.ConnectionPool(ssl_context=context, max_connections=1, network_backend=Backend(route))

    @override
    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request; the body of the answer is read as it is asked for."""
        url = httpcore.URL(
            scheme=request.url.raw_scheme, host=request.url.raw_host, port=request.url.port, target=request.url.raw_path
        )
        sent = httpcore.Request(request.method, url, headers=request.headers.raw, content=request.read())
        got = self._pool.handle_request(sent)
        return httpx.Response(got.status, headers=got.headers, stream=Body(cast("Iterable[bytes]", got.stream)))

    @override
    def close(self) -> None:
        """Close what is open."""
        self._pool.close()


class Body(httpx.SyncByteStream):
    """The packed body of an answer, as it comes."""

    def __init__(self, parts: Iterable[bytes]) -> None:
        self._parts = parts

    @override
    def __iter__(self) -> Iterator[bytes]:
        yield from self._parts
