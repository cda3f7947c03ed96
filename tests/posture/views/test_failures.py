"""While the database is away, every page and every address of the REST interface says so, and nothing else breaks."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections
from django.test import Client
from pytest_django.fixtures import Settings

from inventory.access.choices import OrganisationRole
from tests.callers import token_of
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
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    user = person(OrganisationRole.ANALYST)
    page = Client(raise_request_exception=False)
    page.force_login(user)
    program = {"Authorization": f"Bearer {token_of(user, 'see', 'upload')}"}
    with database_away():
        for answer in (page.get("/apis/"), page.get("/findings/"), page.post("/upload/", {})):
            assert answer.status_code == 503
            assert "Posture cannot reach its database" in answer.content.decode()
            assert answer.headers["Retry-After"] == "5"
        told = page.get("/api/v1/apis/", headers=program)
        assert (told.status_code, told.json()["error"]["code"]) == (503, "unavailable")
    assert page.get("/apis/").status_code == 200
