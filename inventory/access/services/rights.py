"""What the application's database role may do with each table, set again after every migration."""

from typing import Final

from django.apps import apps
from django.conf import settings
from django.db import connections, transaction
from django.db.backends.utils import CursorWrapper

READ: Final = "SELECT"
ADD: Final = "SELECT, INSERT"
CHANGE: Final = "SELECT, INSERT, UPDATE, DELETE"

# Only what the role that migrates owns: an operator's own tables in the same schema are left alone.
OWN_RELATIONS: Final = """
SELECT c.relname, c.relkind = 'S', c.relispartition
FROM pg_class c
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p', 'S')
  AND pg_get_userbyid(c.relowner) = current_user
ORDER BY c.relname
"""
MAKE_PARTITIONS: Final = "make_partitions(text, integer, integer)"


def grant_rights(using: str) -> None:
    """Give the application role its rights on every table of the role that migrates, and no others.

    Models with `append_only = True` may be read and added to, other models changed, partitions reached only through
    their parent, and tables of no model read. Says the same however often it runs. Does nothing where the application
    itself owns the tables, for nothing can be kept from an owner.
    """
    application = settings.APPLICATION_ROLE
    connection = connections[using]
    with transaction.atomic(using=using), connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        if cursor.fetchone() == (application,):
            return
        quote = connection.ops.quote_name
        allowed = _allowed()
        cursor.execute(OWN_RELATIONS)
        for name, is_sequence, is_partition in cursor.fetchall():
            kind = "SEQUENCE" if is_sequence else "TABLE"
            privileges = "USAGE" if is_sequence else "" if is_partition else allowed.get(name, READ)
            _set(cursor, f"{kind} {quote(name)}", privileges, quote(application))
        cursor.execute("SELECT to_regprocedure(%s) IS NOT NULL", [MAKE_PARTITIONS])
        if cursor.fetchone() == (True,):
            _set(cursor, f"FUNCTION {MAKE_PARTITIONS}", "EXECUTE", quote(application))


def _allowed() -> dict[str, str]:
    models = apps.get_models(include_auto_created=True)
    return {
        model._meta.db_table: ADD if getattr(model, "append_only", False) else CHANGE  # noqa: SLF001 -- documented
        for model in models
    }


def _set(cursor: CursorWrapper, thing: str, privileges: str, role: str) -> None:
    cursor.execute(f"REVOKE ALL ON {thing} FROM PUBLIC, {role}")
    if privileges:
        cursor.execute(f"GRANT {privileges} ON {thing} TO {role}")
