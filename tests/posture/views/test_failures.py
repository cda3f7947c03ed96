"""While the database is away, every page and every address of the REST interface says so, and nothing else breaks."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.exceptions import SessionInterrupted
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, connections
from django.http import HttpResponse
from django.test import Client, RequestFactory
from pytest_django.fixtures import Settings
from typing_extensions import override

from inventory.access.choices import OrganisationRole
from inventory.access.middleware import MOST_OF_STRANGERS, Sessions
from inventory.access.services.sessions import SEEN
from inventory.jobs.models import Blob
from inventory.jobs.services.blobs import open_plain
from posture.bodies import BodyBroken
from tests.callers import token_of
from tests.faults.machines import small_disk
from tests.findings.reports import openapi
from tests.inventory.access.people import person


@contextmanager
def database_away() -> Iterator[None]:
    """Let nothing answer where the database was."""
    connection = connections["default"]
    connection.close()
    place = connection.settings_dict["HOST"], connection.settings_dict["PORT"]
    connection.settings_dict["HOST"], connection.settings_dict["PORT"] = "127.0.0.1", "1"
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["HOST"], connection.settings_dict["PORT"] = place


def test_while_the_database_is_away_everything_says_so_and_comes_back(fresh_database: str, settings: Settings) -> None:
    page, program = callers(settings)
    with database_away():
        for answer in (page.get("/apis/"), page.get("/findings/"), page.post("/upload/", {})):
            assert answer.status_code == 503
            assert "Posture cannot reach its database" in answer.content.decode()
            assert answer.headers["Retry-After"] == "5"
        assert 'href="/apis/?q=a&amp;sort=name">Try again' in page.get("/apis/?q=a&sort=name").content.decode()
        assert "Try again</a>" not in page.post("/upload/", {}).content.decode()
        told = page.get("/api/v1/apis/", headers=program)
        assert (told.status_code, told.json()["error"]["code"]) == (503, "unavailable")
    assert page.get("/apis/").status_code == 200


@pytest.mark.django_db
def test_what_is_not_there_says_to_a_stranger_how_to_get_in_and_of_no_team() -> None:
    page = Client()
    told = page.get("/nowhere/").content.decode()
    assert re.search(r'<main.*href="/login/"', told, re.DOTALL)
    assert "team" not in told
    page.force_login(person(OrganisationRole.ANALYST))
    told = page.get("/nowhere/").content.decode()
    assert "belongs to a team that is not yours" in told
    assert 'href="/login/"' not in told


def callers(settings: Settings) -> tuple[Client, dict[str, str]]:
    """Return somebody's browser, and what their program says of itself."""
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    user = person(OrganisationRole.ANALYST)
    page = Client(raise_request_exception=False)
    page.force_login(user)
    return page, {"Authorization": f"Bearer {token_of(user, 'see', 'upload')}"}


def upload(page: Client) -> tuple[int, str]:
    file = SimpleUploadedFile("a.json", openapi("A", "/a"))
    answer = page.post("/upload/", {"file": file})
    return answer.status_code, answer.content.decode()


def test_while_the_database_only_reads_pages_are_read_and_writes_say_why(
    fresh_database: str, settings: Settings
) -> None:
    page, _ = callers(settings)
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")
        assert page.get("/apis/").status_code == 200
        status, said = upload(page)
        cursor.execute("SET default_transaction_read_only = off")
    assert status == 503
    assert "takes no changes now" in said
    assert upload(page)[0] == 302


NO_ROOM = """
CREATE FUNCTION without_room() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$;
CREATE TRIGGER without_room BEFORE INSERT OR UPDATE ON {table} EXECUTE FUNCTION without_room();
"""


def test_a_full_disk_of_the_database_is_said_and_pages_are_read(fresh_database: str, settings: Settings) -> None:
    page, program = callers(settings)
    with connections["owner"].cursor() as owner:
        owner.execute(NO_ROOM.format(table="jobs_job"))
    status, said = upload(page)
    assert status == 503
    assert "The disk of the database is full" in said
    told = page.post("/api/v1/reports/", {"file": SimpleUploadedFile("a.json", openapi("A", "/a"))}, headers=program)
    assert (told.status_code, told.json()["error"]["code"]) == (503, "unavailable")
    assert "database is full, and nothing was changed" in told.json()["error"]["message"]
    assert page.get("/apis/").status_code == page.get("/jobs/").status_code == 200
    assert not Blob.objects.exists()


def long_ago(page: Client) -> None:
    """Let a session have been noted so long ago that the next page notes it."""
    session = page.session
    session[SEEN] = 0
    session.save()


