"""Months are made ahead by a function the application may call and cannot turn to anything else."""

import os
import re
from collections.abc import Callable
from datetime import datetime
from threading import Barrier, Thread

import psycopg
import pytest
from django.conf import settings
from django.db import DatabaseError, connection, connections, transaction

from inventory.access.records import SYSTEM
from inventory.access.services.partitions import make_partitions
from inventory.access.services.trail import record_change
from tests.inventory.access.people import NOW

TRAIL = "access_statechange"


def call(*arguments: str | int | None) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT public.make_partitions({', '.join(['%s'] * len(arguments))})", arguments)
        (made,) = cursor.fetchone()
    assert isinstance(made, int)
    return made


def bounds(parent: str = TRAIL) -> dict[str, tuple[datetime, datetime]]:
    """Return the first and last moment of each partition by name."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("SET TIME ZONE 'UTC'")
        cursor.execute(
            "SELECT relname, pg_get_expr(relpartbound, oid) FROM pg_class c JOIN pg_inherits i ON i.inhrelid = c.oid "
            "WHERE inhparent = %s::regclass ORDER BY relname",
            [f"public.{parent}"],
        )
        found = cursor.fetchall()
    return {
        name: (datetime.fromisoformat(first), datetime.fromisoformat(last))
        for name, text in found
        for first, last in [re.findall(r"'([^']+)'", text)]
    }


def month_after(year: int, month: int, steps: int) -> tuple[int, int]:
    return divmod(year * 12 + month - 1 + steps, 12)


def database_clock() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        (moment,) = cursor.fetchone()
    assert isinstance(moment, datetime)
    return moment


def run_at_once(*actions: Callable[[], object]) -> list[object]:
    """Run the actions in threads that start together, each on a connection of its own; return what each gave."""
    barrier, results = Barrier(len(actions)), [None] * len(actions)

    def run(place: int, action: Callable[[], object]) -> None:
        barrier.wait()
        try:
            results[place] = action()  # type: ignore[call-overload]  # any result
        except Exception as error:  # noqa: BLE001 -- the test looks at it
            results[place] = error  # type: ignore[call-overload]  # any result
        finally:
            connections.close_all()

    threads = [Thread(target=run, args=pair) for pair in enumerate(actions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return list(results)


def parents() -> int:
    """Return how many tables are kept in months."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_partitioned_table")
        return int(cursor.fetchone()[0])


@pytest.mark.django_db(databases=["default", "owner"])
def test_after_the_migration_this_month_and_three_more_are_there() -> None:
    clock = database_clock()
    expected = {}
    for ahead in range(4):
        (year, month), (next_year, next_month) = (month_after(clock.year, clock.month, ahead + more) for more in (0, 1))
        expected[f"{TRAIL}_y{year}m{month + 1:02}"] = (
            datetime.fromisoformat(f"{year}-{month + 1:02}-01T00:00:00+00:00"),
            datetime.fromisoformat(f"{next_year}-{next_month + 1:02}-01T00:00:00+00:00"),
        )
    assert bounds() == expected


@pytest.mark.django_db
def test_what_is_there_is_not_made_again() -> None:
    assert make_partitions() == 0
    assert make_partitions(months_ahead=5) == 2 * parents()
    assert make_partitions(months_ahead=5) == 0
    assert call(TRAIL, 0, 2) == 2


@pytest.mark.django_db(databases=["default", "owner"])
def test_a_new_month_holds_no_right_whatever_the_default_privileges_say() -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute(f"ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO {settings.APPLICATION_ROLE}, PUBLIC")
    assert make_partitions(using="owner", months_ahead=4) == parents()
    newest = max(bounds())
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT has_table_privilege(%s, %s, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')",
            [settings.APPLICATION_ROLE, newest],
        )
        assert cursor.fetchone() == (False,)


