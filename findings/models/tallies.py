"""How many findings there are of each kind: kept by the database itself, so that no page counts a million rows."""

from typing import Self

from django.db import models
from django.db.models import Q
from typing_extensions import override

from findings.models.reports import Series
from findings.models.scope import held_by
from findings.status import OPEN, SeverityRank, Status
from inventory.access.records import Principal
from inventory.models import Api, Endpoint


class TallyQuerySet(models.QuerySet["Tally"]):
    """Questions about sums of findings."""

    def visible_to(self, principal: Principal) -> Self:
        """Narrow to sums of findings in sight, by the same rule as the findings themselves."""
        if principal.sees_all:
            return self
        own = Series.objects.filter(Q(uploader=principal.uploader_id) | Q(team__in=principal.team_ids), api=None)
        return self.filter(held_by(principal) | Q(api=None, series__in=own.values("pk")))

    def open(self) -> Self:
        """Narrow to those that count."""
        return self.filter(status__in=OPEN)


class EndpointTallyQuerySet(models.QuerySet["EndpointTally"]):
    """Questions about sums of findings by endpoint; whether an API is in sight is asked of the API."""

    def open(self) -> Self:
        """Narrow to those that count."""
        return self.filter(status__in=OPEN)


class Tally(models.Model):
    """A part of how many findings of an API have a source, a severity and a status; all parts of a kind add up.

    Triggers on the table of findings write it within each transaction that changes one (migration 0011), so that it
    holds for any writer and any moment; what moved to another API counts there. Parts are only added, as nobody shall
    wait for another's, and `services.tallies` folds them. `series` is that of findings without an API.
    """

    api = models.ForeignKey(
        Api, on_delete=models.PROTECT, db_constraint=False, null=True, blank=True, related_name="+", db_index=False
    )
    series = models.ForeignKey(
        Series, on_delete=models.PROTECT, db_constraint=False, null=True, blank=True, related_name="+", db_index=False
    )
    source_kind = models.CharField(max_length=100)
    severity = models.SmallIntegerField(choices=SeverityRank)
    status = models.CharField(max_length=14, choices=Status)
    n = models.IntegerField()

    objects = TallyQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["api", "severity", "status"], include=["n"], name="tally_of_api"),
        ]

    @override
    def __str__(self) -> str:
        return f"{self.n:+} {self.severity} {self.status} of {self.source_kind}"


class EndpointTally(models.Model):
    """A part of how many findings of an endpoint have a severity and a status; kept and folded as `Tally` is.

    By itself, and not one more thing that sums of an API are told apart by: they stay few, and lists add them up.
    """

    endpoint = models.ForeignKey(
        Endpoint, on_delete=models.PROTECT, db_constraint=False, related_name="+", db_index=False
    )
    severity = models.SmallIntegerField(choices=SeverityRank)
    status = models.CharField(max_length=14, choices=Status)
    n = models.IntegerField()

    objects = EndpointTallyQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["endpoint", "severity", "status"], include=["n"], name="tally_of_endpoint"),
        ]

    @override
    def __str__(self) -> str:
        return f"{self.n:+} {self.severity} {self.status} at {self.endpoint_id}"
