"""Episodes, which the pages call alerts, and what people did with them."""

from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from typing_extensions import override

from findings.status import SeverityRank
from incidents.choices import HARMLESS, Act, Resolution, State
from inventory.access.models import Team
from inventory.access.records import Principal
from inventory.models import Api, ApiTeam, Endpoint


def words(kind: Any) -> list[tuple[str, str]]:
    """Return the words of a vocabulary with their labels."""
    return [(word.value, word.value.replace("_", " ").capitalize()) for word in kind]


class EpisodeQuerySet(models.QuerySet["Episode"]):
    """Questions about episodes."""

    def visible_to(self, principal: Principal) -> Self:
        """Narrow to those on visible APIs; unmapped ones to who brought them, their team and organisation roles."""
        if principal.sees_all:
            return self
        held = ApiTeam.objects.filter(api=OuterRef("api"), until=None, team_id__in=principal.team_ids)
        brought = Q(api=None) & (Q(uploader=principal.uploader_id) | Q(team__in=principal.team_ids))
        return self.filter(Exists(held) | brought)

    def live(self) -> Self:
        """Narrow to those that did not become part of another."""
        return self.filter(moved_to=None)

    def attacking(self, *, since: datetime) -> Self:
        """Narrow to those seen since then that nobody called harmless."""
        return self.filter(last_at__gt=since).exclude(resolution__in=[word.value for word in HARMLESS])


class Episode(models.Model):
    """Alerts of one actor, one rule and one place within one hour.

    Machine facts: a sum over its alerts, whatever order they came in (`transitions.episodes`). `state` and what follows
    it are derived from the steps people took (`transitions.triage`) and can be recomputed; no importer writes them.
    Without an API it belongs to the team or the person who brought it. `path` is masked; `samples` hold no payload.
    """

    code = models.CharField(max_length=16, unique=True)
    key = models.CharField(max_length=64, unique=True)
    api = models.ForeignKey(Api, on_delete=models.PROTECT, null=True, blank=True, related_name="episodes")
    endpoint = models.ForeignKey(Endpoint, on_delete=models.PROTECT, null=True, blank=True, related_name="episodes")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    uploader = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    source_kind = models.CharField(max_length=100)
    actor = models.CharField(max_length=200, blank=True)
    rule = models.CharField(max_length=300)
    title = models.CharField(max_length=300)
    category = models.CharField(max_length=6, blank=True)
    severity = models.SmallIntegerField(choices=SeverityRank)
    outcome = models.CharField(max_length=10)
    method = models.CharField(max_length=20, blank=True)
    host = models.CharField(max_length=260, blank=True)
    port = models.IntegerField(null=True, blank=True)
    path = models.CharField(max_length=2000, blank=True)
    window_start = models.DateTimeField()
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    alerts = models.IntegerField(default=0)
    events = models.BigIntegerField(default=0)
    outcomes = models.JSONField(default=dict)
    samples = models.JSONField(default=list)
    recorded_at = models.DateTimeField()
    moved_to = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    state = models.CharField(max_length=12, choices=words(State), default=State.NEW.value)
    state_until = models.DateTimeField(null=True, blank=True)
    resolution = models.CharField(max_length=14, choices=words(Resolution), blank=True)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = EpisodeQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["-last_at", "id"], name="episode_newest"),
            models.Index("state_until", condition=Q(state_until__isnull=False), name="episode_until"),
            models.Index("last_at", condition=Q(api=None, moved_to=None), name="episode_unmapped"),
            models.Index(
                "api", condition=Q(moved_to=None, state="new", severity__gte=SeverityRank.HIGH), name="episode_asking"
            ),
        ]

    @override
    def __str__(self) -> str:
        return f"{self.code} {self.title}"


class TriageStep(models.Model):
    """One thing a person did with an alert; append-only. `undoes` is the step taken back, each at most once."""

    append_only = True

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="steps")
    act = models.CharField(max_length=14, choices=words(Act))
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    until = models.DateTimeField(null=True, blank=True)
    resolution = models.CharField(max_length=14, choices=words(Resolution), blank=True)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    note = models.TextField(blank=True)
    undoes = models.OneToOneField("self", on_delete=models.PROTECT, null=True, blank=True, related_name="undone_by")

    @override
    def __str__(self) -> str:
        return f"{self.act} {self.episode_id} by {self.by}"