@pytest.mark.django_db(databases=["default", "owner"])
def test_a_new_month_has_the_indexes_of_the_parent() -> None:
    make_partitions(using="owner", months_ahead=4)
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_index WHERE indrelid = %s::regclass", [max(bounds())])
        assert cursor.fetchone() == (4,)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "arguments",
    [
        ("access_user", 3),
        ("nowhere", 3),
        ("public.access_statechange", 3),
        ('access_statechange"; DROP TABLE access_team; --', 3),
        (None, 3),
        ("", 3),
        (TRAIL, -1),
        (TRAIL, 25),
        (TRAIL, None),
        (TRAIL, 3, 25),
        (TRAIL, 3, -1),
    ],
)
def test_it_makes_months_of_our_partitioned_tables_and_nothing_else(arguments: tuple[str | int | None, ...]) -> None:
    with pytest.raises(DatabaseError, match=r"no partitioned table|between 0 and 24"), transaction.atomic():
        call(*arguments)


@pytest.mark.usefixtures("fresh_database")
def test_a_table_or_function_of_the_caller_is_not_taken_for_ours() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE {TRAIL} (at timestamptz) PARTITION BY RANGE (at)")
        cursor.execute("CREATE TEMP TABLE pg_class AS SELECT * FROM pg_catalog.pg_class WITH NO DATA")
        cursor.execute("CREATE TEMP TABLE pg_inherits AS SELECT * FROM pg_catalog.pg_inherits WITH NO DATA")
        cursor.execute(
            "CREATE FUNCTION pg_temp.format(text, VARIADIC text[]) RETURNS text LANGUAGE sql "
            "AS $$ SELECT 'GRANT ALL ON public.access_statechange TO PUBLIC' $$"
        )
        cursor.execute("SET search_path = pg_temp, public, pg_catalog")
    before = set(bounds())
    assert call(TRAIL, 4) == 1
    assert len(set(bounds()) - before) == 1
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT has_table_privilege(%s, %s, 'UPDATE')", [settings.APPLICATION_ROLE, TRAIL])
        assert cursor.fetchone() == (False,)


@pytest.mark.django_db
def test_a_table_the_caller_owns_is_refused() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE mine (at timestamptz) PARTITION BY RANGE (at)")
    with pytest.raises(DatabaseError, match="no partitioned table mine"), transaction.atomic():
        call("mine", 3)


def test_a_table_of_another_owner_or_another_schema_is_refused(fresh_database: str) -> None:
    make = "CREATE TABLE {} (at timestamptz) PARTITION BY RANGE (at)"
    with psycopg.connect(os.environ["POSTURE_TEST_SUPERUSER"], dbname=fresh_database) as superuser:
        superuser.execute(make.format("public.theirs"))
        superuser.execute(f"ALTER TABLE public.theirs OWNER TO {settings.APPLICATION_ROLE}")
        superuser.execute(f"CREATE SCHEMA elsewhere AUTHORIZATION {connections['owner'].settings_dict['USER']}")
    with connections["owner"].cursor() as cursor:
        cursor.execute(make.format("elsewhere.apart"))
    for name in ("theirs", "apart"):
        with pytest.raises(DatabaseError, match=f"no partitioned table {name}"):
            call(name, 3)


@pytest.mark.django_db(databases=["default", "owner"])
def test_nobody_but_the_application_may_call_it() -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(nullif(pg_get_userbyid(a.grantee), 'unknown (OID=0)'), 'PUBLIC') "
            "FROM pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a "
            "WHERE p.proname = 'make_partitions' AND a.grantee <> p.proowner"
        )
        assert cursor.fetchall() == [(settings.APPLICATION_ROLE,)]


@pytest.mark.usefixtures("fresh_database")
def test_two_at_once_make_each_month_once() -> None:
    made = run_at_once(*[lambda: call(TRAIL, 6)] * 3)
    assert sorted(map(str, made)) == ["0", "0", "3"]


@pytest.mark.usefixtures("fresh_database")
def test_an_open_import_neither_waits_nor_is_waited_for() -> None:
    def make() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '5s'")
        return call(TRAIL, 5)

    with transaction.atomic():
        record_change(principal=SYSTEM, kind="a", code="1", verb="v", old=None, new=1, now=NOW)
        assert run_at_once(make) == [2]


@pytest.mark.django_db
def test_a_row_of_a_month_that_was_not_made_is_refused_and_not_lost() -> None:
    with pytest.raises(DatabaseError, match="no partition"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO access_statechange (recorded_at, happened_at, actor, actor_name, on_behalf_of, kind, code, "
            "verb, reason, source) VALUES ('2001-01-01', now(), 'system', '', '', '', '', '', '', '')"
        )
