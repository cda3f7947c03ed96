"""Connections, the configured connectors, and their runs."""

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from typing_extensions import override

from inventory.access.choices import OrganisationRole, PrincipalKind, TeamRole
from inventory.access.models import Team
from inventory.access.records import Principal
from inventory.access.rights import Verb
from inventory.choices import RunState
from inventory.jobs.models import Job


class ConnectionQuerySet(models.QuerySet["Connection"]):
    """Questions about connections."""

    def visible_to(self, principal: Principal) -> Self:
        """Narrow to those of the principal's teams; all for organisation roles."""
        return self if principal.sees_all else self.filter(team__in=principal.team_ids)


class Connection(models.Model):
    """One configured connector: what it reads, how often, for which team.

    Secrets lie in the vault under `owner`. `options` are those of the kind (`inventory.sources`) and of an upload;
    `rule` is that of a schedule, empty for runs by hand only. `egress` holds the private networks and further ports it
    may reach. `cursor` tells by document what was taken in last. The health columns follow the runs.
    """

    code = models.CharField(max_length=16, unique=True)
    kind = models.CharField(max_length=40)
    name = models.CharField(max_length=200)
    options = models.JSONField(default=dict)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, blank=True, related_name="connections")
    rule = models.CharField(max_length=60, blank=True)
    egress = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    cursor = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    paused_at = models.DateTimeField(null=True, blank=True)
    last_run_at = models.DateTimeField(null=True, blank=True)
    last_good_at = models.DateTimeField(null=True, blank=True)
    failures = models.IntegerField(default=0)
    fault = models.TextField(blank=True)

    objects = ConnectionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "name"], nulls_distinct=False, name="connection_name_in_team")
        ]

    @override
    def __str__(self) -> str:
        return self.name

    @property
    def owner(self) -> str:
        """The name under which its secrets are sealed."""
        return f"connection:{self.pk}"

    @property
    def schedule_name(self) -> str:
        """The name of its schedule."""
        return f"connection {self.code}"

    @property
    def principal(self) -> Principal:
        """Who acts when it runs by itself: it may see and upload, for its team or the organisation."""
        scopes = frozenset({Verb.SEE.value, Verb.UPLOAD.value})
        if self.team_id is None:
            return Principal(
                kind=PrincipalKind.CONNECTION, name=self.name, connection_id=self.pk, scopes=scopes,
                organisation_roles=frozenset({OrganisationRole.ANALYST}),
            )  # fmt: skip
        return Principal(
            kind=PrincipalKind.CONNECTION, name=self.name, connection_id=self.pk, scopes=scopes,
            team_roles=((self.team_id, TeamRole.MEMBER),),
        )  # fmt: skip


class RunQuerySet(models.QuerySet["Run"]):
    """Questions about runs."""

    def visible_to(self, principal: Principal) -> Self:
        """Narrow to runs of visible connections."""
        return self if principal.sees_all else self.filter(connection__team__in=principal.team_ids)


class Run(models.Model):
    """One execution of a connection.

    `counts` are of documents: taken, unchanged, left. `faults` are `{"place", "reason"}` and `documents`
    `{"name", "size", "job"}`: the job that reads each.
    """

    code = models.CharField(max_length=16, unique=True)
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="runs")
    job = models.ForeignKey(Job, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    asked_by = models.CharField(max_length=200)
    started_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=RunState)
    counts = models.JSONField(default=dict)
    faults = models.JSONField(default=list)
    documents = models.JSONField(default=list)

    objects = RunQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["connection", "-started_at"], name="run_newest")]

    @override
    def __str__(self) -> str:
        return f"{self.code} of {self.connection}"
