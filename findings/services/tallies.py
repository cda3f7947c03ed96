"""The sums of findings: folding the parts that triggers add (`findings.models.Tally`)."""

from typing import Final

from django.db import connection, transaction

KIND: Final = "api_id, series_id, source_kind, severity, status"

FOLD: Final = f"""
WITH several AS (
    SELECT coalesce(api_id, 0) AS api, coalesce(series_id, 0) AS series, source_kind, severity, status
    FROM findings_tally GROUP BY 1, 2, 3, 4, 5 HAVING count(*) > 1 OR sum(n) = 0
), held AS (
    SELECT tally.id FROM findings_tally tally JOIN several USING (source_kind, severity, status)
    WHERE coalesce(tally.api_id, 0) = several.api AND coalesce(tally.series_id, 0) = several.series
    ORDER BY tally.id FOR UPDATE OF tally
), taken AS (
    DELETE FROM findings_tally WHERE id IN (SELECT id FROM held) RETURNING {KIND}, n
)
INSERT INTO findings_tally ({KIND}, n) SELECT {KIND}, sum(n) FROM taken GROUP BY {KIND} HAVING sum(n) <> 0
"""
"""What another transaction adds meanwhile stays beside it; of two that fold, the second finds nothing to take."""


@transaction.atomic
def fold_tallies() -> None:
    """Make one part of all parts of a kind, where it has several; what they add up to stays as it is."""
    with connection.cursor() as cursor:
        cursor.execute(FOLD)
