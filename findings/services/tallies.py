"""The sums of findings: folding the parts that triggers add (`findings.models.tallies`)."""

from typing import Final

from django.db import connection, transaction

FOLD: Final = """
WITH held AS (
    SELECT id FROM {table} WHERE id IN (
        SELECT id FROM (
            SELECT id, count(*) OVER alike AS parts, sum(n) OVER alike AS total
            FROM {table} WINDOW alike AS (PARTITION BY {kind})) AS told
        WHERE parts > 1 OR total = 0)
    ORDER BY id FOR UPDATE
), taken AS (
    DELETE FROM {table} WHERE id IN (SELECT id FROM held) RETURNING {kind}, n
)
INSERT INTO {table} ({kind}, n) SELECT {kind}, sum(n) FROM taken GROUP BY {kind} HAVING sum(n) <> 0
"""
"""What another transaction adds meanwhile stays beside it; of two that fold, the second finds nothing to take."""
KINDS: Final = {
    "findings_tally": "api_id, series_id, source_kind, severity, status",
    "findings_endpointtally": "endpoint_id, severity, status",
}


@transaction.atomic
def fold_tallies() -> None:
    """Make one part of all parts of a kind, where it has several; what they add up to stays as it is."""
    with connection.cursor() as cursor:
        for table, kind in KINDS.items():
            cursor.execute(FOLD.format(table=table, kind=kind))
