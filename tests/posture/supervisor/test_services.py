import json
import os
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
from django.conf import settings

from posture.supervisor.services import Services
from posture.supervisor.trouble import Trouble
from tests.posture.supervisor.processes import without


def test_the_application_is_not_the_owner_and_neither_is_a_superuser(running: Services) -> None:
    with psycopg.connect(running.database_owner_url) as line:
        rows = line.execute(
            "SELECT rolname, rolsuper, rolcreatedb, rolcreaterole, rolbypassrls FROM pg_roles"
            " WHERE rolname LIKE 'posture%' ORDER BY 1"
        ).fetchall()
        owner = line.execute(
            "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()"
        ).fetchone()
    assert rows == [("posture_application", False, False, False, False), ("posture_owner", False, False, False, False)]
    assert owner == ("posture_owner",)


def test_the_application_role_can_make_no_table(running: Services) -> None:
    with psycopg.connect(running.database_url) as line, pytest.raises(psycopg.errors.InsufficientPrivilege):
        line.execute("CREATE TABLE own (id int)")


def test_a_wrong_password_is_refused_on_the_socket_too(running: Services) -> None:
    assert running.postgres
    wrong = running.database_url.replace(running.home.password("application"), "wrong")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(wrong)


def test_the_trigram_extension_is_there_for_the_owner(running: Services) -> None:
    with psycopg.connect(running.database_owner_url) as line:
        assert line.execute("SELECT similarity('orders', 'order') > 0.5").fetchone() == (True,)


def test_an_embedded_database_keeps_its_commits_safe(running: Services) -> None:
    assert running.postgres
    shown = running.postgres.sql("SHOW fsync; SHOW full_page_writes; SHOW synchronous_commit; SHOW data_checksums")
    assert shown.split() == ["on"] * 4


def test_only_the_owner_of_the_home_can_read_addresses_passwords_and_sockets(running: Services) -> None:
    home = running.home.path
    files = [home / "services.json", *(home / "passwords").iterdir(), *(home / "logs").iterdir()]
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert {path.stat().st_mode & 0o777 for path in (home / "run", home / "run" / "redis.sock")} == {0o700}


def test_the_addresses_are_written_for_the_settings(running: Services) -> None:
    written = json.loads((running.home.path / "services.json").read_text())
    assert written == {
        "database_url": running.database_url,
        "database_owner_url": running.database_owner_url,
        "redis_url": running.redis_url,
    }


def test_addresses_of_the_environment_replace_ours_and_are_not_kept(home: Path, running: Services) -> None:
    environ = {**without(), "DATABASE_URL": running.database_url, "REDIS_URL": running.redis_url}
    second = Services(home, throwaway=False, environ=environ)
    second.start()
    assert second.children() == []
    assert second.database_owner_url == running.database_url
    assert set(json.loads((home / "services.json").read_text()).values()) == {""}
    assert not (home / "pg").exists()
    second.stop()


def test_a_home_in_use_is_refused_and_goes_on_running(running: Services) -> None:
    with pytest.raises(Trouble, match="is in use by a running Posture"):
        Services(running.home.path, throwaway=False, environ=without()).start()
    with psycopg.connect(running.database_url) as line:
        assert line.execute("SELECT 1").fetchone() == (1,)


def test_a_throw_away_home_is_gone_after_its_end(home: Path) -> None:
    with Services(home, throwaway=True, environ=without()) as services:
        assert services.postgres
        assert services.postgres.sql("SHOW fsync") == "off"
    assert not home.exists()


def test_a_second_start_finds_the_rows_of_the_first(made: Path) -> None:
    for statement in ("CREATE TABLE kept AS SELECT 7 AS n", "SELECT n FROM kept"):
        services = Services(made, throwaway=False, environ=without())
        services.start()
        with psycopg.connect(services.database_owner_url) as line:
            cursor = line.execute(statement)
            found = cursor.fetchone() if statement.startswith("SELECT") else None
        services.stop()
    assert found == (7,)


def test_the_tests_and_the_programs_they_start_meet_on_one_redis_and_one_database() -> None:
    assert os.environ["REDIS_URL"] == settings.REDIS_URL
    assert Path(os.environ["POSTURE_HOME"]) == settings.POSTURE_HOME
    assert {settings.DATABASES[alias]["PORT"] for alias in ("default", "owner")} == {
        parse_qs(urlsplit(os.environ["DATABASE_URL"]).query).get("port", [""])[0]
    }
