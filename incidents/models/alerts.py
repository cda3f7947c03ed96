"""Single alerts, deliveries that were had, and what the alerts of an API weigh."""

from typing import Self

from django.db import models
from django.db.models import Exists, OuterRef
from typing_extensions import override

from findings.models import Report
from findings.status import SeverityRank
from incidents.models.episodes import Episode
from inventory.access.records import Principal
from inventory.models import Api, ApiTeam, Connection


class Alert(models.Model):
    """One alert as its tool told it, in monthly partitions by `happened_at`.

    `uid` is the digest of what the tool calls it, `scope` whose it is: the same alert told twice is one row. Nothing of
    what an attacker sent is in it; the document itself lies sealed in the blob of its report.
    """

    monthly_partitions = True

    pk = models.CompositePrimaryKey("id", "happened_at")
    id = models.BigIntegerField(
        db_default=models.Func(models.Value("incidents_alert_id_seq"), function="nextval"), editable=False
    )
    happened_at = models.DateTimeField()
    scope = models.CharField(max_length=40)
    uid = models.CharField(max_length=64)
    api = models.ForeignKey(
        Api, on_delete=models.PROTECT, db_constraint=False, null=True, related_name="+", db_index=False
    )
    episode = models.ForeignKey(
        Episode, on_delete=models.PROTECT, db_constraint=False, related_name="rows", db_index=False
    )
    report = models.ForeignKey(
        Report, on_delete=models.PROTECT, db_constraint=False, null=True, related_name="+", db_index=False
    )
    category = models.CharField(max_length=6, blank=True)
    severity = models.SmallIntegerField(choices=SeverityRank)
    outcome = models.CharField(max_length=10)
    events = models.IntegerField()
    sample = models.JSONField()
    title = models.CharField(max_length=300)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scope", "uid", "happened_at"], name="alert_once")]
        indexes = [
            models.Index(fields=["episode"], name="alert_episode"),
            models.Index("api", "happened_at", condition=models.Q(api__isnull=False), name="alert_api"),
        ]

    @override
    def __str__(self) -> str:
        return f"{self.uid} at {self.happened_at:%Y-%m-%d %H:%M}"


class SeenDelivery(models.Model):
    """A delivery of a webhook that was taken in, remembered for as long as its signature would hold, and longer."""

    source = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="+", db_index=False)
    delivery = models.CharField(max_length=64)
    at = models.DateTimeField()
    until = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name_plural = "seen deliveries"
        constraints = [models.UniqueConstraint(fields=["source", "delivery"], name="delivery_once")]

    @override
    def __str__(self) -> str:
        return self.delivery


class ThreatStateQuerySet(models.QuerySet["ThreatState"]):
    """Questions about threats."""

    def visible_to(self, principal: Principal) -> Self:
        """Narrow to those of visible APIs."""
        if principal.sees_all:
            return self
        held = ApiTeam.objects.filter(api=OuterRef("api"), until=None, team_id__in=principal.team_ids)
        return self.filter(Exists(held))


class ThreatState(models.Model):
    """What the alerts of one category weigh on an API as of a moment (`scoring.threat`)."""

    api = models.ForeignKey(Api, on_delete=models.PROTECT, related_name="threats", db_index=False)
    category = models.CharField(max_length=6)
    passed = models.FloatField(default=0)
    blocked = models.FloatField(default=0)
    as_of = models.DateTimeField()

    objects = ThreatStateQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["api", "category"], name="threat_once")]

    @override
    def __str__(self) -> str:
        return f"{self.category} on {self.api_id}"
