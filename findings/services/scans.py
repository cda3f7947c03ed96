"""Scans of a series: which one a report's share belongs to, the parts it is made of, and what makes it complete."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.db import connection
from django.db.models import Q

from findings.models import Report, Scan, ScanPart, Series
from findings.services.retirement import SILENT_DAYS
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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fold:
    """One report's share of one series: `rows` staged under the number `share`, with the digest of their records."""

    share: int
    series: Series
    rows: int
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


FOLDING = """folding AS (
    SELECT * FROM unnest(%(shares)s::int[], %(series)s::bigint[], %(scans)s::bigint[], %(times)s::timestamptz[])
        AS folding (share, series_id, scan_id, at)
)"""
"""Shares that are folded by one statement, as `folding_of` gives them."""


def folding_of(folds: Sequence[Fold], scans: Sequence[Scan | None]) -> dict[str, Any]:
    """Return the parameters of `FOLDING`: folds with their scans, as many; 0 stands for a scan not stored yet."""
    return {
        "shares": [fold.share for fold in folds],
        "series": [fold.series.pk for fold in folds],
        "scans": [scan.pk if scan else 0 for scan in scans],
        "times": [fold.at for fold in folds],
    }


STAGED = "staged.share = %(share)s"

SHARE_DIGESTS = """
SELECT share, count(*), encode(sha256(convert_to(string_agg(record_digest, ' ' ORDER BY record_digest), 'UTF8')), 'hex')
FROM staged GROUP BY share
"""

NO_RECORDS = (0, sha256(b"").hexdigest())
"""Rows and digest of a share without records."""

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
FROM member JOIN staged USING (share, fingerprint) WHERE {STAGED}
ON CONFLICT (scan_id, finding_id) DO UPDATE SET instances = excluded.instances, speaks = excluded.speaks
"""


REVIVE = """
UPDATE findings_series series SET retired_at = NULL FROM findings_scan scan
WHERE scan.id = ANY(%s) AND series.id = scan.series_id AND series.retired_at < scan.scanned_at + %s * interval '1 day'
"""


def share_digests() -> dict[int, tuple[int, str]]:
    """Return of each number in the staging table its rows and SHA-256 over the sorted digests of their records."""
    with connection.cursor() as cursor:
        cursor.execute(SHARE_DIGESTS)
        return {share: (rows, digest) for share, rows, digest in cursor.fetchall()}


Asked = tuple[Series, str, Stated]
"""A share of a series, with its digest and what was stated of it."""


def held_scans(asked: Sequence[Asked]) -> list[Scan | None]:
    """Return of each share the scan it belongs to, if held: by its id, else by the same time and the same records."""
    named = {stated.scan_id for _, _, stated in asked} - {""}
    equal = Q(scan_id="", scanned_at__in={stated.at for _, _, stated in asked}, digest__in={one[1] for one in asked})
    held = Scan.objects.filter(equal | Q(scan_id__in=named), series__in=[series for series, _, _ in asked])
    by_key = {_key(scan.series_id, scan.scan_id, scan.scanned_at, scan.digest): scan for scan in held}
    return [by_key.get(_key(series.pk, stated.scan_id, stated.at, digest)) for series, digest, stated in asked]


def _key(series_id: int, scan_id: str, at: datetime, digest: str) -> tuple[int, str, datetime | None, str]:
    return (series_id, scan_id, None, "") if scan_id else (series_id, "", at, digest)


def repeated(folds: Sequence[Fold]) -> set[Fold]:
    """Return the shares that were folded before just so: nothing can change by them."""
    known = [fold for fold in folds if fold.scan is not None]
    if not known:
        return set()
    parts = ScanPart.objects.filter(scan__in=[fold.scan for fold in known], digest__in={fold.digest for fold in known})
    whole: dict[tuple[Any, str], bool] = {(part.scan_id, part.digest): part.whole for part in parts}
    return {fold for fold in known if fold.scan and whole.get((fold.scan.pk, fold.digest), -1) >= fold.stated.complete}


def add_earlier_parts(fold: Fold) -> None:
    """Add to the staged rows what earlier parts of the same scan said of the same findings."""
    if fold.scan is not None:
        with connection.cursor() as cursor:
            cursor.execute(ADD_EARLIER_PARTS, {**fold.staged, "scan": fold.scan.pk})


def store_scans(folds: Sequence[Fold]) -> list[Scan]:
    """Store each scan or its new part, with the sightings of its members while parts may still come.

    A scan is complete when every part is whole and all expected ones, if a number was stated, have arrived.
    The table `member` must hold the shares' findings. A series that was retired before such a scan is so no longer.
    """
    made = iter(_make_scans([fold for fold in folds if fold.scan is None]))
    scans = [_add_part(fold, fold.scan) if fold.scan else next(made) for fold in folds]
    with connection.cursor() as cursor:
        cursor.execute(REVIVE, [[scan.pk for scan in scans], SILENT_DAYS])
    return scans


def _make_scans(folds: Sequence[Fold]) -> list[Scan]:
    scans = Scan.objects.bulk_create(
        Scan(
            series=fold.series, scan_id=fold.stated.scan_id, digest=fold.digest, scanned_at=fold.at,
            scanned_at_source=fold.stated.at_source, parts_expected=fold.stated.parts or None,
            complete=fold.stated.complete and (fold.stated.parts or 1) <= 1,
        )
        for fold in folds
    )  # fmt: skip
    ScanPart.objects.bulk_create(
        ScanPart(scan=scan, digest=fold.digest, report=fold.report, whole=fold.stated.complete)
        for fold, scan in zip(folds, scans, strict=True)
    )
    for fold, scan in zip(folds, scans, strict=True):
        if not _is_final(scan):
            _keep_members(fold, scan)
    return scans


def _add_part(fold: Fold, scan: Scan) -> Scan:
    if fold.stated.at < scan.scanned_at:
        scan.scanned_at_source = fold.stated.at_source
    scan.scanned_at = fold.at
    scan.parts_expected = max(filter(None, (scan.parts_expected, fold.stated.parts)), default=None)
    ScanPart.objects.update_or_create(
        scan=scan, digest=fold.digest, defaults={"whole": fold.stated.complete}, create_defaults={
            "report": fold.report, "whole": fold.stated.complete},
    )  # fmt: skip
    arrived = list(scan.parts.values_list("whole", flat=True))
    all_here = scan.parts_expected is None or len(arrived) >= scan.parts_expected
    scan.complete = all(arrived) and all_here
    _keep_members(fold, scan)
    with connection.cursor() as cursor:
        if len(arrived) > 1:
            cursor.execute(UNION_DIGEST, [scan.pk])
            scan.digest = cursor.fetchone()[0]
        if _is_final(scan):
            cursor.execute("DELETE FROM findings_sighting WHERE scan_id = %s", [scan.pk])
    scan.save()
    return scan


def _is_final(scan: Scan) -> bool:
    """Say whether no further part of a scan can come."""
    return scan.complete and (not scan.scan_id or scan.parts_expected is not None)


def _keep_members(fold: Fold, scan: Scan) -> None:
    with connection.cursor() as cursor:
        cursor.execute(KEEP_SIGHTINGS, {**fold.staged, "scan": scan.pk})
