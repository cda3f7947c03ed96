"""Findings and where scans saw them.

These are the tables imports write by the hundred thousand. Their foreign keys are kept by the one service that writes
them and nothing they point to is ever deleted; checking them row by row is work an import can do without.
"""

from typing import Final, Self

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Func, Q
from django.db.models.functions import Upper
from django.db.models.lookups import IContains
from typing_extensions import override

from findings.identity import OWN_CHECKS
from findings.models.reports import Scan, Series
from findings.models.scope import held_by
from findings.status import OPEN, SeverityRank, Status
from inventory.access.records import Principal
from inventory.models import Api, Endpoint


class Lines(Func):
    """Columns of text as the lines of one, none of them null."""

    template = "(%(expressions)s)"
    arg_joiner = " || E'\\n' || "
    output_field = models.TextField()


TEXT: Final = Lines("title", "rule", "path")
PLAIN: Final = Lines("title", "rule", "path", template='((%(expressions)s) COLLATE "C")')
"""What findings are looked for by; in plain letters an index helps, which needs this very expression."""


def with_words(text: str) -> Q:
    """Return the condition that title, rule or path of a finding holds a text, in letters of either case."""
    return Q(IContains(PLAIN if text.isascii() else TEXT, text))


class FindingQuerySet(models.QuerySet["Finding"]):
    """Questions about findings."""

    def visible_to(self, principal: Principal) -> Self:
        """Narrow to findings of visible APIs; unmapped ones to their uploader, its team and organisation roles."""
        if principal.sees_all:
            return self
        own = Series.objects.filter(Q(uploader=principal.uploader_id) | Q(team__in=principal.team_ids), api=None)
        return self.filter(held_by(principal) | Q(api=None, series__in=own.values("pk")))

    def open(self) -> Self:
        """Narrow to those that count: new, triaged, in progress, reopened."""
        return self.filter(status__in=OPEN, moved_to=None)


class Finding(models.Model):
    """One weakness in one place, as the last scan that has it tells it.

    Machine facts only. `status` is derived from presence and decisions (`findings.status.shown`) and can be
    recomputed at any time; no importer and no person writes it directly.
    """

    code = models.CharField(max_length=20)
    api = models.ForeignKey(
        Api, on_delete=models.PROTECT, db_constraint=False, null=True, blank=True, related_name="findings"
    )
    endpoint = models.ForeignKey(
        Endpoint,
        on_delete=models.PROTECT,
        db_constraint=False,
        null=True,
        blank=True,
        related_name="findings",
        db_index=False,
    )
    series = models.ForeignKey(
        Series,
        on_delete=models.PROTECT,
        db_constraint=False,
        null=True,
        blank=True,
        related_name="unmapped_findings",
        db_index=False,
    )
    fingerprint = models.CharField(max_length=64)
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
    repository = models.CharField(max_length=1000, blank=True)
    record_digest = models.CharField(max_length=64)
    first_seen = models.DateTimeField()
    present = models.BooleanField(default=True)
    status = models.CharField(max_length=14, choices=Status, default=Status.NEW)
    status_until = models.DateTimeField(null=True, blank=True)
    moved_to = models.ForeignKey(
        "self", on_delete=models.PROTECT, db_constraint=False, null=True, blank=True, related_name="+", db_index=False
    )

    objects = FindingQuerySet.as_manager()

    class Meta:
        # Constraints instead of unique columns: those would each bring a second index, for LIKE.
        constraints = [
            models.UniqueConstraint("code", name="finding_code"),
            models.UniqueConstraint("fingerprint", name="finding_fingerprint"),
        ]
        indexes = [
            models.Index(
                fields=["api", "-severity", "-first_seen", "id"],
                include=["endpoint"],
                condition=Q(status__in=OPEN, moved_to=None),
                name="finding_open_of_api",
            ),
            models.Index(
                fields=["-severity", "-first_seen", "id"],
                include=["api", "series", "source_kind", "status"],
                condition=Q(status__in=OPEN, moved_to=None),
                name="finding_open",
            ),
            # The same in all statuses: for those who look at what is closed, accepted or no finding at all.
            models.Index(
                fields=["-severity", "-first_seen", "id"],
                include=["api", "series", "source_kind", "status"],
                condition=Q(moved_to=None),
                name="finding_any",
            ),
            # For words that few findings have, or none: without it they are looked for in every one.
            GinIndex(OpClass(Upper(PLAIN), "gin_trgm_ops"), name="finding_words"),
            # Of the largest API our own checks are few among very many.
            models.Index("api", condition=Q(source_kind=OWN_CHECKS, present=True), name="finding_of_own_check"),
            models.Index("endpoint", condition=Q(endpoint__isnull=False), name="finding_endpoint"),
            models.Index("series", condition=Q(series__isnull=False), name="finding_unmapped"),
            models.Index("status_until", condition=Q(status_until__isnull=False), name="finding_status_until"),
        ]

    @override
    def __str__(self) -> str:
        return f"{self.code} {self.title}"


class Presence(models.Model):
    """A stretch of scans of one series that had a finding: *the* machine state.

    `from_scan` is the first that has it, `until_scan` the first complete one after that lacks it; without an end the
    finding is open there. `since` and `until` are those scans' times, for questions "as of".
    """

    finding = models.ForeignKey(Finding, on_delete=models.PROTECT, db_constraint=False, related_name="presences")
    series = models.ForeignKey(
        Series, on_delete=models.PROTECT, db_constraint=False, related_name="presences", db_index=False
    )
    from_scan = models.ForeignKey(Scan, on_delete=models.PROTECT, db_constraint=False, related_name="+", db_index=False)
    until_scan = models.ForeignKey(
        Scan, on_delete=models.PROTECT, db_constraint=False, null=True, blank=True, related_name="+", db_index=False
    )
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["series", "finding"], condition=Q(until_scan=None), name="presence_one_open"
            )
        ]

    @override
    def __str__(self) -> str:
        return f"{self.finding.code} in {self.series}"


class Sighting(models.Model):
    """A finding that a scan had to which parts may still come: `instances` so far, `speaks` of the facts that count."""

    pk = models.CompositePrimaryKey("scan", "finding")
    scan = models.ForeignKey(Scan, on_delete=models.PROTECT, db_constraint=False, related_name="sightings")
    finding = models.ForeignKey(
        Finding, on_delete=models.PROTECT, db_constraint=False, related_name="sightings", db_index=False
    )
    instances = models.IntegerField()
    speaks = models.CharField(max_length=64)

    @override
    def __str__(self) -> str:
        return f"{self.finding_id} in {self.scan_id}"
