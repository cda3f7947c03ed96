"""Queries that are put together once: what is asked on every page takes longer to put together than to answer."""

from datetime import UTC, datetime
from typing import Any, Final

from django.db import connection
from django.db.models import QuerySet

NOW: Final = datetime.max.replace(tzinfo=UTC)
"""Stands for the moment it is asked in what is put together."""
PEOPLE: Final = 1_000
"""For how many people queries are kept; a principal with other roles is another."""


class Prepared:
    """A query as text, with `NOW` among its parameters for the moment it is asked."""

    def __init__(self, rows: QuerySet[Any, Any]) -> None:
        self._statement, self._given = rows.query.sql_with_params()

    def rows(self, now: datetime) -> list[tuple[Any, ...]]:
        """Return what it answers now; one query."""
        with connection.cursor() as cursor:
            cursor.execute(self._statement, [now if value == NOW else value for value in self._given])
            found: list[tuple[Any, ...]] = cursor.fetchall()
        return found
