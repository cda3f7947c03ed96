"""Databases to measure in: copies of a prepared one, on services of their own that keep what they are told."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
from django.core.management import call_command
from django.db import connections
from psycopg import sql

ALIASES = ("default", "owner")
TEMPLATE = "posture"
_numbers = count(1)


def migrate() -> None:
    """Make the tables in the database that all others are copied from; what an ended process left is removed."""
    with superuser() as admin:
        for (name,) in admin.execute("SELECT datname::text FROM pg_database WHERE datname LIKE 'bench\\_%'").fetchall():
            if not Path("/proc", str(name).split("_")[1]).exists():
                _drop(admin, str(name))
    call_command("migrate", database="owner", verbosity=0)
    connections.close_all()


def superuser(database: str = "postgres") -> psycopg.Connection[tuple[object, ...]]:
    """Return a connection with every right, outside of Django, that commits each statement."""
    address = psycopg.conninfo.make_conninfo(os.environ["POSTURE_TEST_SUPERUSER"], dbname=database)
    return psycopg.connect(address, autocommit=True)


@contextmanager
def copy_of(template: str = TEMPLATE) -> Iterator[str]:
    """Point the product at a copy of a database for a while; its name. The copy is written out before it is used."""
    name = f"bench_{os.getpid()}_{next(_numbers)}"
    before = {alias: connections[alias].settings_dict["NAME"] for alias in ALIASES}
    connections.close_all()
    with superuser() as admin:
        admin.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER posture_owner STRATEGY file_copy").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
        admin.execute("CHECKPOINT")
    try:
        point(dict.fromkeys(ALIASES, name))
        yield name
    finally:
        point(before)
        with superuser() as admin:
            _drop(admin, name)


def kept(name: str, make: Callable[[], None]) -> str:
    """Return the database that `make` has filled under this name, now or in an earlier run on the same home.

    Others with the same name up to its last `_`, which were made of something else, are removed.
    """
    with superuser() as admin:
        held = [str(row[0]) for row in admin.execute("SELECT datname::text FROM pg_database").fetchall()]
        if name in held:
            return name
        for old in held:
            if old.startswith(f"{name.rpartition('_')[0]}_"):
                _drop(admin, old)
    with copy_of() as draft:
        make()
        settle(draft)
        connections.close_all()
        with superuser() as admin:
            told = [sql.Identifier(name), sql.Identifier(draft)]
            admin.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER posture_owner STRATEGY file_copy").format(*told)
            )
    return name


def _drop(admin: psycopg.Connection[tuple[object, ...]], name: str) -> None:
    admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def settle(database: str) -> None:
    """Leave nothing for the server to tidy up while something is measured."""
    with superuser(database) as connection:
        connection.execute("VACUUM ANALYZE")


def point(names: dict[str, str]) -> None:
    """Point Django's connections at databases, by alias."""
    connections.close_all()
    for alias, name in names.items():
        connections[alias].settings_dict["NAME"] = name
