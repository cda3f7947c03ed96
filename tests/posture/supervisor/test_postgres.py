import os
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from posture.supervisor.services import Services
from posture.supervisor.trouble import Trouble
from tests.posture.supervisor.processes import until, without


def fresh(home: Path, **environ: str) -> Services:
    return Services(home, throwaway=False, environ={**without(), **environ})


def contents(directory: Path) -> dict[str, bytes]:
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def test_a_killed_server_comes_back_with_every_commit(services: Services) -> None:
    assert services.postgres
    assert services.postgres.process
    with psycopg.connect(services.database_owner_url) as line:
        line.execute("CREATE TABLE kept AS SELECT 7 AS n")
    services.postgres.process.kill()
    services.postgres.process.wait()
    services.postgres.start(lambda: None)
    with psycopg.connect(services.database_owner_url) as line:
        assert line.execute("SELECT n FROM kept").fetchone() == (7,)


def test_a_database_of_another_major_version_is_named_and_left_alone(made: Path) -> None:
    data = made / "pg"
    (data / "PG_VERSION").write_text("13\n")
    before = contents(data)
    with pytest.raises(Trouble, match=rf"in {data} was made by PostgreSQL 13, and the one here is \d+;.*Nothing was"):
        fresh(made).start()
    assert contents(data) == before


@pytest.mark.parametrize("lost", ["PG_VERSION", "global/pg_control"])
def test_a_database_that_lacks_a_vital_file_is_called_damaged_and_left_alone(made: Path, lost: str) -> None:
    data = made / "pg"
    (data / lost).unlink()
    before = contents(data)
    with pytest.raises(Trouble, match=rf"is damaged \(it has no {lost}\); restore it from your backup. Nothing was"):
        fresh(made).start()
    assert contents(data) == before


def test_a_database_the_server_refuses_is_named_with_the_servers_words(made: Path) -> None:
    data = made / "pg"
    (data / "global" / "pg_control").write_bytes(b"\0" * 8192)
    with pytest.raises(Trouble, match=rf"PostgreSQL does not start on {data}: .*(FATAL|PANIC).*Its log: {made}"):
        fresh(made).start()


def test_what_a_killed_making_left_is_cleared_and_made_again(home: Path) -> None:
    half = home / "pg.new.1" / "base"
    half.mkdir(parents=True)
    services = fresh(home)
    services.start()
    services.stop()
    assert (home / "pg" / "PG_VERSION").exists()
    assert not list(home.glob("pg.new.*"))


def test_a_stale_pid_file_that_names_a_living_process_does_not_stop_the_start(made: Path) -> None:
    data = made / "pg"
    (data / "postmaster.pid").write_text(f"{os.getpid()}\n{data}\n")
    (made / "run" / ".s.PGSQL.5432.lock").write_text(f"{os.getpid()}\n")
    services = fresh(made)
    services.start()
    with psycopg.connect(services.database_url) as line:
        assert line.execute("SELECT 1").fetchone() == (1,)
    services.stop()


def test_a_home_too_long_for_a_socket_is_served_on_loopback_with_passwords(home: Path) -> None:
    services = fresh(home / ("long" * 25))
    services.start()
    assert "@127.0.0.1:" in services.database_url
    assert "@127.0.0.1:" in services.redis_url
    with psycopg.connect(services.database_url) as line:
        assert line.execute("SELECT 1").fetchone() == (1,)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(services.database_url.replace(services.home.password("application"), "wrong"))
    services.stop()


def test_a_supervisor_killed_at_any_time_leaves_a_home_that_starts_again(home: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from posture.supervisor.services import Services;"
        "Services(Path(sys.argv[1]), throwaway=False).start(); print('up', flush=True); input()"
    )
    for moment in (0.15, 0.3, 0.5, 0.9):
        killed = subprocess.Popen([sys.executable, "-c", program, str(home)], env=without(), stdin=subprocess.PIPE)
        until(lambda: killed.poll() is not None, moment)  # noqa: B023 - called within this round
        killed.kill()
        killed.communicate()
    services = fresh(home)
    services.start()
    with psycopg.connect(services.database_url) as line:
        assert line.execute("SELECT 1").fetchone() == (1,)
    services.stop()


@pytest.mark.slow
def test_the_installed_postgresql_runs_as_its_own_user_outside_the_home(home: Path) -> None:
    services = fresh(home, POSTURE_POSTGRES="installed")
    services.start()
    assert services.postgres
    try:
        assert services.postgres.process
        with psycopg.connect(services.database_url) as line:
            assert line.execute("SELECT current_user").fetchone() == ("posture_application",)
        if os.geteuid() == 0:
            assert Path(f"/proc/{services.postgres.process.pid}").stat().st_uid != 0
            assert services.postgres.data.stat().st_mode & 0o777 == 0o700
            assert not (home / "pg").exists()
        services.stop()
        (services.postgres.data / "global" / "pg_control").unlink()
        with pytest.raises(Trouble, match=rf"in {services.postgres.data} is damaged"):
            fresh(home).start()
    finally:
        services.stop()
        shutil.rmtree(services.postgres.data.parent if services.postgres.outside else home)
