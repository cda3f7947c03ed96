"""What people write beside a finding, and the days they give themselves."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from typing_extensions import override

from findings.models.findings import Finding
from findings.status import SeverityRank
from inventory.access.records import Principal


class NoteQuerySet(models.QuerySet["Note"]):
    """Questions about notes."""

    def visible_to(self, principal: Principal) -> Self:
        """Narrow to notes on findings the principal may see."""
        return self if principal.sees_all else self.filter(finding__in=Finding.objects.visible_to(principal))


class Note(models.Model):
    """What a person wrote about a finding. Append-only: a note is answered by another note."""

    append_only = True

    finding = models.ForeignKey(Finding, on_delete=models.PROTECT, related_name="notes")
    text = models.TextField()
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    objects = NoteQuerySet.as_manager()

    @override
    def __str__(self) -> str:
        return f"{self.by} on {self.finding}"


class Deadline(models.Model):
    """How many days findings of one severity may stay open; without days they have no deadline."""

    severity = models.SmallIntegerField(choices=SeverityRank, unique=True)
    days = models.IntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(days=None) | Q(days__gte=1, days__lte=3650), name="deadline_days")
        ]

    @override
    def __str__(self) -> str:
        return f"{SeverityRank(self.severity).label}: {self.days} days"
