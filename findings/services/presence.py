"""Where a finding is open: intervals over the scans of a series, a function of the set of scans held.

A finding is open unless a complete scan later than the last one that has it lacks it. The usual scan is the latest
of its series and only closes and opens; one that comes late, or a part that changes a scan, has the intervals of the
findings it touches made anew from their memberships, which is the definition itself.
"""

from collections.abc import Sequence
from typing import Any

from django.db import connection

from findings.models import Scan
from findings.services.retirement import retired_beside, touch_open
from findings.services.scans import FOLDING, Fold, folding_of, store_scans
from findings.services.statuses import decided_ahead, touch_also
from findings.status import DecisionKind
from inventory.services.hashing import hashing

SEEN_AGAIN = """
SELECT finding_id FROM member JOIN findings_finding finding ON finding.id = member.finding_id
WHERE finding.status = %s AND NOT member.created
"""

CLOSE = f"""
WITH {FOLDING}, moved AS (
    UPDATE findings_presence held SET until_scan_id = folding.scan_id, until = folding.at FROM folding
    WHERE held.series_id = ANY(%(series)s) AND held.series_id = folding.series_id AND held.until_scan_id IS NULL
        AND NOT EXISTS (SELECT FROM member WHERE member.share = folding.share AND member.finding_id = held.finding_id)
    RETURNING finding_id
) INSERT INTO touched TABLE moved
"""

# A finding that is new to us was stored as new and present, which is what it is unless somebody decided before.
OPEN = f"""
WITH {FOLDING}, moved AS (
    INSERT INTO findings_presence (finding_id, series_id, from_scan_id, since)
    SELECT member.finding_id, folding.series_id, folding.scan_id, folding.at FROM member JOIN folding USING (share)
    WHERE NOT EXISTS (SELECT FROM findings_presence held
        WHERE held.series_id = ANY(%(series)s) AND held.series_id = folding.series_id
        AND held.finding_id = member.finding_id AND held.until_scan_id IS NULL)
    RETURNING finding_id
) INSERT INTO touched SELECT finding_id FROM moved JOIN member USING (finding_id)
WHERE NOT member.created OR member.share = ANY(%(ahead)s)
"""

# Every (finding, scan) pair of the series as held now: a complete scan has what an interval covers, an incomplete
# one what was sighted.
MEMBERSHIPS = """
CREATE TEMPORARY TABLE membership ON COMMIT DROP AS
SELECT held.finding_id, scan.id AS scan_id
FROM findings_presence held
JOIN findings_scan first ON first.id = held.from_scan_id
LEFT JOIN findings_scan gone ON gone.id = held.until_scan_id
JOIN findings_scan scan ON scan.series_id = held.series_id AND scan.complete
    AND (scan.scanned_at, scan.digest, scan.id) >= (first.scanned_at, first.digest, first.id)
    AND (gone.id IS NULL OR (scan.scanned_at, scan.digest, scan.id) < (gone.scanned_at, gone.digest, gone.id))
WHERE held.series_id = %(series)s
UNION
SELECT sighting.finding_id, sighting.scan_id
FROM findings_sighting sighting JOIN findings_scan scan ON scan.id = sighting.scan_id
WHERE scan.series_id = %(series)s
"""

ADD_MEMBERS = """
INSERT INTO membership SELECT finding_id, %(scan)s FROM member
WHERE member.share = %(share)s
    AND NOT EXISTS (SELECT FROM membership held WHERE held.finding_id = member.finding_id AND held.scan_id = %(scan)s)
"""

