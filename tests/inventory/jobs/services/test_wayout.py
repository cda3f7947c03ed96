"""The one way out, asked to go where it must not, against servers of ours that count who connects."""

import gzip
import logging
import socket
import tempfile
import time
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

import pytest

from inventory.access.away import FULL, why_away
from inventory.jobs.services.wayout import Answer, Limits, Question, fetch
from inventory.jobs.targets import Allowed, FetchFailed, TargetRefused, parse_allowed
from tests.inventory.jobs.forbidden import ADDRESSES, URLS
from tests.inventory.jobs.services.canary import Server, said, serving

QUICK = Limits(seconds=5, most=1 << 20)


def here(server: Server) -> Allowed:
    return parse_allowed(["127.0.0.1/32", f"port {server.port}"])


def loopback(_host: str, _port: int) -> Iterable[str]:
    return ["127.0.0.1"]


def ask(server: Server, *, path: str = "/", limits: Limits = QUICK, **headers: str) -> Answer:
    question = Question(url=f"http://shop.example:{server.port}{path}", headers=headers)
    return fetch(question, allowed=here(server), limits=limits, resolve=loopback)


@pytest.fixture(scope="module")
def canary() -> Iterator[Server]:
    with serving(said("200 OK", b"inside")) as server:
        yield server


def test_no_forbidden_target_reaches_the_canary(canary: Server) -> None:
    """The port is open to all of them, so that the address alone keeps them out."""
    port = Allowed(ports=frozenset({canary.port}))
    tried = 0
    for url in URLS:
        with pytest.raises(FetchFailed):
            fetch(Question(url=url), allowed=port, limits=QUICK, resolve=loopback)
        parts = urlsplit(url) if url.startswith("http://") and "[" not in url else None
        if parts and parts.netloc and ":" not in parts.netloc:
            with pytest.raises(FetchFailed):
                fetch(
                    Question(url=f"http://{parts.netloc}:{canary.port}/"), allowed=port, limits=QUICK, resolve=loopback
                )
            tried += 1
        tried += 1
    assert tried > 300
    assert canary.connections == 0


def test_a_name_that_leads_inside_is_not_asked_even_beside_an_open_address(canary: Server) -> None:
    port = Allowed(ports=frozenset({canary.port}))
    question = Question(url=f"http://shop.example:{canary.port}/")
    for where in (*ADDRESSES, "fe80::1%eth0"):
        with pytest.raises(TargetRefused):
            fetch(question, allowed=port, limits=QUICK, resolve=lambda *_, inside=where: ["8.8.8.8", inside])
    assert canary.connections == 0


def test_a_name_that_changes_between_look_ups_is_looked_up_once() -> None:
    asked: list[str] = []

    def rebinding(host: str, _port: int) -> Iterable[str]:
        asked.append(host)
        return ["127.0.0.2"] if len(asked) == 1 else ["127.0.0.1"]

    with serving(said("200 OK", b"inside")) as server:
        allowed = parse_allowed(["127.0.0.2/32", f"port {server.port}"])
        with pytest.raises(FetchFailed, match="does not answer"):
            fetch(Question(url=f"http://shop.example:{server.port}/"), allowed=allowed, limits=QUICK, resolve=rebinding)
        assert asked == ["shop.example"]
        assert server.connections == 0


def test_the_host_keeps_its_own_name_and_no_proxy_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(said("502 Proxy")) as proxy, serving(said("200 OK", b"hello", Set_Cookie="a=b")) as server:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        answer = ask(server, path="/a?b=c")
        ask(server).file.close()
        with answer.file:
            assert (answer.status, answer.file.read(), answer.size) == (200, b"hello", 5)
        assert proxy.connections == 0
        first, second = server.seen
    assert first.startswith(b"GET /a?b=c HTTP/1.1\r\n")
    assert f"host: shop.example:{server.port}\r\n".encode() in first.lower()
    assert b"cookie" not in second.lower()


@pytest.mark.parametrize(
    "where",
    [
        "http://127.0.0.3/", "//127.0.0.3/", "http://169.254.169.254/latest/", "file:///etc/passwd", "http://[::1]/",
        "//user@shop.example/", "http://2130706433/", "\\\\127.0.0.3\\x", "http://shop.example:22/",
    ],
)  # fmt: skip
def test_a_redirect_is_judged_like_the_first_address(where: str) -> None:
    with serving(said("302 Found", Location=where)) as server, pytest.raises(TargetRefused):
        ask(server, limits=Limits(seconds=5, redirects=3))


