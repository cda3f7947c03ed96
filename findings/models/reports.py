"""Reports, and the series and scans they are folded into."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from typing_extensions import override

from inventory.access.models import Team
from inventory.access.records import Principal
from inventory.jobs.models import Blob, Job
from inventory.models import Api


class ReportQuerySet(models.QuerySet["Report"]):
    """Questions about reports."""

    def visible_to(self, principal: Principal) -> Self:
        """Narrow to what the principal uploaded, its teams' and, for organisation roles, all."""
        if principal.sees_all:
            return self
        return self.filter(Q(uploaded_by=principal.uploader_id) | Q(team__in=principal.team_ids))


class Report(models.Model):
    """A document somebody uploaded or a connection pulled; its bytes lie sealed in the blob until they expire."""

    code = models.CharField(max_length=16, unique=True)
    blob = models.ForeignKey(Blob, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    digest = models.CharField(max_length=64)
    name = models.CharField(max_length=300)
    format = models.CharField(max_length=40)
    options = models.JSONField(default=dict, blank=True)
    uploaded_at = models.DateTimeField()
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    job = models.ForeignKey(Job, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    folded_at = models.DateTimeField(null=True, blank=True)
    counts = models.JSONField(default=dict, blank=True)

    objects = ReportQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["digest", "-uploaded_at"], name="report_digest")]

    @override
    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Series(models.Model):
    """What is scanned again and again: one source, one API, one name ("nightly full", "upload").

    Without an API it belongs to the team or the person who uploaded it, and its findings are unmapped.
    """

    source_kind = models.CharField(max_length=100)
    api = models.ForeignKey(Api, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    name = models.CharField(max_length=300)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    uploader = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source_kind", "api", "name", "team", "uploader"], nulls_distinct=False, name="series_once"
            )
        ]

    @override
    def __str__(self) -> str:
        return f"{self.source_kind}: {self.name}"


class Scan(models.Model):
    """One pass over a series. Scans are ordered by (`scanned_at`, `digest`), never by arrival.

    `digest` is SHA-256 over the sorted digests of the normalised records of all its parts. An incomplete scan
    closes nothing.
    """

    series = models.ForeignKey(Series, on_delete=models.PROTECT, related_name="scans")
    scan_id = models.CharField(max_length=300, blank=True)
    scanned_at = models.DateTimeField()
    scanned_at_source = models.CharField(max_length=10)
    digest = models.CharField(max_length=64)
    complete = models.BooleanField()
    parts_expected = models.IntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["series", "scan_id"], condition=~Q(scan_id=""), name="scan_id_once_per_series"
            ),
            models.UniqueConstraint(
                fields=["series", "scanned_at", "digest"], condition=Q(scan_id=""), name="scan_once_per_series"
            ),
        ]

    @override
    def __str__(self) -> str:
        return f"{self.series} at {self.scanned_at:%Y-%m-%d %H:%M}"


class ScanPart(models.Model):
    """One report's share of a scan; `digest` is that of its own records, `whole` that none of them was skipped."""

    scan = models.ForeignKey(Scan, on_delete=models.PROTECT, related_name="parts")
    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="parts")
    digest = models.CharField(max_length=64)
    whole = models.BooleanField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scan", "digest"], name="scan_part_once")]

    @override
    def __str__(self) -> str:
        return f"part of {self.scan}"


class ColumnMapping(models.Model):
    """Which columns of the tables of a series hold what (`findings.connectors.generic.mapping`), as a person said.

    `team` is the one that uploads the series, None for those who see the whole organisation.
    """

    series = models.CharField(max_length=300)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    mapping = models.JSONField()
    saved_at = models.DateTimeField()
    saved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["series", "team"], nulls_distinct=False, name="column_mapping_once")
        ]

    @override
    def __str__(self) -> str:
        return f"columns of {self.series}"
