"""What is done about an incident: playbooks followed, tasks, legal clocks, frozen evidence, and the review."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from typing_extensions import override

from incidents.choices import ClockState, StepAct, TaskState
from incidents.models.episodes import words
from incidents.models.incidents import Incident
from inventory.access.records import Principal


class Playbook(models.Model):
    """One version of a playbook, in full as it was when somebody first followed it; append-only."""

    append_only = True

    slug = models.CharField(max_length=60)
    version = models.IntegerField()
    digest = models.CharField(max_length=64)
    title = models.CharField(max_length=200)
    body = models.JSONField()
    facts = models.JSONField(default=dict)
    kept_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["slug", "version"], name="playbook_version"),
            models.UniqueConstraint(fields=["slug", "digest"], name="playbook_digest"),
        ]

    @override
    def __str__(self) -> str:
        return f"{self.title}, version {self.version}"


class PlaybookRun(models.Model):
    """A playbook that an incident follows, or followed until another took its place."""

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="runs")
    playbook = models.ForeignKey(Playbook, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField()
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint("incident", condition=Q(ended_at=None), name="playbook_run_one")]

    @override
    def __str__(self) -> str:
        return f"{self.playbook} in {self.incident_id}"


class StepMark(models.Model):
    """What somebody said of a step; append-only, the last counts. `note` names what shows it, or why it is skipped."""

    append_only = True

    run = models.ForeignKey(PlaybookRun, on_delete=models.PROTECT, related_name="marks")
    step = models.CharField(max_length=40)
    act = models.CharField(max_length=10, choices=words(StepAct))
    note = models.TextField(blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    @override
    def __str__(self) -> str:
        return f"{self.step} {self.act}"


class IncidentTask(models.Model):
    """Something to be done that no playbook asks for; from a review, an improvement with an owner and a day."""

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="tasks")
    title = models.CharField(max_length=300)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="incident_tasks"
    )
    due_at = models.DateTimeField(null=True, blank=True)
    is_improvement = models.BooleanField(default=False)
    state = models.CharField(max_length=8, choices=words(TaskState), default=TaskState.TODO.value)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    version = models.IntegerField(default=1)

    @override
    def __str__(self) -> str:
        return self.title


class Clock(models.Model):
    """A legal clock that somebody switched on; `due_at` was computed then, under `rule_version`, and moves no more.

    A corrected moment is on the timeline and the trail with the one before it.
    """

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="clocks")
    rule = models.CharField(max_length=20)
    rule_version = models.CharField(max_length=20)
    state = models.CharField(max_length=14, choices=words(ClockState), default=ClockState.RUNNING.value)
    aware_at = models.DateTimeField()
    due_at = models.DateTimeField()
    started_at = models.DateTimeField()
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    filed_at = models.DateTimeField(null=True, blank=True)
    reference = models.CharField(max_length=300, blank=True)
    reason = models.TextField(blank=True)
    stopped_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    version = models.IntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["incident", "rule"], name="clock_once")]
        indexes = [models.Index("due_at", condition=Q(state="running"), name="clock_running")]

    @override
    def __str__(self) -> str:
        return f"{self.rule} of {self.incident_id}"


class EvidenceQuerySet(models.QuerySet["Evidence"]):
    """Questions about evidence."""

    def visible_to(self, principal: Principal) -> Self:
        """Narrow to that of visible incidents."""
        return self.filter(incident__in=Incident.objects.visible_to(principal))


class Evidence(models.Model):
    """What was known at a moment, frozen; append-only. `digest` is the SHA-256 of `body` as it is given out."""

    append_only = True

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="evidence")
    code = models.CharField(max_length=16, unique=True)
    body = models.TextField()
    digest = models.CharField(max_length=64)
    counts = models.JSONField(default=dict)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    objects = EvidenceQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "evidence"

    @override
    def __str__(self) -> str:
        return self.code


class Review(models.Model):
    """What was learned when an incident closed; append-only, one more for each time it closes again."""

    append_only = True

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="reviews")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    what_happened = models.TextField(blank=True)
    went_well = models.TextField(blank=True)
    went_badly = models.TextField(blank=True)
    detection_gap = models.TextField(blank=True)
    lessons = models.TextField(blank=True)

    @override
    def __str__(self) -> str:
        return f"review of {self.incident_id}"
