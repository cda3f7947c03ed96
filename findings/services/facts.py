"""Machine facts of findings: new ones are inserted, known ones take over what the last scan that has them says."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from findings.services.scans import FOLDING, Fold, folding_of
from findings.services.staging import FACTS

IDENTITY = ("fingerprint", "code", "source_kind", "rule", "api_id")

KNOWN = """
CREATE TEMPORARY TABLE member ON COMMIT DROP AS
SELECT staged.share, held.id AS finding_id, staged.fingerprint, false AS created
FROM staged JOIN findings_finding held USING (fingerprint) WHERE staged.share = ANY(%(shares)s)
"""

INSERT = f"""
WITH {FOLDING}, fresh AS (
    INSERT INTO findings_finding (
        {", ".join((*IDENTITY, *FACTS))}, endpoint_id, series_id, first_seen, present, status, epss, kev, moved_to_id)
    SELECT {", ".join(f"staged.{column}" for column in (*IDENTITY, *FACTS))},
        endpoint.id, CASE WHEN staged.api_id IS NULL THEN folding.series_id END, folding.at, true, 'new', NULL, false,
        NULL
    FROM staged JOIN folding USING (share)
    LEFT JOIN inventory_endpoint endpoint ON endpoint.api_id = staged.api_id
        AND endpoint.method = staged.method AND endpoint.path_key = staged.path_key
    WHERE NOT EXISTS (SELECT FROM member WHERE member.fingerprint = staged.fingerprint)
    ORDER BY staged.fingerprint
    RETURNING id, fingerprint
)
INSERT INTO member SELECT staged.share, fresh.id, fingerprint, true
FROM fresh JOIN staged USING (fingerprint) WHERE staged.share = ANY(%(shares)s)
"""

# A scan writes facts unless a later one has the finding. Two scans of one instant: the higher record digest speaks,
# so that the order of arrival does not matter.
LATER = """
EXISTS (
    SELECT FROM findings_presence presence
    JOIN findings_scan first ON first.id = presence.from_scan_id
    LEFT JOIN findings_scan gone ON gone.id = presence.until_scan_id
    JOIN findings_scan scan ON scan.series_id = presence.series_id
    WHERE presence.finding_id = held.id AND scan.id <> folding.scan_id AND scan.scanned_at >= folding.at
        AND (scan.scanned_at, scan.digest, scan.id) >= (first.scanned_at, first.digest, first.id)
        AND (gone.id IS NULL OR (scan.scanned_at, scan.digest, scan.id) < (gone.scanned_at, gone.digest, gone.id))
        AND (scan.complete OR EXISTS (SELECT FROM findings_sighting sighting
             WHERE sighting.scan_id = scan.id AND sighting.finding_id = held.id))
        AND (scan.scanned_at > folding.at OR held.record_digest > staged.record_digest))
"""

UPDATE = f"""
WITH {FOLDING}
UPDATE findings_finding held SET {{columns}}
FROM folding JOIN staged USING (share) JOIN member USING (share, fingerprint)
WHERE NOT member.created AND held.id = member.finding_id AND held.record_digest <> staged.record_digest
    AND {{which}} staged.outspoken AND NOT {LATER}
"""

ALL_FACTS = UPDATE.format(columns=", ".join(f"{column} = staged.{column}" for column in FACTS), which="NOT")

# An earlier part of this scan speaks for the finding: only the number of instances grew.
INSTANCES = UPDATE.format(columns="instances = staged.instances, record_digest = staged.record_digest", which="")

SEEN_EARLIER = f"""
WITH {FOLDING}
UPDATE findings_finding held SET first_seen = folding.at FROM member JOIN folding USING (share)
WHERE held.id = member.finding_id AND NOT member.created AND held.first_seen > folding.at
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class FactCounts:
    """How many findings are new to us, how many say something else than before, and how many there are."""

    created: int
    updated: int
    members: int


def write_facts(folds: Sequence[Fold]) -> FactCounts:
    """Write the staged findings of some shares and fill the table `member` (share, finding_id, fingerprint, created).

    No finding may be in two of the shares. Call under their lock, before their scans are stored.
    """
    named = folding_of(folds, [fold.scan for fold in folds])
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS member")
        cursor.execute(KNOWN, named)
        known = cursor.rowcount
        cursor.execute(INSERT, named)
        created = cursor.rowcount
        cursor.execute("CREATE UNIQUE INDEX ON member (finding_id)")
        cursor.execute("ANALYZE member")
        updated = 0
        if known:
            for statement in (ALL_FACTS, INSTANCES):
                cursor.execute(statement, named)
                updated += cursor.rowcount
            cursor.execute(SEEN_EARLIER, named)
    return FactCounts(created=created, updated=updated, members=known + created)