def test_nothing_is_followed_unless_it_is_asked_for() -> None:
    with serving(said("302 Found", Location="http://127.0.0.3/")) as server:
        answer = ask(server)
        answer.file.close()
    assert (answer.status, answer.headers["location"]) == (302, "http://127.0.0.3/")
    with serving(said("307 On", Location="/again")) as server:
        with pytest.raises(FetchFailed, match="more than 2 times"):
            ask(server, limits=Limits(seconds=5, redirects=2))
        assert server.connections == 3


def test_a_secret_header_goes_to_its_own_origin_alone() -> None:
    with serving(said("200 OK", b"x")) as other:
        with serving(said("302 Found", Location=f"http://other.example:{other.port}/")) as server:
            allowed = parse_allowed(["127.0.0.1/32", f"port {server.port}", f"port {other.port}"])
            question = Question(url=f"http://shop.example:{server.port}/", secrets={"Authorization": "Bearer hush"})
            fetch(question, allowed=allowed, limits=Limits(seconds=5, redirects=1), resolve=loopback).file.close()
            assert b"hush" in server.seen[0]
        assert b"hush" not in other.seen[0]
        assert "hush" not in repr(question)


def _drip(conversation: socket.socket, _: bytes) -> None:
    conversation.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _number in range(400):
        conversation.sendall(b"x")
        time.sleep(0.05)


def test_a_body_that_drips_ends_with_the_time() -> None:
    with serving(_drip) as server:
        begun = time.monotonic()
        with pytest.raises(FetchFailed, match=r"longer than|in time"):
            ask(server, limits=Limits(seconds=0.6))
        assert time.monotonic() - begun < 10


def test_a_name_server_that_says_nothing_ends_with_the_time() -> None:
    def silent(_host: str, _port: int) -> Iterable[str]:
        time.sleep(6)
        return []

    begun = time.monotonic()
    with pytest.raises(FetchFailed, match="cannot be looked up"):
        fetch(Question(url="http://shop.example/"), limits=Limits(seconds=0.3), resolve=silent)
    assert time.monotonic() - begun < 5


def test_a_body_past_the_cap_is_refused_whether_packed_or_not() -> None:
    bomb = gzip.compress(bytes(64 << 20))
    assert len(bomb) < 1 << 20
    for talk in (said("200 OK", bytes((1 << 20) + 1)), said("200 OK", bomb, Content_Encoding="gzip")):
        with serving(talk) as server, pytest.raises(FetchFailed, match="more than 1,048,576 bytes"):
            ask(server)


def test_a_packed_answer_is_unpacked_and_a_torn_or_foreign_one_refused() -> None:
    packed = gzip.compress(b"hello" * 1000)
    with serving(said("200 OK", packed, Content_Encoding="gzip")) as server, ask(server).file as file:
        assert file.read() == b"hello" * 1000
    for body, packing in ((packed[:-9], "gzip"), (b"junk", "gzip"), (b"x", "br"), (packed + packed[:5], "gzip")):
        with serving(said("200 OK", body, Content_Encoding=packing)) as server, pytest.raises(FetchFailed):
            ask(server)


def test_whatever_the_network_does_is_one_sentence() -> None:
    def rude(conversation: socket.socket, _: bytes) -> None:
        conversation.sendall(b"SSH-2.0-hello\r\n")

    def short(conversation: socket.socket, _: bytes) -> None:
        conversation.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")

    for talk in (rude, short):
        with serving(talk) as server, pytest.raises(FetchFailed, match="broke the connection off"):
            ask(server)
    with serving(said("200 OK")) as server, pytest.raises(FetchFailed) as failed:
        fetch(
            Question(url=f"https://shop.example:{server.port}/?key=hush"),
            allowed=here(server),
            limits=QUICK,
            resolve=loopback,
        )
    assert "hush" not in str(failed.value)


def test_a_disk_of_ours_that_is_full_is_nobody_elses_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """What keeps the answer finds no room: with the first bytes, or when those that wait are written out at its end."""
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda: open("/dev/full", "w+b"))  # noqa: PTH123, SIM115 - as it
    for body in (bytes(1 << 20), b"hello"):
        with serving(said("200 OK", body)) as server, pytest.raises(OSError, match="No space left") as met:
            ask(server)
        assert why_away(met.value) == FULL


def test_no_log_at_any_level_tells_an_address_or_a_secret(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with serving(said("200 OK", b"x", Set_Cookie="hush=1")) as server:
        question = Question(url=f"http://shop.example:{server.port}/?key=hush", secrets={"X-Key": "hush"})
        fetch(question, allowed=here(server), limits=QUICK, resolve=loopback).file.close()
    assert "hush" not in caplog.text
