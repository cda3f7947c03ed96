"""The product's own web server: clients that send or take slowly or leave half-way, a database that was away."""

import http.client
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final
from urllib.request import Request, urlopen

import pytest
from django.db import connection

from inventory.access.choices import OrganisationRole
from inventory.access.middleware import MOST_OF_STRANGERS
from inventory.jobs.models import Blob
from inventory.jobs.services.blobs import open_plain
from posture.bodies import GRACE
from posture.supervisor.services import short_pause
from tests.callers import token_of
from tests.faults import visitors
from tests.findings.reports import openapi
from tests.inventory.access.people import person
from tests.posture.services.estates import make_api

CSRF: Final = f"csrftoken={'a' * 32}"
MANY: Final = 100
"""Connections of each kind; all threads of all processes together are fewer than half."""
SOON: Final = 15.0
"""Seconds in which a page comes, on however busy a machine."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the web server writes its log."""
    return tmp_path_factory.mktemp("web")


@pytest.fixture(scope="module")
def port(module_database: str, folder: Path) -> Iterator[int]:
    """Run the web server as the product does; its port."""
    program, port = visitors.web(module_database, folder)
    try:
        yield port
    finally:
        program.stop(5, short_pause)


def half_sent(port: int, address: str, headers: dict[str, str], begun: bytes, length: int) -> socket.socket:
    """Return a connection whose request announces more than it sends."""
    line = socket.create_connection(("127.0.0.1", port), timeout=GRACE + SOON)
    told = {"Host": f"127.0.0.1:{port}", "Content-Length": str(length), **headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in told.items())
    line.sendall(f"POST {address} HTTP/1.1\r\n{head}\r\n".encode() + begun)
    return line


def seconds_of_a_page(port: int) -> float:
    """Return how long the page for signing in takes."""
    began = time.monotonic()
    with urlopen(f"http://127.0.0.1:{port}/login/", timeout=SOON) as answer:
        assert answer.status == 200
    return time.monotonic() - began


def test_strangers_and_programs_that_never_send_the_rest_hold_nobody_up(port: int) -> None:
    token = {"Authorization": f"Bearer {token_of(person(OrganisationRole.ANALYST))}"}
    form = {"Cookie": CSRF, "Content-Type": "application/x-www-form-urlencoded"}
    parts = {"Cookie": CSRF, "Content-Type": "multipart/form-data; boundary=x"}
    large = 50 * MOST_OF_STRANGERS
    file = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
    kinds = [
        ("/login/", form, b"a", 100),
        ("/login/", parts, file, MOST_OF_STRANGERS),
        ("/login/", parts, file, large),
        ("/hooks/nobody/", {}, b"{", 100),
        ("/api/v1/reports/", {**parts, "Cookie": ""}, file, large),
        ("/api/v1/reports/", {**parts, **token}, file, large),
    ]
    with ExitStack() as kept:
        for address, headers, begun, length in kinds:
            lines = [kept.enter_context(half_sent(port, address, headers, begun, length)) for _ in range(MANY)]
            assert seconds_of_a_page(port) < SOON, (address, length)
            if (address, length) == ("/login/", 100):
                first = lines[0]
        assert b" 408 " in first.recv(1000).partition(b"\r\n")[0]


def test_who_leaves_in_the_middle_is_forgotten(port: int, folder: Path) -> None:
    token = {"Authorization": f"Bearer {token_of(person(OrganisationRole.ANALYST))}"}
    parts = {**token, "Content-Type": "multipart/form-data; boundary=x"}
    file = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n' + b"x" * 500_000
    for length in (1_000_000, 50_000_000):
        for _ in range(20):
            half_sent(port, "/api/v1/reports/", parts, file, length).close()
    assert seconds_of_a_page(port) < SOON
    time.sleep(1)
    log = (folder / "web.log").read_text()
    assert "Traceback" not in log, log


def test_a_page_is_taken_by_many_who_never_read_it(port: int) -> None:
    page = urlopen(f"http://127.0.0.1:{port}/login/", timeout=SOON).read().decode()
    (file,) = {part.partition('"')[0] for part in page.split('href="')[1:] if "/app." in part and ".css" in part}
    with ExitStack() as kept:
        for _ in range(MANY):
            line = kept.enter_context(socket.socket())
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            line.connect(("127.0.0.1", port))
            line.sendall(f"GET {file} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode() * 5)
        assert seconds_of_a_page(port) < SOON


def test_one_connection_carries_many_requests_whatever_their_bodies(port: int) -> None:
    headers = {"Authorization": f"Bearer {token_of(person(OrganisationRole.ANALYST))}"}
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=SOON)
    sockets = set()
    for method, address, body, expected in (
        ("GET", "/api/v1/apis/", None, 200),
        ("POST", "/api/v1/reports/", b"x" * 100, 415),
        ("POST", "/api/v1/reports/", b"x" * 3_000_000, 415),
        ("POST", "/login/", b"x" * 3_000_000, 413),
        ("HEAD", "/login/", None, 200),
        ("GET", "/api/v1/apis/", None, 200),
    ):
        line.request(method, address, body=body, headers={**headers, "Content-Type": "text/plain"})
        answer = line.getresponse()
        answer.read()
        assert answer.status == expected, address
        sockets.add(line.sock.fileno() if line.sock else None)
    assert len(sockets) == 1
    line.close()


def test_a_report_that_comes_slowly_comes_in_whole(port: int) -> None:
    document = openapi("Orders", "/orders", description="x" * 2 * MOST_OF_STRANGERS)
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="orders.yaml"\r\n\r\n'
    body = head + document + b"\r\n--x--\r\n"
    kind = {"Authorization": f"Bearer {token_of(person(OrganisationRole.ANALYST))}"}
    kind["Content-Type"] = "multipart/form-data; boundary=x"
    with half_sent(port, "/api/v1/reports/", kind, body[:1000], len(body)) as line:
        for start in range(1000, len(body), 500_000):
            time.sleep(0.2)
            line.sendall(body[start : start + 500_000])
        assert b" 202 " in line.recv(1000).partition(b"\r\n")[0]
    kept = Blob.objects.get()
    with open_plain(kept) as plain:
        assert plain.read() == document


@pytest.mark.parametrize(("size", "status"), [(1000, 202), (MOST_OF_STRANGERS, 411)])
def test_a_report_may_come_in_chunks_while_it_is_small(port: int, size: int, status: int) -> None:
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="orders.yaml"\r\n\r\n'
    pieces = [head, openapi("Orders", "/orders", description="x" * size), b"\r\n--x--\r\n"]
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=SOON)
    headers = {"Authorization": f"Bearer {token_of(person(OrganisationRole.ANALYST))}"}
    headers |= {"Content-Type": "multipart/form-data; boundary=x", "Transfer-Encoding": "chunked"}
    line.request("POST", "/api/v1/reports/", body=iter(pieces), headers=headers, encode_chunked=True)
    with line.getresponse() as answer:
        told = answer.read().decode()
    assert answer.status == status, told
    assert status == 202 or "Send it with a Content-Length." in told
    line.close()


def test_a_list_is_whole_however_often_the_database_was_away(port: int) -> None:
    headers = {"Authorization": f"Bearer {token_of(person(OrganisationRole.SECURITY_MANAGER))}"}
    make_api(name="Orders")
    for _ in range(4):
        for _ in range(4):
            request = Request(f"http://127.0.0.1:{port}/api/v1/export/apis.csv", headers=headers)
            with urlopen(request, timeout=SOON) as answer:  # noqa: S310 -- our own server
                assert b"Orders" in answer.read()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            assert cursor.fetchone()[0] > 0
