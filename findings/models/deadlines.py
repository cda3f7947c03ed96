"""Days to close findings in, what stops a clock, and the moment each open finding is due."""

from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from typing_extensions import override

from findings.models.findings import Finding
from findings.models.reports import Series
from findings.models.scope import held_by
from findings.status import SeverityRank
from inventory.access.records import Principal
from inventory.choices import Criticality, Reach
from inventory.models import Api


class Deadline(models.Model):
    """How many days findings of one severity may stay open; without days they have no deadline.

    With a reach, a criticality or both it is an exception for APIs of that kind (`findings.deadlines.Rule`).
    """

    severity = models.SmallIntegerField(choices=SeverityRank)
    reach = models.CharField(max_length=8, choices=Reach, blank=True)
    criticality = models.CharField(max_length=8, choices=Criticality, blank=True)
    days = models.IntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(days=None) | Q(days__gte=1, days__lte=3650), name="deadline_days"),
            models.UniqueConstraint(fields=["severity", "reach", "criticality"], name="deadline_once"),
        ]

    @override
    def __str__(self) -> str:
        return f"{SeverityRank(self.severity).label}: {self.days} days"


class DeadlineCalendar(models.Model):
    """Which days count for deadlines: one row for all, or none while nobody chose."""

    business = models.BooleanField(default=False)
    holidays = ArrayField(models.DateField(), default=list, blank=True)

    @override
    def __str__(self) -> str:
        return "Business days" if self.business else "All days"


class Pause(models.Model):
    """A stretch in which the clock of a finding stands, with the reason; `ended_at` where it went on before `until`."""

    finding = models.ForeignKey(Finding, on_delete=models.PROTECT, related_name="pauses")
    at = models.DateTimeField()
    until = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    reason = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(until__gt=F("at")), name="pause_forward"),
            models.UniqueConstraint("finding", condition=Q(ended_at=None), name="pause_one_running"),
        ]

    @override
    def __str__(self) -> str:
        return f"{self.finding} until {self.until:%Y-%m-%d}"


class DueQuerySet(models.QuerySet["Due"]):
    """Questions about due dates."""

    def visible_to(self, principal: Principal) -> Self:
        """Narrow to those of findings in sight, by the API they are of: no finding with one need be looked at."""
        if principal.sees_all:
            return self
        own = Series.objects.filter(Q(uploader=principal.uploader_id) | Q(team__in=principal.team_ids), api=None)
        unmapped = Finding.objects.filter(api=None, series__in=own.values("pk"))
        return self.filter(held_by(principal) | Q(api=None, finding__in=unmapped.values("pk")))


class Due(models.Model):
    """When an open finding is due (`findings.deadlines.NEVER` without a deadline); made by `services.due` alone.

    Beside the finding and not in it: imports write that table by the hundred thousand, this one follows in seconds.
    `weakness` is a hash of the second key, by which the same weakness is found in other places.
    """

    finding = models.OneToOneField(
        Finding, on_delete=models.PROTECT, db_constraint=False, primary_key=True, related_name="due"
    )
    api = models.ForeignKey(
        Api, on_delete=models.PROTECT, db_constraint=False, null=True, blank=True, related_name="+", db_index=False
    )
    severity = models.SmallIntegerField(choices=SeverityRank)
    weakness = models.BigIntegerField()
    due_at = models.DateTimeField()

    objects = DueQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["due_at", "finding"], include=["api", "severity"], name="due_in_order"),
            models.Index("weakness", name="due_weakness"),
        ]

    @override
    def __str__(self) -> str:
        return f"{self.finding_id} by {self.due_at:%Y-%m-%d}"


class Assignment(models.Model):
    """Who works on a finding now; without one it is the owner of its API. The trail has who it was before."""

    finding = models.OneToOneField(Finding, on_delete=models.PROTECT, primary_key=True, related_name="assignment")
    assignee = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="assigned_findings")
    at = models.DateTimeField()

    @override
    def __str__(self) -> str:
        return f"{self.finding_id} to {self.assignee_id}"


class Retest(models.Model):
    """A question to the next scan that looks where the finding was seen, whether it is still there.

    Answered by the first scan made later, of a series that has had it, that is whole or has it.
    """

    STILL_THERE = "still there"
    GONE = "gone"

    finding = models.ForeignKey(Finding, on_delete=models.PROTECT, related_name="retests")
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    note = models.TextField(blank=True)
    answer = models.CharField(max_length=12, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    scan = models.ForeignKey(
        "findings.Scan", on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )

    class Meta:
        constraints = [
            models.UniqueConstraint("finding", condition=Q(answered_at=None), name="retest_one_open"),
        ]

    @override
    def __str__(self) -> str:
        return f"{self.finding}: {self.answer or 'asked'}"
