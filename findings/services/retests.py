"""Answering retests: the first scan after the question that looks where a finding was seen says what became of it."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from findings.models import Retest
from inventory.access.records import SYSTEM, Change
from inventory.access.services.trail import record_changes

# A scan that is not whole answers only by what it has.
ANSWERS = """
SELECT retest.id, finding.code, finding.api_id, scan.id, scan.has, scan.series FROM findings_retest retest
JOIN findings_finding finding ON finding.id = retest.finding_id
CROSS JOIN LATERAL (
    SELECT scan.id, series.source_kind || ' “' || series.name || '”' AS series, EXISTS (
            SELECT FROM findings_presence held WHERE held.finding_id = finding.id AND held.series_id = scan.series_id
                AND held.since <= scan.scanned_at AND (held.until IS NULL OR held.until > scan.scanned_at)) AS has
    FROM findings_scan scan JOIN findings_series series ON series.id = scan.series_id
    WHERE scan.scanned_at > retest.asked_at
        AND scan.series_id IN (SELECT series_id FROM findings_presence WHERE finding_id = finding.id)
        AND (scan.complete OR EXISTS (
            SELECT FROM findings_sighting WHERE scan_id = scan.id AND finding_id = finding.id))
    ORDER BY scan.scanned_at, scan.id LIMIT 1
) AS scan
WHERE retest.answered_at IS NULL AND (%(all)s OR finding.api_id = ANY(%(apis)s))
ORDER BY retest.id FOR UPDATE OF retest
"""


@transaction.atomic
def answer_retests(*, now: datetime, api_ids: Collection[int] | None = None) -> int:
    """Answer the retests of some APIs, or of all, that a scan can answer by now; return how many."""
    given: dict[str, Any] = {"apis": list(api_ids or ()), "all": api_ids is None}
    with connection.cursor() as cursor:
        cursor.execute(ANSWERS, given)
        rows = cursor.fetchall()
    changes = []
    for retest_id, code, api_id, scan_id, has, series in rows:
        answer = Retest.STILL_THERE if has else Retest.GONE
        Retest.objects.filter(pk=retest_id).update(answer=answer, answered_at=now, scan=scan_id)
        changes.append(
            Change(kind="finding", code=code, verb="retest answered", new=answer, source=series[:300], api_id=api_id)
        )
    record_changes(changes, principal=SYSTEM, now=now)
    return len(rows)
