"""Makes the months of partitioned tables ahead of time."""

from django.apps import apps
from django.db import connections


def make_partitions(*, using: str = "default", months_ahead: int = 3) -> int:
    """Make the missing partitions of this month and those ahead for every partitioned model; return how many.

    A model says that it is partitioned by `monthly_partitions = True`; a table not migrated yet is left out. The
    database's clock says which month it is.
    """
    models = apps.get_models()
    partitioned = [model for model in models if getattr(model, "monthly_partitions", False)]
    wanted = {model._meta.db_table for model in partitioned}  # noqa: SLF001 -- documented by Django
    connection = connections[using]
    made = 0
    with connection.cursor() as cursor:
        there = {table.name for table in connection.introspection.get_table_list(cursor)}
        for name in sorted(wanted & there):
            cursor.execute("SELECT make_partitions(%s, %s)", [name, months_ahead])
            made += cursor.fetchone()[0]
    return made
