"""Databases to measure in: copies of a prepared one, on services of their own that keep what they are told."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

import psycopg
from django.core.management import call_command
from django.db import connections
from psycopg import sql

ALIASES = ("default", "owner")
TEMPLATE = "posture"
_numbers = count(1)


def migrate() -> None:
    """Make the tables in the database that all others are copied from."""
    call_command("migrate", database="owner", verbosity=0)
    connections.close_all()


def superuser(database: str = "postgres") -> psycopg.Connection[tuple[object, ...]]:
    """Return a connection with every right, outside of Django, that commits each statement."""
    address = psycopg.conninfo.make_conninfo(os.environ["POSTURE_TEST_SUPERUSER"], dbname=database)
    return psycopg.connect(address, autocommit=True)


@contextmanager
def copy_of(template: str = TEMPLATE) -> Iterator[str]:
    """Point the product at a copy of a database for a while; its name. The copy is written out before it is used."""
    name = f"bench_{next(_numbers)}"
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
