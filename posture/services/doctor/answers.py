"""What the database says to one question."""

from typing import Any

from django.db import connection


def rows_of(sql: str, **named: Any) -> list[tuple[Any, ...]]:
    """Return all rows that one statement gives."""
    with connection.cursor() as cursor:
        cursor.execute(sql, named)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found
