"""The derived columns of findings: `findings.status.shown` for a set of them, from presence and decisions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from findings.models import Series
from findings.status import EFFECTIVE, JUDGED, DecisionKind, Status

# The stretches of one finding are the union of its intervals over all series: two scanners, or two pipelines, that
# see it in turn leave no gap. An instant that one scan opened and another closed is no stretch. What a retired series
# has open ends then where another live series of the same source scans the API whole, once it does.
SEEN = """
SELECT touched.finding_id, coalesce(upper_inf(stretches), false) AS present,
    (SELECT max(lower(stretch)) FROM unnest(stretches) stretch HAVING count(*) > 1) AS reopened_at
FROM (SELECT DISTINCT finding_id FROM touched) touched
LEFT JOIN LATERAL (
    SELECT range_agg(tstzrange(held.since, coalesce(held.until, retired.at))) AS stretches
    FROM findings_presence held
    LEFT JOIN LATERAL (
        SELECT greatest(series.retired_at, held.since, min(scan.scanned_at)) AS at
        FROM findings_series series
        JOIN findings_series live ON live.source_kind = series.source_kind AND live.api_id = series.api_id
            AND live.retired_at IS NULL
        JOIN findings_scan scan ON scan.series_id = live.id AND scan.complete
        WHERE held.until_scan_id IS NULL AND series.id = held.series_id AND series.retired_at IS NOT NULL
        GROUP BY series.id
    ) AS retired ON true
    WHERE held.finding_id = touched.finding_id
) AS spans ON true
"""

WIDTHS = (
    "decision.finding_id = finding.id",
    "decision.api_id = finding.api_id AND decision.weakness_class = finding.weakness_class",
    "decision.source_kind = finding.source_kind AND decision.rule = finding.rule AND decision.rule <> ''",
)
"""How a decision meets a finding, the narrowest first."""

MET = " UNION ALL ".join(
    f"SELECT finding.id AS finding_id, {width} AS width, decision.id, decision.kind, decision.at, decision.until"
    f" FROM touched JOIN findings_finding finding ON finding.id = touched.finding_id"
    f" JOIN findings_decision decision ON {meets}"
    for width, meets in enumerate(WIDTHS)
)

# The last scan that has a finding matters to one decision only: what was resolved and is seen once more is open.
DECIDED = f"""
SELECT DISTINCT ON (met.finding_id) met.finding_id, met.kind, met.at, met.until,
    met.kind = %(resolved)s AND EXISTS (
        SELECT FROM findings_presence held JOIN findings_scan scan ON scan.series_id = held.series_id
        WHERE held.finding_id = met.finding_id AND held.until_scan_id IS NULL
            AND scan.scanned_at > met.at AND scan.scanned_at >= held.since
            AND (scan.complete OR EXISTS (SELECT FROM findings_sighting sighting
                 WHERE sighting.scan_id = scan.id AND sighting.finding_id = met.finding_id))) AS seen_again
FROM ({MET}) AS met
WHERE met.kind = ANY(%(effective)s) AND met.at <= %(now)s AND (met.until IS NULL OR met.until > %(now)s)
    AND NOT EXISTS (SELECT FROM findings_decision undo WHERE undo.about_id = met.id AND undo.kind = %(undone)s)
ORDER BY met.finding_id, met.width, met.at DESC, met.id DESC
"""

DERIVE = f"""
WITH seen AS ({SEEN}), decided AS ({DECIDED}), derived AS (
    SELECT seen.finding_id, seen.present,
        CASE WHEN decided.kind = ANY(%(judged)s) THEN decided.kind
             WHEN NOT seen.present THEN %(closed)s
             WHEN decided.kind IS NULL AND seen.reopened_at IS NULL THEN %(new)s
             WHEN decided.kind IS NULL THEN %(reopened)s
             WHEN decided.kind = %(accepted)s THEN decided.kind
             WHEN seen.reopened_at > decided.at OR decided.seen_again THEN %(reopened)s
             ELSE decided.kind END AS status,
        decided.until AS status_until
    FROM seen LEFT JOIN decided USING (finding_id)
), written AS (
    UPDATE findings_finding finding
    SET present = derived.present, status = derived.status, status_until = derived.status_until
    FROM derived JOIN findings_finding before ON before.id = derived.finding_id
    WHERE finding.id = derived.finding_id
        AND (finding.present, finding.status, finding.status_until)
            IS DISTINCT FROM (derived.present, derived.status, derived.status_until)
    RETURNING before.present AS was, derived.present AS is_now
)
SELECT count(*) FILTER (WHERE was AND NOT is_now), count(*) FILTER (WHERE NOT was AND is_now), count(*) FROM written
"""

DECIDED_AHEAD = """
SELECT share FROM unnest(%s::int[], %s::text[], %s::bigint[]) AS asked (share, source_kind, api_id)
WHERE EXISTS (SELECT FROM findings_decision held WHERE held.api_id = asked.api_id)
    OR EXISTS (SELECT FROM findings_decision held WHERE held.source_kind = asked.source_kind AND held.rule <> '')
"""

LOCK = """
SELECT FROM findings_finding WHERE id IN (SELECT finding_id FROM touched) ORDER BY id FOR NO KEY UPDATE
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusCounts:
    """How many findings are no longer found, are found again, and changed in any derived column."""

    closed: int
    reopened: int
    changed: int


def derive_statuses(*, now: datetime) -> StatusCounts:
    """Recompute the derived columns of the findings in the temporary table `touched`; equal rows are not written.

    `now` judges which decisions are over. Call inside the transaction that made the table.
    """
    words = {
        "closed": Status.CLOSED,
        "new": Status.NEW,
        "reopened": Status.REOPENED,
        "accepted": DecisionKind.ACCEPTED,
        "resolved": DecisionKind.RESOLVED,
        "undone": DecisionKind.UNDONE,
    }
    named = {name: word.value for name, word in words.items()}
    lists = {"effective": [kind.value for kind in EFFECTIVE], "judged": [kind.value for kind in JUDGED]}
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE touched")
        cursor.execute(LOCK)
        cursor.execute(DERIVE, {**named, **lists, "now": now})
        closed, reopened, changed = cursor.fetchone()
    return StatusCounts(closed=closed, reopened=reopened, changed=changed)


def decided_ahead(shares: Sequence[tuple[int, Series]]) -> list[int]:
    """Return the shares with a series of whose API a class, or of whose source a rule, somebody decided about.

    That may meet findings yet to come.
    """
    given = [(share, series.source_kind, series.api_id) for share, series in shares]
    with connection.cursor() as cursor:
        cursor.execute(DECIDED_AHEAD, [list(column) for column in zip(*given, strict=True)])
        return [share for (share,) in cursor.fetchall()]


def touch(query: str, parameters: Sequence[Any]) -> None:
    """Fill the temporary table `touched` with the finding ids that a query of ours returns."""
    start_touching()
    touch_also(query, parameters)


def start_touching() -> None:
    """Make the temporary table `touched` (finding_id), empty."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS touched")
        cursor.execute("CREATE TEMPORARY TABLE touched (finding_id bigint) ON COMMIT DROP")


def touch_also(query: str, parameters: Sequence[Any]) -> None:
    """Add to `touched` the finding ids that a query of ours returns."""
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO touched {query}", parameters)
