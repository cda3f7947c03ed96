"""PostgreSQL and Redis of one home, for the product and for tests."""

import json
import os
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from posture.supervisor import engines
from posture.supervisor.broker import Redis
from posture.supervisor.children import Child
from posture.supervisor.home import Home
from posture.supervisor.postgres import DATABASE, ROLES, Postgres

SETUP = """
SELECT format('CREATE ROLE %I LOGIN PASSWORD %L', '{owner}', '{owner_password}')
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{owner}') \\gexec
SELECT format('CREATE ROLE %I LOGIN PASSWORD %L', '{application}', '{application_password}')
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{application}') \\gexec
SELECT 'CREATE DATABASE {database} OWNER {owner}'
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '{database}') \\gexec
\\connect {database}
CREATE EXTENSION IF NOT EXISTS pg_trgm;
GRANT USAGE ON SCHEMA public TO {application};
COMMENT ON DATABASE {database} IS 'Posture';
"""
IS_SET_UP = f"SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = '{DATABASE}'"  # noqa: S608 - a constant


def short_pause() -> None:
    """Sleep a moment between two looks."""
    time.sleep(0.05)


class Services:
    """The services of a home. A throw-away home is removed by `stop`.

    `DATABASE_URL` and `REDIS_URL` in the environment replace ours, except in a throw-away home.
    After `start` (also as a context manager) `database_url`, `database_owner_url` and `redis_url` hold the addresses,
    and `services.json` in the home holds those of what runs here.
    """

    def __init__(self, home: Path, *, throwaway: bool, environ: Mapping[str, str] | None = None) -> None:
        self.home = Home(home)
        self.throwaway = throwaway
        self.environ = os.environ if environ is None else environ
        self.postgres: Postgres | None = None
        self.redis: Redis | None = None
        self.database_url = "" if throwaway else self.environ.get("DATABASE_URL", "")
        self.database_owner_url = "" if throwaway else self.environ.get("DATABASE_OWNER_URL", "")
        self.redis_url = "" if throwaway else self.environ.get("REDIS_URL", "")

    def children(self) -> list[Child]:
        """Return what was started here, in the order it was started."""
        return [child for child in (self.postgres, self.redis) if child is not None]

    def start(self, pause: Callable[[], None] = short_pause) -> None:
        """Take the home and start what no address in the environment replaces; raises Trouble with one line."""
        self.home.furnish(self.environ)
        self.home.acquire()
        try:
            self._start(pause)
        except BaseException:
            self.stop()
            raise

    def _start(self, pause: Callable[[], None]) -> None:
        self.home.make_passwords()
        if not self.redis_url:
            self.redis = Redis(self.home, engines.redis(self.environ), throwaway=self.throwaway)
        if not self.database_url:
            self._start_postgres(pause)
        if self.redis is not None:
            self.redis.start(pause)
            self.redis_url = self.redis.url()
        self.database_owner_url = self.database_owner_url or self.database_url
        self._write()

    def _start_postgres(self, pause: Callable[[], None]) -> None:
        major, outside = self._made_by()
        engine = engines.postgres(self.environ, major=major, outside=outside)
        self.postgres = Postgres(self.home, engine, throwaway=self.throwaway)
        self.postgres.start(pause)
        if self.postgres.sql(IS_SET_UP) != "Posture":
            names = {f"{role}_password": self.home.password(role) for role in ROLES}
            text = SETUP.format(database=DATABASE, **ROLES, **names)
            self.postgres.sql(text)
        self.database_url = self.postgres.url("application")
        self.database_owner_url = self.postgres.url("owner")

    def _made_by(self) -> tuple[int | None, bool | None]:
        """Return the major version of the home's database and whether it lies outside; None for what is not known."""
        pointer = self.home.path / "postgres-data"
        data = Path(pointer.read_text().strip(), "pg") if pointer.exists() else self.home.path / "pg"
        if not pointer.exists() and not data.exists():
            return None, None
        try:
            return int((data / "PG_VERSION").read_text()), pointer.exists()
        except (OSError, ValueError):
            return None, pointer.exists()

    def _write(self) -> None:
        """Write the addresses for `posture.settings`; those from the environment are not kept on disk."""
        addresses = {
            "database_url": self.database_url if self.postgres else "",
            "database_owner_url": self.database_owner_url if self.postgres else "",
            "redis_url": self.redis_url if self.redis else "",
        }
        draft = self.home.services.with_suffix(".new")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(addresses))
        draft.replace(self.home.services)

    def environment(self) -> dict[str, str]:
        """Return the variables that lead the product, and its tests, to these services."""
        return {
            "POSTURE_HOME": str(self.home.path),
            "DATABASE_URL": self.database_url,
            "DATABASE_OWNER_URL": self.database_owner_url,
            "REDIS_URL": self.redis_url,
            "POSTURE_TEST_SUPERUSER": self.postgres.url("superuser", "postgres") if self.postgres else "",
        }

    def stop(self, grace: float = 20.0, pause: Callable[[], None] = short_pause) -> None:
        """Stop what was started here, in reverse order, and give the home back."""
        try:
            for child in reversed(self.children()):
                child.stop(grace, pause)
        finally:
            if self.postgres is not None:
                self.postgres.discard()
            self.home.release()
            if self.throwaway:
                shutil.rmtree(self.home.path, ignore_errors=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
