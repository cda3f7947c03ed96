"""What stands before Django: who waits for whom, what Django is told, what comes back."""

import asyncio
import io
import json
import threading
from collections.abc import Iterable, Iterator
from typing import Any
from wsgiref.validate import validator

import pytest

from posture import bodies, front
from posture.front import HELD, PIECE, THREADS, Front
from tests.loops import WAIT, run

Environ = dict[str, Any]


class Made:
    """An answer as Django's: known as a whole, or streamed."""

    def __init__(self, pieces: Iterable[bytes], *, streaming: bool = False) -> None:
        self.streaming = streaming
        self.closed = threading.Event()
        self._pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        yield from self._pieces

    def close(self) -> None:
        """Note that nobody wants more."""
        self.closed.set()


class Client:
    """Somebody who asks: sends a body in pieces as told, keeps what is answered."""

    def __init__(self, *pieces: bytes, more: bool = False, untaken: bool = False) -> None:
        self.pieces, self.more, self.untaken = list(pieces), more, untaken
        self.events: list[dict[str, Any]] = []

    async def receive(self) -> Any:
        """Send the next piece; after the last one, nothing for an hour."""
        if not self.pieces:
            await asyncio.sleep(3600)
        body = self.pieces.pop(0)
        return {"type": "http.request", "body": body, "more_body": bool(self.pieces) or self.more}

    async def send(self, event: Any) -> None:
        """Take what is answered, or leave it lying."""
        if self.untaken and event["type"] == "http.response.body":
            await asyncio.sleep(3600)
        self.events.append(event)

    @property
    def status(self) -> int:
        """The status of the answer."""
        return int(self.events[0]["status"])

    @property
    def headers(self) -> dict[bytes, bytes]:
        """Its headers."""
        return dict(self.events[0]["headers"])

    @property
    def body(self) -> bytes:
        """What was taken of its body."""
        return b"".join(event["body"] for event in self.events[1:])


def scope(method: str = "GET", path: bytes = b"/", **headers: str) -> Any:
    """Return what a web server says of a request."""
    return {
        "type": "http", "method": method, "path": path.decode("latin-1"), "raw_path": path, "query_string": b"a=%C3%A9",
        "http_version": "1.1", "scheme": "http", "server": ("127.0.0.1", "8000"), "client": ("192.0.2.7", "4711"),
        "headers": [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()],
    }  # fmt: skip


def post(length: int, path: bytes = b"/", **headers: str) -> Any:
    """Return what is said of a request with a body."""
    return scope("POST", path, content_length=str(length), content_type="text/plain", **headers)


def ask(application: Any, request: Any, client: Client | None = None) -> Client:
    """Return somebody who asked once."""
    client = client or Client()
    serving = Front(application)
    run(serving(request, client.receive, client.send))
    return client


def echo(environ: Environ, start: Any) -> Made:
    """Answer with what was sent."""
    start("200 OK", [("Content-Type", "text/plain"), ("X-Thread", threading.current_thread().name)])
    return Made([environ["wsgi.input"].read()])


def sized(environ: Environ, start: Any) -> Made:
    """Answer with what was sent as far as Django reads it: by the length that it is told."""
    start("200 OK", [("Content-Type", "text/plain")])
    length = environ.get("CONTENT_LENGTH", "0")
    return Made([f"{length} ".encode(), environ["wsgi.input"].read(int(length))])


