"""What is wrong: reports, the series and scans they belong to, findings, their presence and people's decisions."""

from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, OuterRef, Q

from findings.status import OPEN, DecisionKind, SeverityRank, Status
from inventory.access.models import Team
from inventory.access.records import Principal
from inventory.jobs.models import Blob, Job
from inventory.models import Api, ApiTeam, Endpoint


def _held_by(principal: Principal) -> Exists:
    return Exists(ApiTeam.objects.filter(api=OuterRef("api"), until=None, team_id__in=principal.team_ids))


class ReportQuerySet(models.QuerySet["Report"]):
    """Questions about reports."""

    def visible_to(self, principal: Principal) -> Self:
        """Narrow to what the principal uploaded, its teams' and, for organisation roles, all."""
        if principal.sees_all:
            return self
        return self.filter(Q(uploaded_by=principal.user_id) | Q(team__in=principal.team_ids))


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

    def __str__(self) -> str:
        return f"part of {self.scan}"


class FindingQuerySet(models.QuerySet["Finding"]):
    """Questions about findings."""

    def visible_to(self, principal: Principal) -> Self:
        """Narrow to findings of visible APIs; unmapped ones to their uploader, its team and organisation roles."""
        if principal.sees_all:
            return self
        unmapped = Q(api=None) & (Q(series__uploader=principal.user_id) | Q(series__team__in=principal.team_ids))
        return self.filter(_held_by(principal) | unmapped)

    def open(self) -> Self:
        """Narrow to those that count: new, triaged, in progress, reopened."""
        return self.filter(status__in=OPEN, moved_to=None)


class Finding(models.Model):
    """One weakness in one place, as the last scan that has it tells it.

    Machine facts only. `status` is derived from presence and decisions (`findings.status.shown`) and can be
    recomputed at any time; no importer and no person writes it directly.
    """

    code = models.CharField(max_length=20, unique=True)
    api = models.ForeignKey(Api, on_delete=models.PROTECT, null=True, blank=True, related_name="findings")
    endpoint = models.ForeignKey(
        Endpoint, on_delete=models.PROTECT, null=True, blank=True, related_name="findings", db_index=False
    )
    series = models.ForeignKey(
        Series, on_delete=models.PROTECT, null=True, blank=True, related_name="unmapped_findings", db_index=False
    )
    fingerprint = models.CharField(max_length=64, unique=True)
    weakness_key = models.CharField(max_length=64)
    source_kind = models.CharField(max_length=100)
    rule = models.CharField(max_length=300)
    weakness_class = models.CharField(max_length=400)
    title = models.CharField(max_length=300)
    message = models.TextField(blank=True)
    remedy = models.TextField(blank=True)
    severity = models.SmallIntegerField(choices=SeverityRank)
    raw_severity = models.CharField(max_length=100, blank=True)
    confidence = models.CharField(max_length=10, blank=True)
    cwe = ArrayField(models.IntegerField(), default=list, blank=True)
    cve = models.CharField(max_length=30, blank=True)
    cvss = models.FloatField(null=True, blank=True)
    epss = models.FloatField(null=True, blank=True)
    kev = models.BooleanField(default=False)
    method = models.CharField(max_length=20, blank=True)
    url = models.CharField(max_length=2000, blank=True)
    path = models.CharField(max_length=2000, blank=True)
    path_key = models.CharField(max_length=2000, blank=True)
    parameter = models.CharField(max_length=300, blank=True)
    location = models.CharField(max_length=1000, blank=True)
    file = models.CharField(max_length=1000, blank=True)
    line = models.IntegerField(null=True, blank=True)
    instances = models.IntegerField(default=1)
    suppressed = models.BooleanField(default=False)
    record_digest = models.CharField(max_length=64)
    first_seen = models.DateTimeField()
    present = models.BooleanField(default=True)
    status = models.CharField(max_length=14, choices=Status, default=Status.NEW)
    status_until = models.DateTimeField(null=True, blank=True)
    moved_to = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )

    objects = FindingQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index("endpoint", condition=Q(endpoint__isnull=False), name="finding_endpoint"),
            models.Index("series", condition=Q(series__isnull=False), name="finding_unmapped"),
            models.Index("status_until", condition=Q(status_until__isnull=False), name="finding_status_until"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"


class Presence(models.Model):
    """A stretch of scans of one series that had a finding: *the* machine state.

    `from_scan` is the first that has it, `until_scan` the first complete one after that lacks it; without an end the
    finding is open there. `since` and `until` are those scans' times, for questions "as of".
    """

    finding = models.ForeignKey(Finding, on_delete=models.PROTECT, related_name="presences")
    series = models.ForeignKey(Series, on_delete=models.PROTECT, related_name="presences", db_index=False)
    from_scan = models.ForeignKey(Scan, on_delete=models.PROTECT, related_name="+", db_index=False)
    until_scan = models.ForeignKey(
        Scan, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["series", "finding"], condition=Q(until_scan=None), name="presence_one_open"
            )
        ]

    def __str__(self) -> str:
        return f"{self.finding.code} in {self.series}"


class Sighting(models.Model):
    """A finding that a scan had to which parts may still come: `instances` so far, `speaks` of the facts that count."""

    pk = models.CompositePrimaryKey("scan", "finding")
    scan = models.ForeignKey(Scan, on_delete=models.PROTECT, related_name="sightings")
    finding = models.ForeignKey(Finding, on_delete=models.PROTECT, related_name="sightings", db_index=False)
    instances = models.IntegerField()
    speaks = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.finding_id} in {self.scan_id}"


class DecisionQuerySet(models.QuerySet["Decision"]):
    """Questions about decisions."""

    def visible_to(self, principal: Principal) -> Self:
        """Narrow to decisions about what the principal may see; those about a rule are everybody's."""
        if principal.sees_all:
            return self
        about_rule = Q(finding=None, api=None)
        return self.filter(_held_by(principal) | about_rule | Q(finding__in=Finding.objects.visible_to(principal)))


class Decision(models.Model):
    """What a person said of a finding, of a class of weakness on an API, or of a tool's rule everywhere.

    Append-only. `about` is the decision that this one accepts, refuses or undoes; each is answered once. `proof` is
    what supports it: for a duplicate the code of the other finding.
    """

    append_only = True

    finding = models.ForeignKey(Finding, on_delete=models.PROTECT, null=True, blank=True, related_name="decisions")
    api = models.ForeignKey(Api, on_delete=models.PROTECT, null=True, blank=True, related_name="decisions")
    weakness_class = models.CharField(max_length=400, blank=True)
    source_kind = models.CharField(max_length=100, blank=True)
    rule = models.CharField(max_length=300, blank=True)
    kind = models.CharField(max_length=14, choices=DecisionKind)
    reason = models.TextField(blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    about = models.OneToOneField("self", on_delete=models.PROTECT, null=True, blank=True, related_name="answer")
    until = models.DateTimeField(null=True, blank=True)
    proof = models.CharField(max_length=1000, blank=True)

    objects = DecisionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(finding__isnull=False, api=None, weakness_class="", rule="")
                | (Q(finding=None, api__isnull=False, rule="") & ~Q(weakness_class=""))
                | (Q(finding=None, api=None, weakness_class="") & ~Q(rule="")),
                name="decision_one_target",
            )
        ]
        indexes = [
            models.Index("api", "weakness_class", condition=Q(api__isnull=False), name="decision_class"),
            models.Index("source_kind", "rule", condition=~Q(rule=""), name="decision_rule"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} by {self.by}"
