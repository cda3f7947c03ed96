"""Bytes that say nothing new."""

from dataclasses import replace

from django.db.models import Q

from findings.models import Report, Scan
from findings.services.ingest import IngestCounts


def repeated_report(report: Report) -> IngestCounts | None:
    """Return counts of no change when the same bytes, sent the same way, are the latest of all their series; else None.

    Bytes whose findings had no API before are read again: they may have one by now.
    """
    same = Report.objects.filter(digest=report.digest, options=report.options, format=report.format)
    same = same.filter(uploaded_by=report.uploaded_by, team=report.team).exclude(pk=report.pk)
    earlier = same.exclude(folded_at=None).order_by("-uploaded_at", "-pk").first()
    if earlier is None:
        return None
    counts = IngestCounts(**{**earlier.counts, "api_ids": tuple(earlier.counts["api_ids"])})
    scans = list(Scan.objects.filter(parts__report=earlier))
    if counts.unmapped or not scans or any(_has_later(scan) for scan in scans):
        return None
    total = counts.created + counts.updated + counts.unchanged + counts.reopened
    return replace(counts, created=0, updated=0, closed=0, reopened=0, unchanged=total)


def _has_later(scan: Scan) -> bool:
    later = Q(scanned_at__gt=scan.scanned_at) | Q(scanned_at=scan.scanned_at, digest__gt=scan.digest)
    return Scan.objects.filter(later, series=scan.series_id).exists()
