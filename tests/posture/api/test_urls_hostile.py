"""What nobody means well by is answered in the one shape, and never by a fault of ours."""

import pytest

from inventory.access.choices import OrganisationRole
from inventory.access.models import User
from tests.callers import Caller, token_of
from tests.inventory.access.people import person
from tests.posture.services.estates import make_api

pytestmark = pytest.mark.django_db
FORM = "multipart/form-data; boundary=x"


@pytest.fixture
def user() -> User:
    return person(OrganisationRole.SECURITY_MANAGER)


@pytest.fixture
def program(user: User) -> Caller:
    return Caller(token=token_of(user))


def field(name: bytes, value: bytes) -> bytes:
    """Return one field of a form."""
    return b'--x\r\nContent-Disposition: form-data; name="' + name + b'"\r\n\r\n' + value + b"\r\n"


def send(caller: Caller, method: str, address: str, body: bytes, kind: str) -> int:
    """Return the status of a raw request whose refusal must have the one shape."""
    caller.answer = caller.client.generic(method, f"/api/v1/{address}", body, kind, headers=caller.headers)
    status: int = caller.answer.status_code
    if status >= 400:
        error = caller.answer.json()["error"]
        assert set(error) <= {"code", "message", "field"}
        assert len(error["message"]) < 1500
    return status


@pytest.mark.parametrize(
    "name", ["%00", "a%00b", "%ff%fe", "x" * 5000, "%F0%9F%92%A9", "..%2f..", "%27%20OR%201=1--", "-1"]
)
def test_a_name_that_cannot_be_is_not_found(program: Caller, user: User, name: str) -> None:
    for address in (
        "apis/{}/", "apis/{}/score/", "findings/{}/", "reports/{}/", "decisions/{}/", "teams/{}/", "jobs/{}/",
        "export/apis/{}/findings.csv", "connections/{}/", "runs/{}/", "mapping-rules/{}/",
    ):  # fmt: skip
        program.get(address.format(name))
        assert program.status == 404, address
    page = Caller(user=user).client
    page.force_login(user)
    assert page.get(f"/export/apis/{name}/findings.csv").status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 900_000, b'{"a":' * 90_000, b"\xff\xfe", b'{"a": NaN}', b'{"a":' + b"9" * 10_000 + b"}", b"null", b'"x"',
        b"", b"[]", b"{", b'{"findings": {"a": 1}, "kind": "triaged"}', b'{"findings": [null], "kind": "triaged"}',
        b'{"findings": ["x"], "kind": "triaged", "reason": "\\ud800"}',
        b'{"findings": ["x"], "kind": "triaged", "reason": "\\u0000"}',
        b'{"findings": ["x"], "kind": ["triaged"]}', b'{"\\ud800": 1}', b'{"a\\u0000": 1}',
        b'{"findings": ["x"], "kind": "triaged", "until": "9999999-01-01"}',
    ],
)  # fmt: skip
def test_a_body_that_cannot_be_is_400(user: User, body: bytes) -> None:
    caller = Caller(user=user)
    assert send(caller, "POST", "decisions/", body, "application/json") == 400
    assert send(caller, "PATCH", f"apis/{make_api().code}/", body, "application/json") in {200, 400}
    caller.headers["Idempotency-Key"] = "k"
    assert send(caller, "POST", "decisions/", body, "application/json") == 400
    assert send(caller, "POST", "decisions/", body, "application/json") == 400


@pytest.mark.parametrize("claimed", ["rot13", "utf-7", "utf-16", "zlib", "idna", "undefined", "nonsense"])
def test_a_character_set_that_is_claimed_changes_nothing(user: User, program: Caller, claimed: str) -> None:
    kind = f"application/json; charset={claimed}"
    assert send(program, "GET", "apis/?q=a", b"", kind) == 200
    body = b'{"findings": ["x"], "kind": "triaged"}'
    assert send(Caller(user=user), "POST", "decisions/", body, kind) == 404


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"", "multipart/form-data", 400),
        (b"", "multipart/form-data; boundary=", 400),
        (b'--x\r\nContent-Disposition: form-data; name="file"; filename="a\x00b\r\n\r\nzz', FORM, 400),
        (b"--y--", FORM, 400),
        (field(b"f", b"1") * 2000 + b"--x--\r\n", FORM, 413),
        (field(b"series", b"1" * 3_000_000) + b"--x--\r\n", FORM, 413),
        (b"{}", "application/json", 415),
        (b"a=b", "application/x-www-form-urlencoded", 415),
        (b"x", "", 415),
    ],
)  # fmt: skip
def test_a_form_that_cannot_be_is_refused(program: Caller, body: bytes, kind: str, status: int) -> None:
    assert send(program, "POST", "reports/", body, kind) == status
    program.headers["Idempotency-Key"] = "k"
    assert send(program, "POST", "reports/", body, kind) == status


def test_a_head_is_answered_and_other_methods_are_not(program: Caller) -> None:
    assert send(program, "HEAD", "apis/", b"", "application/json") == 200
    assert program.answer.content == b""
    for method in ("PUT", "DELETE", "OPTIONS", "TRACE", "PROPFIND"):
        assert send(program, method, "apis/", b"", "application/json") == 405, method
        assert send(program, method, "nowhere/", b"", "application/json") == 404, method