@pytest.mark.parametrize("table", ["usersessions_usersession", "django_session"])
def test_a_page_is_read_though_nobody_can_note_that_it_was(fresh_database: str, settings: Settings, table: str) -> None:
    page, _ = callers(settings)
    long_ago(page)
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")
        assert page.get("/jobs/").status_code == 200
        cursor.execute("SET default_transaction_read_only = off")
    assert page.session[SEEN] == 0
    with connections["owner"].cursor() as owner:
        owner.execute(NO_ROOM.format(table=table))
    assert page.get("/jobs/").status_code == 200
    assert page.session[SEEN] == 0
    assert upload(page)[0] == 302


def test_an_act_that_changes_a_session_says_why_it_cannot_and_an_ended_session_is_another_thing(
    fresh_database: str, settings: Settings
) -> None:
    page, _ = callers(settings)
    request = RequestFactory().post("/")
    request.session = SessionStore(page.session.session_key)
    request.session["chosen"] = 1
    keeping = Sessions(lambda _: HttpResponse())
    with connections["owner"].cursor() as owner:
        owner.execute(NO_ROOM.format(table="django_session"))
        with pytest.raises(DatabaseError, match="could not extend"):
            keeping.process_response(request, HttpResponse())
        owner.execute("DROP TRIGGER without_room ON django_session")
    page.session.flush()
    with pytest.raises(SessionInterrupted):
        keeping.process_response(request, HttpResponse())


def test_a_full_disk_is_said_and_nothing_is_kept(fresh_database: str, settings: Settings, tmp_path: Path) -> None:
    page, program = callers(settings)
    settings.POSTURE_HOME = tmp_path
    with small_disk(tmp_path / "blobs") as disk:
        if disk.missing:
            pytest.skip(f"a small disk cannot be mounted here: {disk.missing}")
        with disk.full():
            assert upload(page)[0] == 503
            told = page.post(
                "/api/v1/reports/", {"file": SimpleUploadedFile("a.json", openapi("A", "/a"))}, headers=program
            )
            assert (told.status_code, told.json()["error"]["code"]) == (503, "unavailable")
            assert "is full, and nothing was kept" in told.json()["error"]["message"]
        assert not Blob.objects.exists()
        assert upload(page)[0] == 302
        blob = Blob.objects.get()
        with disk.full(), pytest.raises(OSError, match="No space left"):
            open_plain(blob)
        open_plain(blob).close()


class BrokenOff(BytesIO):
    """A body whose rest never comes."""

    @override
    def read(self, size: int | None = -1, /) -> bytes:
        """Read what came; then say that nothing more does."""
        if piece := super().read(size):
            return piece
        raise BodyBroken


@pytest.mark.django_db
def test_a_request_that_breaks_off_is_told_so_and_changes_nothing(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    page, program = callers(settings)
    begun = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.yaml"\r\n\r\nopenapi: 3.1.0'
    form = "multipart/form-data; boundary=x"
    broken: dict[str, Any] = {"wsgi.input": BrokenOff(begun), "CONTENT_LENGTH": "5000"}
    answer = page.generic("POST", "/upload/", begun, form, **broken)
    assert (answer.status_code, "Nothing was changed" in answer.content.decode()) == (408, True)
    broken["wsgi.input"] = BrokenOff(begun)
    told = page.generic("POST", "/api/v1/reports/", begun, form, headers=program, **broken)
    assert (told.status_code, told.json()["error"]["code"]) == (408, "request_timeout")
    assert not Blob.objects.exists()
    assert "Traceback" not in caplog.text


@pytest.mark.django_db
def test_of_a_stranger_nothing_large_is_read(settings: Settings) -> None:
    _, program = callers(settings)
    stranger = Client(
        raise_request_exception=False, enforce_csrf_checks=True, headers={"Cookie": f"csrftoken={'a' * 32}"}
    )
    form = "multipart/form-data; boundary=x"
    large: dict[str, Any] = {"wsgi.input": BrokenOff(), "CONTENT_LENGTH": str(MOST_OF_STRANGERS + 1)}
    for address in ("/login/", "/upload/", "/nowhere/"):
        assert stranger.generic("POST", address, b"-", form, **large).status_code == 413, address
    assert stranger.generic("POST", "/api/v1/reports/", b"-", form, **large).status_code == 401
    assert stranger.generic("POST", "/api/v1/reports/", b"-", form, headers=program, **large).status_code == 408
    large["CONTENT_LENGTH"] = str(MOST_OF_STRANGERS)
    assert stranger.generic("POST", "/login/", b"-", form, **large).status_code == 403


def test_who_asks_by_a_name_that_is_not_ours_learns_what_to_do() -> None:
    stranger = Client(headers={"Host": "posture.shop.example"})
    page, program = stranger.get("/login/"), stranger.get("/api/v1/apis/")
    assert (page.status_code, program.status_code) == (400, 400)
    assert "add this name to ALLOWED_HOSTS" in page.content.decode()
    assert "ALLOWED_HOSTS" in program.json()["error"]["message"]
