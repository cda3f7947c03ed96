"""What the application's own database role may do, asked of PostgreSQL."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.apps import apps
from django.conf import settings
from django.db import ProgrammingError, connections, transaction
from django.db.models import Model

from inventory.access.records import SYSTEM
from inventory.access.services.rights import grant_rights
from inventory.access.services.trail import record_change
from tests.inventory.access.people import NOW

pytestmark = pytest.mark.django_db(databases=["default", "owner"])
TRAIL = "access_statechange"
CHANGES = {
    "UPDATE": "UPDATE {} SET reason = 'rewritten'",
    "DELETE": "DELETE FROM {}",
    "TRUNCATE": "TRUNCATE {}",
    "DROP": "DROP TABLE {}",
    "ALTER": "ALTER TABLE {} DISABLE TRIGGER ALL",
    "TRIGGER": "CREATE TRIGGER t BEFORE INSERT ON {} EXECUTE FUNCTION tsvector_update_trigger()",
}
INSERT = (
    "INSERT INTO {} (happened_at, actor, actor_name, on_behalf_of, kind, code, verb, reason, source) "
    "VALUES (now(), 'system', '', '', '', '', '', '', '')"
)
ALL = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")


def partitions(parent: str = TRAIL) -> list[str]:
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass", [parent])
        return [name for (name,) in cursor.fetchall()]


def privileges(table: str) -> set[str]:
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT p FROM unnest(%s::text[]) p WHERE has_table_privilege(%s, %s, p)",
            [list(ALL), settings.APPLICATION_ROLE, f'"{table}"'],
        )
        return {name for (name,) in cursor.fetchall()}


def models(*, append_only: bool) -> list[type[Model]]:
    everything = apps.get_models(include_auto_created=True)
    return [model for model in everything if getattr(model, "append_only", False) is append_only]


def access_lists() -> list[tuple[str, str]]:
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT relname, coalesce(relacl::text, '') FROM pg_class "
            "WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'S') ORDER BY relname"
        )
        return [(name, rights) for name, rights in cursor.fetchall()]


@contextmanager
def refused() -> Iterator[None]:
    with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"), transaction.atomic():
        yield


def run(sql: str, table: str) -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute(sql.format(table))


def test_the_application_is_not_the_owner_and_no_superuser() -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT current_user, rolsuper, rolcreaterole FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (settings.APPLICATION_ROLE, False, False)
    assert connections["owner"].settings_dict["USER"] != settings.APPLICATION_ROLE


@pytest.mark.parametrize("verb", CHANGES)
def test_the_trail_and_each_of_its_partitions_refuse_every_change(verb: str) -> None:
    record_change(principal=SYSTEM, kind="a", code="1", verb="v", old=None, new=1, now=NOW)
    assert len(partitions()) >= 4
    for table in (TRAIL, *partitions()):
        with refused():
            run(CHANGES[verb], table)


def test_a_row_goes_in_through_the_parent_alone() -> None:
    run(INSERT, TRAIL)
    for partition in partitions():
        with refused():
            run(INSERT, partition)
        with refused():
            run("SELECT FROM {}", partition)


def test_every_append_only_table_may_be_read_and_added_to_and_no_more() -> None:
    assert len(models(append_only=True)) >= 2
    for model in models(append_only=True):
        assert privileges(model._meta.db_table) == {"SELECT", "INSERT"}, model
        for partition in partitions(model._meta.db_table):
            assert privileges(partition) == set(), partition


def test_every_other_table_may_be_changed_and_not_emptied_at_once() -> None:
    for model in models(append_only=False):
        assert privileges(model._meta.db_table) == {"SELECT", "INSERT", "UPDATE", "DELETE"}, model


def test_what_belongs_to_no_model_may_only_be_read() -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute("CREATE TABLE of_no_model (id int)")
    grant_rights("owner")
    assert privileges("of_no_model") == {"SELECT"}
    assert privileges("django_migrations") == {"SELECT"}


def test_setting_the_rights_again_changes_nothing() -> None:
    before = access_lists()
    grant_rights("owner")
    assert access_lists() == before


def test_a_right_given_by_hand_is_taken_back() -> None:
    before = access_lists()
    role = settings.APPLICATION_ROLE
    with connections["owner"].cursor() as cursor:
        for table in (TRAIL, partitions()[0]):
            cursor.execute(f"GRANT ALL ON {table} TO {role}")
            cursor.execute(f"GRANT UPDATE ON {table} TO PUBLIC")
    assert "UPDATE" in privileges(partitions()[0])
    grant_rights("owner")
    assert access_lists() == before


def test_the_application_cannot_give_itself_rights() -> None:
    run(f"GRANT UPDATE ON {{}} TO {settings.APPLICATION_ROLE}", TRAIL)  # a warning in PostgreSQL, and no right
    grant_rights("default")
    assert privileges(TRAIL) == {"SELECT", "INSERT"}


def test_nothing_cascades_into_the_trail() -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT conrelid::regclass::text FROM pg_constraint WHERE contype = 'f' AND confdeltype <> 'a'")
        assert cursor.fetchall() == []
