"""How APIs stood against frameworks, and the reports people had made of it."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from typing_extensions import override

from inventory.access.records import Principal
from inventory.jobs.models import Blob
from inventory.models import Api
from posture.choices import ComplianceState, PaperFormat
from posture.models.scores import OfApiQuerySet


class Compliance(models.Model):
    """What an API was said to be by one requirement from `since` until something changed.

    A row without an end is what stands now. `judged` and `unknown` count checks of ours, `open` and `accepted`
    findings; `failing` names the worst of these as [code, title, severity, place, accepted], as they were called then.
    """

    framework = models.CharField(max_length=20)
    requirement = models.CharField(max_length=10)
    api = models.ForeignKey(Api, on_delete=models.PROTECT, db_constraint=False, related_name="+", db_index=False)
    state = models.CharField(max_length=10, choices=ComplianceState)
    open = models.IntegerField()
    accepted = models.IntegerField()
    judged = models.IntegerField()
    unknown = models.IntegerField()
    failing = models.JSONField()
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)

    objects = OfApiQuerySet["Compliance"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["framework", "api", "requirement"], condition=Q(until=None), name="compliance_one_current"
            ),
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gte=models.F("since")), name="compliance_ends_after_start"
            ),
        ]
        indexes = [models.Index("framework", "requirement", "since", name="compliance_history")]

    @override
    def __str__(self) -> str:
        return f"{self.requirement}: {self.state}"


class PaperQuerySet(models.QuerySet["Paper"]):
    """Questions about reports made."""

    def visible_to(self, principal: Principal) -> Self:
        """Narrow to one's own: what a report tells was in sight of whoever asked for it."""
        return self.filter(made_by=principal.uploader_id)


class Paper(models.Model):
    """A report somebody had made: its bytes lie sealed in the blob until they expire.

    `at` is the second it tells of, `digest` that of what it tells.
    """

    code = models.CharField(max_length=16, unique=True)
    framework = models.CharField(max_length=20)
    format = models.CharField(max_length=4, choices=PaperFormat)
    at = models.DateTimeField()
    digest = models.CharField(max_length=64)
    blob = models.ForeignKey(Blob, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = PaperQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["-made_at"], name="paper_newest")]

    @override
    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The name of the file."""
        return f"{self.framework}-{self.at:%Y-%m-%dT%H%M%SZ}.{self.format}"