# Members with no complete scan between them that lacks the finding are one interval. `missed` counts the complete
# scans so far that lack it; an interval ends at the first complete scan after its last member.
INTERVALS = """
CREATE TEMPORARY TABLE interval_anew ON COMMIT DROP AS
WITH ordered AS (
    SELECT id, scanned_at, complete, row_number() OVER line AS place,
        count(*) FILTER (WHERE complete) OVER line AS completed
    FROM findings_scan WHERE series_id = %(series)s WINDOW line AS (ORDER BY scanned_at, digest, id)
), seen AS (
    SELECT membership.finding_id, ordered.place,
        ordered.completed - count(*) FILTER (WHERE ordered.complete) OVER (
            PARTITION BY membership.finding_id ORDER BY ordered.place) AS missed
    FROM membership JOIN ordered ON ordered.id = membership.scan_id
), stretch AS (
    SELECT finding_id, min(place) AS first, max(place) AS last FROM seen GROUP BY finding_id, missed
)
SELECT stretch.finding_id, first.id AS from_scan_id, first.scanned_at AS since,
    gone.id AS until_scan_id, gone.scanned_at AS until
FROM stretch JOIN ordered first ON first.place = stretch.first
LEFT JOIN LATERAL (
    SELECT id, scanned_at FROM ordered WHERE complete AND place > stretch.last ORDER BY place LIMIT 1
) gone ON true
"""

SAME = """
    held.finding_id = anew.finding_id AND held.from_scan_id = anew.from_scan_id
    AND held.until_scan_id IS NOT DISTINCT FROM anew.until_scan_id
    AND held.since = anew.since AND held.until IS NOT DISTINCT FROM anew.until
"""

DROP_OLD = f"""
DELETE FROM findings_presence held WHERE series_id = %(series)s
    AND NOT EXISTS (SELECT FROM interval_anew anew WHERE {SAME})
RETURNING finding_id
"""

STORE_NEW = f"""
INSERT INTO findings_presence (finding_id, series_id, from_scan_id, since, until_scan_id, until)
SELECT finding_id, %(series)s, from_scan_id, since, until_scan_id, until FROM interval_anew anew
WHERE NOT EXISTS (SELECT FROM findings_presence held WHERE held.series_id = %(series)s AND {SAME})
RETURNING finding_id
"""


def fold_presence(folds: Sequence[Fold]) -> None:
    """Store the scans and make the intervals of their series those of the set of scans now held.

    Adds to the temporary table `touched` (finding_id) the findings whose status that may change: those whose
    intervals changed, and those that a person called resolved and that are here once more. Needs `member`; no two of
    the shares may be of the same source and API.
    """
    touch_also(SEEN_AGAIN, [DecisionKind.RESOLVED.value])
    retired = retired_beside(*(fold.series.pk for fold in folds))
    usual = _latest(folds)
    _append(usual)
    for fold in folds:
        if fold not in usual:
            _fold_late(fold)
    if retired:
        touch_open(retired)


def _latest(folds: Sequence[Fold]) -> list[Fold]:
    """Return the shares that are the latest scan of their series, none of which is held yet."""
    asked = [fold for fold in folds if fold.scan is None]
    if not asked:
        return []
    held = Scan.objects.filter(
        series__in=[fold.series for fold in asked], scanned_at__gte=min(fold.at for fold in asked)
    ).values_list("series", "scanned_at", "digest")
    last = {series: (at, digest) for series, at, digest in held.order_by("scanned_at", "digest")}
    return [fold for fold in asked if fold.series.pk not in last or last[fold.series.pk] < (fold.at, fold.digest)]


def _append(folds: Sequence[Fold]) -> None:
    if not folds:
        return
    scans = store_scans(folds)
    named = folding_of(folds, scans)
    whole = [(fold, scan) for fold, scan in zip(folds, scans, strict=True) if scan.complete]
    named["ahead"] = decided_ahead([(fold.share, fold.series) for fold in folds])
    with connection.cursor() as cursor, hashing():
        if whole:
            cursor.execute(CLOSE, folding_of(*zip(*whole, strict=True)))
        cursor.execute(OPEN, named)


def _fold_late(fold: Fold) -> None:
    named: dict[str, Any] = {**fold.staged, "series": fold.series.pk}
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS membership, interval_anew")
        cursor.execute(MEMBERSHIPS, named)
        (scan,) = store_scans([fold])
        named["scan"] = scan.pk
        cursor.execute(ADD_MEMBERS, named)
        cursor.execute("ANALYZE membership")
        cursor.execute(INTERVALS, named)
        cursor.execute("CREATE INDEX ON interval_anew (finding_id)")
        cursor.execute("ANALYZE interval_anew")
        for statement in (DROP_OLD, STORE_NEW):
            cursor.execute(f"WITH moved AS ({statement}) INSERT INTO touched SELECT finding_id FROM moved", named)
