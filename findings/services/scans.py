"""Scans of a series: which one a report's share belongs to, the parts it is made of, and what makes it complete."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from findings.models import Report, Scan, ScanPart, Series
from findings.services.retirement import SILENT_FOR
from findings.services.staging import RECORD_DIGEST


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What document and uploader say of a scan.

    `complete` is False when the uploader said so or the reader skipped an item; such a scan closes nothing.
    """

    at: datetime
    at_source: str
    scan_id: str = ""
    parts: int | None = None
    complete: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """One report's share of one series, staged under the number `share`; `digest` is that of its records."""

    series_id: int
    share: int
    source_kind: str
    name: str
    api_id: int | None
    digest: str
    stated: Stated
    report: Report
    scan: Scan | None
    """The scan that is held already and that this share belongs to."""

    @property
    def at(self) -> datetime:
        """The time of the scan: that of its earliest part."""
        return min(self.scan.scanned_at, self.stated.at) if self.scan else self.stated.at

    @property
    def staged(self) -> dict[str, Any]:
        """The parameters that pick this share's rows out of the staging table."""
        return {"share": self.share}


STAGED = "staged.share = %(share)s"

SHARE_DIGEST = f"""
SELECT encode(sha256(convert_to(coalesce(string_agg(record_digest, ' ' ORDER BY record_digest), ''), 'UTF8')), 'hex')
FROM staged WHERE {STAGED}
"""

UNION_DIGEST = f"""
SELECT encode(sha256(convert_to(coalesce(string_agg(record, ' ' ORDER BY record), ''), 'UTF8')), 'hex')
FROM (SELECT {RECORD_DIGEST.format(speaks="speaks", instances="instances")} AS record
      FROM findings_sighting WHERE scan_id = %s) AS records
"""

# What earlier parts said of a finding is added to what this one says; the higher digest speaks for both.
ADD_EARLIER_PARTS = f"""
UPDATE staged SET instances = staged.instances + sighting.instances, outspoken = sighting.speaks > staged.speaks,
    speaks = greatest(staged.speaks, sighting.speaks), record_digest = {
    RECORD_DIGEST.format(
        speaks="greatest(staged.speaks, sighting.speaks)", instances="(staged.instances + sighting.instances)"
    )
}
FROM findings_sighting sighting JOIN findings_finding held ON held.id = sighting.finding_id
WHERE sighting.scan_id = %(scan)s AND held.fingerprint = staged.fingerprint AND {STAGED}
"""

KEEP_SIGHTINGS = f"""
INSERT INTO findings_sighting (scan_id, finding_id, instances, speaks)
SELECT %(scan)s, member.finding_id, staged.instances, staged.speaks
FROM member JOIN staged ON staged.fingerprint = member.fingerprint WHERE {STAGED}
ON CONFLICT (scan_id, finding_id) DO UPDATE SET instances = excluded.instances, speaks = excluded.speaks
"""


def share_digest(share: int) -> str:
    """Return SHA-256 over the sorted digests of one series' staged records."""
    with connection.cursor() as cursor:
        cursor.execute(SHARE_DIGEST, {"share": share})
        digest: str = cursor.fetchone()[0]
    return digest


def held_scan(*, series: Series, digest: str, stated: Stated) -> Scan | None:
    """Return the scan a share belongs to, if it is held: by its id, else by the same time and the same records."""
    scans = Scan.objects.filter(series=series, scan_id=stated.scan_id)
    if not stated.scan_id:
        scans = scans.filter(scanned_at=stated.at, digest=digest)
    return scans.first()


def is_repeated(fold: Fold) -> bool:
    """Say whether this very share was folded before, so that nothing can change."""
    return (
        fold.scan is not None and fold.scan.parts.filter(digest=fold.digest, whole__gte=fold.stated.complete).exists()
    )


def add_earlier_parts(fold: Fold) -> None:
    """Add to the staged rows what earlier parts of the same scan said of the same findings."""
    if fold.scan is not None:
        with connection.cursor() as cursor:
            cursor.execute(ADD_EARLIER_PARTS, {**fold.staged, "scan": fold.scan.pk})


def store_scan(fold: Fold) -> Scan:
    """Store the scan or its new part, with the sightings of its members while parts may still come.

    A scan is complete when every part is whole and all expected ones, if a number was stated, have arrived.
    The table `member` must hold the share's findings.
    """
    scan = fold.scan or Scan(series_id=fold.series_id, scan_id=fold.stated.scan_id, digest=fold.digest)
    scan.scanned_at = fold.at
    if fold.scan is None or fold.stated.at < fold.scan.scanned_at:
        scan.scanned_at_source = fold.stated.at_source
    scan.parts_expected = max(filter(None, (scan.parts_expected, fold.stated.parts)), default=None)
    if fold.scan is None:
        scan.complete = False
        scan.save()
    ScanPart.objects.update_or_create(
        scan=scan, digest=fold.digest, defaults={"whole": fold.stated.complete}, create_defaults={
            "report": fold.report, "whole": fold.stated.complete},
    )  # fmt: skip
    arrived = list(scan.parts.values_list("whole", flat=True))
    all_here = scan.parts_expected is None or len(arrived) >= scan.parts_expected
    scan.complete = all(arrived) and all_here
    final = scan.complete and (not scan.scan_id or scan.parts_expected is not None)
    if fold.scan is not None or not final:
        _keep_members(fold, scan, final=final, several=len(arrived) > 1)
    scan.save()
    Series.objects.filter(pk=fold.series_id, retired_at__lt=scan.scanned_at + SILENT_FOR).update(retired_at=None)
    return scan


def _keep_members(fold: Fold, scan: Scan, *, final: bool, several: bool) -> None:
    with connection.cursor() as cursor:
        cursor.execute(KEEP_SIGHTINGS, {**fold.staged, "scan": scan.pk})
        if several:
            cursor.execute(UNION_DIGEST, [scan.pk])
            scan.digest = cursor.fetchone()[0]
        if final:
            cursor.execute("DELETE FROM findings_sighting WHERE scan_id = %s", [scan.pk])