def test_django_is_told_what_pep_3333_asks_for() -> None:
    told: list[Environ] = []

    def tell(environ: Environ, start: Any) -> list[bytes]:
        told.append(dict(environ))
        start("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "2")])
        return [b"ok"]

    request = post(3, b"/a%2Fb/%C3%A9", host="posture.example", x_two="a", cookie="a=1")
    request["headers"] += [(b"x-two", b"b"), (b"cookie", b"b=2"), (b"x_two", b"forged"), (b"x_real_ip", b"forged")]
    client = ask(validator(tell), request, Client(b"abc"))
    assert (client.status, client.body) == (200, b"ok")
    (environ,) = told
    assert environ["PATH_INFO"].encode("latin-1").decode() == "/a/b/é"
    expected = {
        "REQUEST_METHOD": "POST", "QUERY_STRING": "a=%C3%A9", "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "192.0.2.7", "CONTENT_LENGTH": "3", "CONTENT_TYPE": "text/plain",
        "HTTP_HOST": "posture.example", "HTTP_X_TWO": "a,b", "HTTP_COOKIE": "a=1; b=2", "wsgi.url_scheme": "http",
    }  # fmt: skip
    assert {name: environ[name] for name in expected} == expected
    assert {name for name in environ if name.startswith("HTTP_")} == {"HTTP_HOST", "HTTP_X_TWO", "HTTP_COOKIE"}


def test_a_body_is_whole_before_a_thread_answers_and_a_large_one_has_a_thread_of_its_own() -> None:
    for size, threads in ((0, b"answering"), (1, b"answering"), (HELD, b"answering"), (HELD + 1, b"taking-in")):
        whole = b"x" * size
        client = ask(echo, post(size), Client(whole[:1], whole[1:], b""))
        assert (client.status, client.body) == (200, whole)
        assert client.headers[b"x-thread"].startswith(threads)


def test_a_body_that_does_not_say_how_long_it_is_comes_in_by_its_frames() -> None:
    chunked, framed = scope("POST", transfer_encoding="chunked"), scope("POST") | {"http_version": "2"}
    for request in (chunked, framed, post(1, transfer_encoding="chunked")):
        client = ask(sized, request, Client(b"ab", b"", b"c"))
        assert (client.status, client.body) == (200, b"3 abc")
        client = ask(sized, request, Client(b"x" * HELD, b"x"))
        assert (client.status, client.body) == (411, front.NO_LENGTH.encode())


def test_who_sends_slowly_keeps_nobody_waiting() -> None:
    serving = Front(echo)
    slow = [(post(2), Client(b"x", more=True)) for _ in range(20 * THREADS)]
    slow += [(post(HELD + 1), Client(b"x", more=True)) for _ in range(THREADS)]

    async def look() -> Client:
        begun = [asyncio.ensure_future(serving(request, one.receive, one.send)) for request, one in slow]
        await asyncio.sleep(0.2)
        client = Client(b"ab")
        await serving(post(2), client.receive, client.send)
        for one in begun:
            one.cancel()
        return client

    assert run(look()).body == b"ab"


def test_who_takes_slowly_keeps_nobody_waiting_and_is_left_at_last(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Made] = []

    def stream(_environ: Environ, start: Any) -> Made:
        start("200 OK", [])
        made.append(Made(iter([b"a", b"b"]), streaming=True))
        return made[-1]

    serving = Front(stream)
    slow = [Client(untaken=True) for _ in range(20 * THREADS)]

    async def look() -> tuple[Client, list[Any]]:
        begun = [asyncio.ensure_future(serving(scope(), one.receive, one.send)) for one in slow]
        await asyncio.sleep(0.2)
        client = Client()
        await serving(scope(), client.receive, client.send)
        return client, await asyncio.gather(*begun, return_exceptions=True)

    monkeypatch.setattr(front, "TAKING", 0.5)
    client, ended = run(look())
    assert client.body == b"ab"
    assert all(isinstance(end, TimeoutError) for end in ended)
    assert all(one.closed.is_set() for one in made)


@pytest.mark.parametrize("length", [2, HELD + 2])
def test_who_is_too_slow_is_told_so(monkeypatch: pytest.MonkeyPatch, length: int) -> None:
    monkeypatch.setattr(bodies.Incoming.__init__, "__kwdefaults__", {"grace": 0.2, "pace": bodies.PACE})
    for path, kind in ((b"/upload/", b"text/plain; charset=utf-8"), (b"/api/v1/reports/", b"application/json")):
        client = ask(forgiving, post(length, path), Client(b"x", more=True))
        assert (client.status, client.headers[b"content-type"]) == (408, kind)
        assert client.headers[b"x-content-type-options"] == b"nosniff"
        assert b"nothing was changed" in client.body
    assert json.loads(client.body)["error"]["code"] == "request_timeout"


def forgiving(environ: Environ, start: Any) -> Made:
    """Answer as if nothing had happened, though the body broke off."""
    try:
        environ["wsgi.input"].read()
    except OSError:
        start("400 Bad Request", [])
    return Made([b"?"])


def test_a_full_disk_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> io.BytesIO:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(bodies, "SpooledTemporaryFile", full)
    client = ask(echo, post(2), Client(b"ab"))
    assert (client.status, b"disk" in client.body) == (503, True)


def test_an_answer_waits_for_a_body_nobody_wanted_unless_its_sender_waits_for_us() -> None:
    def refuse(_environ: Environ, start: Any) -> Made:
        start("413 Too Large", [])
        return Made([b"no"])

    pieces = [b"x" * 1000] * 2000
    client = ask(refuse, post(2_000_000), Client(*pieces))
    assert (client.status, client.pieces) == (413, [])
    client = ask(refuse, post(2_000_000, expect="100-continue"), Client(*pieces))
    assert (client.status, len(client.pieces)) == (413, 2000)


def test_what_is_streamed_comes_piece_by_piece_and_is_closed() -> None:
    made = Made(iter([b"a", b"", b"b"]), streaming=True)

    def stream(_environ: Environ, start: Any) -> Made:
        start("200 OK", [("Content-Type", "text/csv")])
        return made

    client = ask(stream, scope())
    assert [event.get("body") for event in client.events[1:]] == [b"a", b"", b"b", b""]
    assert made.closed.is_set()


def test_a_stream_is_closed_for_who_left_before_it_began() -> None:
    made = Made(iter([b"a"]), streaming=True)

    def stream(_environ: Environ, start: Any) -> Made:
        start("200 OK", [])
        return made

    async def nobody(_event: Any) -> None:
        raise BrokenPipeError

    serving = Front(stream)
    with pytest.raises(BrokenPipeError):
        run(serving(scope(), Client().receive, nobody))
    assert made.closed.is_set()


def test_a_stream_that_breaks_is_never_ended_as_if_it_were_whole() -> None:
    def pieces() -> Iterator[bytes]:
        yield b"a"
        raise ValueError

    def stream(_environ: Environ, start: Any) -> Made:
        start("200 OK", [])
        return Made(pieces(), streaming=True)

    client, serving = Client(), Front(stream)
    with pytest.raises(ValueError):  # noqa: PT011 -- there is no more to it
        run(serving(scope(), client.receive, client.send))
    assert all(event["more_body"] for event in client.events[1:])


def test_a_file_is_read_in_large_pieces_beside_a_stream_that_takes_its_time() -> None:
    waiting = threading.Event()

    def slow() -> Iterator[bytes]:
        waiting.wait(WAIT)
        yield b"late"

    def answer(environ: Environ, start: Any) -> Any:
        start("200 OK", [])
        if environ["PATH_INFO"] == "/file":
            return environ["wsgi.file_wrapper"](io.BytesIO(b"x" * (PIECE + 1)), 4096)
        return Made(slow(), streaming=True)

    serving = Front(answer)

    async def look() -> tuple[Client, Client]:
        stream, file = Client(), Client()
        begun = asyncio.ensure_future(serving(scope(), stream.receive, stream.send))
        await asyncio.sleep(0.1)
        await serving(scope(path=b"/file"), file.receive, file.send)
        waiting.set()
        await begun
        return stream, file

    stream, file = run(look())
    assert [len(event["body"]) for event in file.events[1:]] == [PIECE, 1, 0]
    assert stream.body == b"late"
