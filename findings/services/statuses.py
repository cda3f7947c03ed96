"""The derived columns of findings, computed from presence for exactly the findings whose intervals changed."""

from dataclasses import dataclass

from django.db import connection

# The stretches of one finding are the union of its intervals over all series that still live: two scanners, or two
# pipelines, that see it in turn leave no gap.
DERIVE = """
WITH seen AS (
    SELECT touched.finding_id, range_agg(tstzrange(held.since, held.until)) AS stretches
    FROM (SELECT DISTINCT finding_id FROM touched) touched
    LEFT JOIN findings_presence held ON held.finding_id = touched.finding_id
    GROUP BY touched.finding_id
), derived AS (
    SELECT finding_id, coalesce(upper_inf(stretches), false) AS present,
        CASE WHEN NOT coalesce(upper_inf(stretches), false) THEN 'closed'
             WHEN (SELECT count(*) FROM unnest(stretches)) > 1 THEN 'reopened' ELSE 'new' END AS status
    FROM seen
), written AS (
    UPDATE findings_finding finding SET present = derived.present, status = derived.status
    FROM derived JOIN findings_finding before ON before.id = derived.finding_id
    WHERE finding.id = derived.finding_id
        AND (finding.present, finding.status) IS DISTINCT FROM (derived.present, derived.status)
    RETURNING finding.id, before.present AS was, derived.present AS is_now
)
SELECT count(*) FILTER (WHERE was AND NOT is_now), count(*) FILTER (WHERE NOT was AND is_now) FROM written
"""

LOCK = """
SELECT FROM findings_finding WHERE id IN (SELECT finding_id FROM touched) ORDER BY id FOR NO KEY UPDATE
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusCounts:
    """How many findings a fold closed and reopened."""

    closed: int
    reopened: int


def derive_statuses() -> StatusCounts:
    """Recompute presence and status of the findings in the temporary table `touched`; equal rows are not written."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE touched")
        cursor.execute(LOCK)
        cursor.execute(DERIVE)
        closed, reopened = cursor.fetchone()
    return StatusCounts(closed=closed, reopened=reopened)
