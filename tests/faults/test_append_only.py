"""Every way to change a row that was only to be added, tried by the application's own role on every such table."""

from collections.abc import Iterator

import pytest
from django.apps import apps
from django.db import ProgrammingError, connections, transaction

from tests.conftest import TOLD, RecordProperty

pytestmark = pytest.mark.django_db(databases=["default", "owner"])

VERBS = {
    "update": "UPDATE {table} SET {column} = {column}",
    "update of one row": "UPDATE {table} SET {column} = {column} WHERE false",
    "delete": "DELETE FROM {table}",
    "truncate": "TRUNCATE {table}",
    "truncate and what hangs on it": "TRUNCATE {table} CASCADE",
    "insert over a row": (
        "INSERT INTO {table} SELECT * FROM {table} ON CONFLICT ({key}) DO UPDATE SET {column} = excluded.{column}"
    ),
    "merge": "MERGE INTO {table} a USING {table} b ON a.{column} = b.{column} WHEN MATCHED THEN DELETE",
    "lock rows": "SELECT 1 FROM {table} FOR UPDATE",
    "lock the table": "LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE",
    "take triggers off": "ALTER TABLE {table} DISABLE TRIGGER ALL",
    "set a trigger": "CREATE TRIGGER t BEFORE INSERT ON {table} EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "make a rule": "CREATE RULE r AS ON INSERT TO {table} DO INSTEAD NOTHING",
    "take a column": "ALTER TABLE {table} DROP COLUMN {column}",
    "take the owner's place": "ALTER TABLE {table} OWNER TO CURRENT_USER",
    "rename": "ALTER TABLE {table} RENAME TO other",
    "drop": "DROP TABLE {table}",
    "make an index": "CREATE INDEX ON {table} ({column})",
}
ON_PARTITIONS = {
    "insert past the parent": "INSERT INTO {table} SELECT * FROM {parent}",
    "read past the parent": "SELECT count(*) FROM {table}",
    "detach": "ALTER TABLE {parent} DETACH PARTITION {table}",
}


def tables() -> Iterator[tuple[str, str, str, str]]:
    """Yield each append-only table and partition: its name, its parent's, a column and the key."""
    models = [model for model in apps.get_models() if getattr(model, "append_only", False)]
    for model in models:
        name = model._meta.db_table
        columns = [field.column for field in model._meta.local_fields if field.column]
        key = ", ".join(["id", *(["recorded_at"] if getattr(model, "monthly_partitions", False) else [])])
        key = key if "id" in columns else columns[0]
        yield name, "", columns[-1], key
        with connections["owner"].cursor() as cursor:
            cursor.execute("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass", [name])
            for (partition,) in cursor.fetchall():
                yield partition, name, columns[-1], key


def test_no_verb_changes_a_row_that_was_only_to_be_added(record_property: RecordProperty) -> None:
    tried, done = 0, []
    for table, parent, column, key in tables():
        for verb, statement in (VERBS | (ON_PARTITIONS if parent else {})).items():
            sql = statement.format(table=table, parent=parent, column=f'"{column}"', key=key)
            tried += 1
            try:
                with transaction.atomic(), connections["default"].cursor() as cursor:
                    cursor.execute(sql)
            except ProgrammingError as refusal:
                if not any(words in str(refusal) for words in ("permission denied", "must be owner")):
                    done.append(f"{table}: {verb}: {str(refusal).splitlines()[0]}")
            else:
                done.append(f"{table}: {verb}")
    record_property(TOLD, f"Verbs refused on append-only tables and partitions: {tried - len(done)} of {tried}")
    assert tried > 200
    assert done == []
