"""What people write beside a finding."""

from typing import Self

from django.conf import settings
from django.db import models
from typing_extensions import override

from findings.models.findings import Finding
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
