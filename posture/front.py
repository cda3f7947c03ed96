"""What stands between the web server and Django: nobody who sends or takes slowly holds a thread that others need.

The web server speaks ASGI (https://asgi.readthedocs.io/en/latest/specs/www.html), which waits without a thread; Django
answers in one, by WSGI (PEP 3333). A request is taken in whole before a thread answers it. A body that is too large for
that is read while it comes, in threads of their own: uploads hold up nothing but uploads. What a client takes slowly
waits without a thread, too.
"""

import asyncio
import io
import json
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from typing import IO, Any, Final, cast
from urllib.parse import unquote_to_bytes
from wsgiref.util import FileWrapper

from inventory.access.middleware import FOR_PROGRAMS, HEADERS, MOST_OF_STRANGERS
from posture.bodies import BodyBroken, BodyTooLarge, Incoming, Receive, Streamed

Scope = Mapping[str, Any]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Environ = dict[str, Any]
Application = Callable[[Environ, Any], Any]

THREADS: Final = 4
"""Of each kind: those that answer, and those that take in what is large."""
HELD: Final = MOST_OF_STRANGERS
"""Bytes of a body that is taken in whole before a thread answers: nothing larger is read for a stranger."""
FORGOTTEN: Final = 1 << 30
"""Bytes that are let in of a body nobody wants: most clients read no answer before they have sent everything."""
TAKING: Final = 60.0
"""Seconds for which a client may leave a piece of an answer untaken."""
PIECE: Final = 256 * 1024
"""Bytes of a file that are read at once."""
NO_LENGTH: Final = (
    f"This request does not say how long it is, and is longer than {HELD // 1024:,} kB. Send it with a Content-Length."
)
TOO_SLOW: Final = "The rest of this request did not come in time, and nothing was changed. Send it again."
NO_ROOM: Final = "The disk for temporary files is full, and nothing was changed. Make room, then send this again."


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is sent back: the body, or an iterator that makes its pieces, in threads of `lane`."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes | Iterator[bytes]
    lane: Executor | None = None
    close: Callable[[], object] = lambda: None


class Front:
    """An ASGI application that has the WSGI application of Django answer."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._answering = ThreadPoolExecutor(THREADS, "answering")
        self._taking_in = ThreadPoolExecutor(THREADS, "taking-in")
        # One thread, since a cursor that is read piece by piece belongs to the connection of its thread.
        self._streaming = ThreadPoolExecutor(1, "streaming")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; there is nothing here but HTTP."""
        if scope["type"] != "http":
            return
        headers = dict(scope["headers"])
        length = headers.get(b"content-length", b"")
        told = b"content-length" in headers
        # HTTP/2 frames a body by itself (RFC 9113, section 8.1.1): neither header need be there.
        framed = b"transfer-encoding" in headers or scope["http_version"].startswith("2")
        incoming = Incoming(receive, empty=not (told or framed))
        try:
            answer = await self._answer(scope, incoming, int(length) if length.isdigit() else None)
        except BodyBroken:
            if not incoming.late:
                return
            answer = _refusal(scope, HTTPStatus.REQUEST_TIMEOUT, TOO_SLOW)
        if not (b"expect" in headers and not incoming.begun):
            await incoming.forget(FORGOTTEN)
        await _give(answer, send)

    async def _answer(self, scope: Scope, incoming: Incoming, length: int | None) -> Answer:
        loop = asyncio.get_running_loop()
        threads, body = self._answering, cast("IO[bytes]", io.BytesIO())
        if length is not None and length > HELD:
            threads, body = self._taking_in, cast("IO[bytes]", io.BufferedReader(Streamed(incoming, loop), PIECE))
        elif length != 0 and not incoming.over:
            try:
                body = await incoming.whole(HELD)
            except BodyBroken:
                raise
            except BodyTooLarge:
                return _refusal(scope, HTTPStatus.LENGTH_REQUIRED, NO_LENGTH)
            except OSError:
                return _refusal(scope, HTTPStatus.SERVICE_UNAVAILABLE, NO_ROOM)
            length = incoming.came
        answer = await loop.run_in_executor(threads, self._answer_here, environ_of(scope, body, length or 0), body)
        if incoming.late:
            answer.close()
            raise BodyBroken
        return answer

    def _answer_here(self, environ: Environ, body: IO[bytes]) -> Answer:
        """Have Django answer, in this thread; what is not streamed is made here to the end."""
        said: list[tuple[str, list[tuple[str, str]]]] = []

        def start(status: str, headers: list[tuple[str, str]], _error: object = None) -> None:
            said.append((status, headers))

        # Closed here and nowhere else: closing waits for whoever still reads.
        with body:
            made = self._application(environ, start)
        close: Callable[[], object] = getattr(made, "close", lambda: None)
        status, headers = said[-1]
        code = int(status.partition(" ")[0])
        if getattr(made, "streaming", True):
            lane = None if isinstance(made, FileWrapper) else self._streaming
            return Answer(status=code, headers=headers, body=iter(made), lane=lane, close=close)
        try:
            return Answer(status=code, headers=headers, body=b"".join(made))
        finally:
            close()


def environ_of(scope: Scope, body: IO[bytes], length: int) -> Environ:
    """Return what PEP 3333 says of a request, whose body has this length whether or not it says so.

    A header with an underscore is left out: it could pass for another one that a proxy sets.
    """
    host, port = scope["server"] or ("localhost", 0)
    environ: Environ = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(scope["raw_path"]).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": host,
        "SERVER_PORT": str(port),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": scope["client"][0] if scope["client"] else "",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": body,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "wsgi.file_wrapper": lambda file, _size=0: FileWrapper(file, PIECE),
    }
    for name, value in scope["headers"]:
        if b"_" in name:
            continue
        key = name.decode("latin-1").upper().replace("-", "_")
        key = key if key in {"CONTENT_LENGTH", "CONTENT_TYPE"} else f"HTTP_{key}"
        said = value.decode("latin-1")
        between = "; " if key == "HTTP_COOKIE" else ","
        environ[key] = f"{environ[key]}{between}{said}" if key in environ else said
    if length:
        environ.update(CONTENT_LENGTH=str(length))
    return environ


def _refusal(scope: Scope, status: HTTPStatus, sentence: str) -> Answer:
    kind, said = "text/plain; charset=utf-8", sentence
    if scope["path"].startswith(FOR_PROGRAMS):
        kind, said = "application/json", json.dumps({"error": {"code": status.name.lower(), "message": sentence}})
    body = said.encode()
    # What is left of the body would be taken for the next request.
    told = {**HEADERS, "Content-Type": kind, "Content-Length": str(len(body)), "Connection": "close"}
    return Answer(status=status, headers=list(told.items()), body=body)


async def _give(answer: Answer, send: Send) -> None:
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers]
    start = {"type": "http.response.start", "status": answer.status, "headers": headers}
    if isinstance(answer.body, bytes):
        await send(start)
        await send({"type": "http.response.body", "body": answer.body, "more_body": False})
        return
    loop = asyncio.get_running_loop()
    try:
        await send(start)
        while (piece := await loop.run_in_executor(answer.lane, next, answer.body, None)) is not None:
            await asyncio.wait_for(send({"type": "http.response.body", "body": piece, "more_body": True}), TAKING)
        await send({"type": "http.response.body", "body": b"", "more_body": False})
    finally:
        await loop.run_in_executor(answer.lane, answer.close)
