"""Incidents: what they are about, who is in the room, and the timeline nobody can rewrite."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from typing_extensions import override

from findings.models import Finding
from incidents.choices import EntryKind, Level, Seat, Stage
from incidents.models.episodes import Episode, words
from inventory.access.choices import OrganisationRole, PrincipalKind
from inventory.access.records import Principal
from inventory.models import Api, ApiTeam

SEES_RESTRICTED = OrganisationRole.SECURITY_MANAGER
"""Who sees a restricted incident without being in the room, so that none is lost with the people in it."""


class IncidentQuerySet(models.QuerySet["Incident"]):
    """Questions about incidents."""

    def visible_to(self, principal: Principal) -> Self:
        """Narrow to those on visible APIs and those somebody is in; restricted ones to who is in the room."""
        if principal.kind == PrincipalKind.SYSTEM or SEES_RESTRICTED in principal.organisation_roles:
            return self
        within = Exists(Participant.objects.filter(incident=OuterRef("pk"), until=None, user=principal.uploader_id))
        if principal.sees_all:
            return self.filter(Q(restricted=False) | within)
        held = ApiTeam.objects.filter(until=None, team_id__in=principal.team_ids).values("api")
        harmed = Exists(Link.objects.filter(incident=OuterRef("pk"), removed_at=None, api__in=held))
        return self.filter(Q(harmed, restricted=False) | within)


class Incident(models.Model):
    """One incident as it stands; how it came to that is in its entries and on the trail.

    `revision` counts all that happened in the room, `version` the changes of its own columns: whoever changes those
    names the version they saw.
    """

    code = models.CharField(max_length=16, unique=True)
    title = models.CharField(max_length=300)
    summary = models.TextField(blank=True)
    level = models.CharField(max_length=4, choices=words(Level))
    stage = models.CharField(max_length=14, choices=words(Stage), default=Stage.DECLARED.value)
    restricted = models.BooleanField(default=False)
    detected_at = models.DateTimeField()
    declared_at = models.DateTimeField()
    declared_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    contained_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    version = models.IntegerField(default=1)
    revision = models.IntegerField(default=1)

    objects = IncidentQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["-declared_at", "-id"], name="incident_newest"),
            models.Index("stage", condition=Q(ended_at=None), name="incident_live"),
        ]

    @override
    def __str__(self) -> str:
        return f"{self.code} {self.title}"


class Link(models.Model):
    """What an incident is about: an API it harms, an alert that told of it, a finding of the weakness used."""

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="links")
    api = models.ForeignKey(Api, on_delete=models.PROTECT, null=True, blank=True, related_name="incident_links")
    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, null=True, blank=True, related_name="links")
    finding = models.ForeignKey(Finding, on_delete=models.PROTECT, null=True, blank=True, related_name="incident_links")
    added_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(api__isnull=False, episode=None, finding=None)
                | Q(api=None, episode__isnull=False, finding=None)
                | Q(api=None, episode=None, finding__isnull=False),
                name="link_one_thing",
            ),
            models.UniqueConstraint(
                "incident", "api", "episode", "finding", condition=Q(removed_at=None), nulls_distinct=False,
                name="link_once",
            ),
        ]  # fmt: skip

    @override
    def __str__(self) -> str:
        return f"{self.incident.code} about {self.api or self.episode or self.finding}"


class Participant(models.Model):
    """Somebody in the room, in a seat or without one, from a moment on; ended, never deleted."""

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="participants")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    seat = models.CharField(max_length=20, choices=words(Seat), blank=True)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("incident", "user", "seat", condition=Q(until=None), name="participant_once"),
            models.UniqueConstraint(
                "incident", "seat", condition=Q(until=None) & ~Q(seat=""), name="participant_one_to_a_seat"
            ),
        ]

    @override
    def __str__(self) -> str:
        return f"{self.user} in {self.incident_id}"


class Entry(models.Model):
    """One line of the timeline; append-only. A correction is a new one that points at the old by `supersedes`.

    `at` is when it was written, `happened_at` when it was so. `by` is nobody where the room itself writes.
    """

    append_only = True

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="entries")
    at = models.DateTimeField()
    happened_at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    kind = models.CharField(max_length=16, choices=words(EntryKind))
    text = models.TextField()
    note = models.TextField(blank=True)
    supersedes = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="corrected_by"
    )

    class Meta:
        verbose_name_plural = "entries"
        indexes = [models.Index(F("incident"), F("happened_at").desc(), F("id").desc(), name="entry_newest")]

    @override
    def __str__(self) -> str:
        return f"{self.incident_id}: {self.text[:40]}"
