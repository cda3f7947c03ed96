"""How findings went, week by week: made anew from where scans saw them and from what people decided."""

from datetime import datetime
from typing import Any, Final

from django.db import connection, transaction

from findings.status import OPEN, DecisionKind

WEEKS: Final = 12
TREND: Final = "posture.trend"
OUT: Final = (DecisionKind.FALSE_POSITIVE, DecisionKind.DUPLICATE)
"""What was never a finding counts in no week."""

# A finding is open at the end of a week that a stretch of scans covers, unless it was resolved or accepted by then. The
# last decision tells when; what is open now was open as long as it was seen.
MADE = """
WITH week AS (
    SELECT at, at - interval '7 days' AS since
    FROM generate_series(%(last)s::timestamptz - interval '7 days' * %(weeks)s, %(last)s, interval '7 days') AS at
), finding AS (
    SELECT finding.id, finding.severity, holding.team_id, CASE WHEN finding.status = ANY(%(open)s) OR
        finding.status = 'closed' THEN NULL ELSE (
            SELECT max(decision.at) FROM findings_decision decision
            WHERE decision.finding_id = finding.id AND decision.kind = finding.status) END AS ended
    FROM findings_finding finding
    LEFT JOIN inventory_apiteam holding ON holding.api_id = finding.api_id AND holding.until IS NULL
    WHERE finding.moved_to_id IS NULL AND NOT finding.status = ANY(%(out)s)
), stretch AS (
    SELECT held.finding_id, min(held.since) AS since,
        CASE WHEN bool_or(held.until IS NULL) THEN NULL ELSE max(held.until) END AS until
    FROM findings_presence held GROUP BY held.finding_id
), told AS (
    SELECT finding.severity, finding.team_id, stretch.since, least(stretch.until, finding.ended) AS until
    FROM finding JOIN stretch ON stretch.finding_id = finding.id
), counted AS (
    SELECT week.at, told.team_id, told.severity,
        count(*) FILTER (WHERE told.until IS NULL OR told.until > week.at) AS open,
        count(*) FILTER (WHERE told.until > week.since AND told.until <= week.at) AS closed
    FROM week JOIN told ON told.since <= week.at AND (told.until IS NULL OR told.until > week.since)
    GROUP BY week.at, told.team_id, told.severity
)
INSERT INTO posture_trend (kind, key, week, severity, open, closed)
SELECT 'team', team_id, at, severity, open, closed FROM counted WHERE team_id IS NOT NULL
UNION ALL
SELECT 'organisation', 0, at, severity, sum(open), sum(closed) FROM counted GROUP BY at, severity
"""


@transaction.atomic
def write_trend(*, now: datetime) -> int:
    """Write the last weeks anew and return how many rows; the last of them ends now."""
    given: dict[str, Any] = {
        "last": now,
        "weeks": WEEKS - 1,
        "open": [status.value for status in OPEN],
        "out": [kind.value for kind in OUT],
    }
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('posture.trend', 0))")
        cursor.execute("SELECT set_config('work_mem', '64MB', true)")
        cursor.execute("DELETE FROM posture_trend")
        cursor.execute(MADE, given)
        rows: int = cursor.rowcount
    return rows
