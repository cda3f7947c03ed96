"""Where a finding is open: intervals over the scans of a series, a function of the set of scans held.

A finding is open unless a complete scan later than the last one that has it lacks it. The usual scan is the latest
of its series and only closes and opens; one that comes late, or a part that changes a scan, has the intervals of the
findings it touches made anew from their memberships, which is the definition itself.
"""

from typing import Any

from django.db import connection

from findings.models import Scan
from findings.services.retirement import retired_beside, touch_open
from findings.services.scans import Fold, store_scan
from findings.services.statuses import decides_ahead, touch
from findings.status import DecisionKind

SEEN_AGAIN = """
SELECT finding_id FROM member JOIN findings_finding finding ON finding.id = member.finding_id
WHERE finding.status = %s AND NOT member.created
"""

CLOSE = """
UPDATE findings_presence held SET until_scan_id = %(scan)s, until = %(at)s
WHERE series_id = %(series)s AND until_scan_id IS NULL
    AND NOT EXISTS (SELECT FROM member WHERE member.finding_id = held.finding_id)
RETURNING finding_id
"""

OPEN = """
INSERT INTO findings_presence (finding_id, series_id, from_scan_id, since)
SELECT finding_id, %(series)s, %(scan)s, %(at)s FROM member
WHERE NOT EXISTS (SELECT FROM findings_presence held WHERE held.series_id = %(series)s
    AND held.finding_id = member.finding_id AND held.until_scan_id IS NULL)
RETURNING finding_id
"""

MOVED_KNOWN = "SELECT finding_id FROM moved JOIN member USING (finding_id) WHERE NOT member.created"

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
WHERE NOT EXISTS (SELECT FROM membership held WHERE held.finding_id = member.finding_id AND held.scan_id = %(scan)s)
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


def fold_presence(fold: Fold) -> Scan:
    """Store the scan and make the intervals of its series those of the set of scans now held.

    Fills the temporary table `touched` (finding_id) with the findings whose status that may change: those whose
    intervals changed, and those that a person called resolved and that are here once more. Needs `member`.
    """
    touch(SEEN_AGAIN, [DecisionKind.RESOLVED.value])
    retired = retired_beside(fold.series_id)
    scan = _fold(fold)
    if retired:
        touch_open(retired)
    return scan


def _fold(fold: Fold) -> Scan:
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS membership, interval_anew")
        if fold.scan is None and _is_latest(fold):
            return _append(fold)
        cursor.execute(MEMBERSHIPS, {"series": fold.series_id})
        scan = store_scan(fold)
        named = {"series": fold.series_id, "scan": scan.pk}
        cursor.execute(ADD_MEMBERS, named)
        cursor.execute("ANALYZE membership")
        cursor.execute(INTERVALS, named)
        cursor.execute("CREATE INDEX ON interval_anew (finding_id)")
        cursor.execute("ANALYZE interval_anew")
        for statement in (DROP_OLD, STORE_NEW):
            cursor.execute(f"WITH moved AS ({statement}) INSERT INTO touched SELECT finding_id FROM moved", named)
    return scan


def _is_latest(fold: Fold) -> bool:
    scans = Scan.objects.filter(series_id=fold.series_id, scanned_at__gte=fold.at)
    return not any((scan.scanned_at, scan.digest) >= (fold.at, fold.digest) for scan in scans)


def _append(fold: Fold) -> Scan:
    scan = store_scan(fold)
    named: dict[str, Any] = {"series": fold.series_id, "scan": scan.pk, "at": scan.scanned_at}
    # A finding that is new to us was stored as new and present, which is what it is unless somebody decided before.
    opened = "TABLE moved" if decides_ahead(source_kind=fold.source_kind, api_id=fold.api_id) else MOVED_KNOWN
    with connection.cursor() as cursor:
        if scan.complete:
            cursor.execute(f"WITH moved AS ({CLOSE}) INSERT INTO touched TABLE moved", named)
        cursor.execute(f"WITH moved AS ({OPEN}) INSERT INTO touched {opened}", named)
    return scan
