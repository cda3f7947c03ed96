"""Durable work, schedules, and sealed bytes: the rows that hold the truth. Redis only carries ids of jobs."""

import uuid
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from typing_extensions import override

from inventory.access.choices import PrincipalKind
from inventory.access.records import Principal
from inventory.jobs.choices import FINAL, LIVE, NOTABLE, Queue, State


class JobQuerySet(models.QuerySet["Job"]):
    """Questions about jobs."""

    def visible_to(self, principal: Principal) -> Self:
        """Return the jobs that the principal may see: all for organisation roles that see all, else its own."""
        if principal.sees_all:
            return self.all()
        if principal.kind == PrincipalKind.TOKEN:
            return self.filter(principal__token_id=principal.token_id)
        if principal.kind == PrincipalKind.CONNECTION:
            return self.filter(principal__connection_id=principal.connection_id)
        if principal.user_id is None:
            return self.none()
        return self.filter(user_id=principal.user_id)

    def live(self) -> Self:
        """Return the jobs that wait or run."""
        return self.filter(state__in=LIVE)


class Job(models.Model):
    """One piece of work, written in the transaction that wants it.

    `key` is held by one row at a time. `attempts` counts starts, before the work; `crashes` those that ended with a
    dead worker. `fence` grows with every start: only the holder of the newest may finish the job. `lease_until`,
    `started_at` and `finished_at` are the database's clock, so that workers on several machines agree.
    `session` is the process id of the database session that started it: a worker lost without a word leaves it open,
    with its locks, and it is ended.
    `progress` is `{"done": int, "total": int | null, "stage": str, "stages": [str]}`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=80)
    title = models.CharField(max_length=300)
    arguments = models.JSONField(default=dict)
    key = models.CharField(max_length=200, null=True)  # noqa: DJ001 - null is "no key": unique where not null
    key_lasts = models.BooleanField(default=False)
    principal = models.JSONField()
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    queue = models.CharField(max_length=10, choices=Queue.choices)
    state = models.CharField(max_length=12, choices=State.choices, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    crashes = models.PositiveSmallIntegerField(default=0)
    fence = models.BigIntegerField(default=0)
    session = models.IntegerField(null=True)
    not_before = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    sends = models.PositiveSmallIntegerField(default=0)
    progress = models.JSONField(default=dict)
    result = models.JSONField(null=True)
    error = models.TextField(default="")
    cancel_requested_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        """The indexes stay off columns that the heartbeat writes: its updates touch no index (HOT)."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["key"], name="job_key"),
            models.CheckConstraint(condition=Q(state__in=State.values), name="job_state"),
            models.CheckConstraint(condition=Q(queue__in=Queue.values), name="job_queue"),
            models.CheckConstraint(
                condition=Q(state__in=FINAL, finished_at__isnull=False) | Q(state__in=LIVE, finished_at__isnull=True),
                name="job_finished",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["state", "created_at"], condition=Q(state__in=NOTABLE), name="job_notable"),
            models.Index(fields=["finished_at"], condition=Q(finished_at__isnull=False), name="job_finished_at"),
            models.Index(fields=["kind", "-created_at"], condition=Q(state=State.QUEUED), name="job_waiting"),
            models.Index(fields=["-created_at", "-id"], name="job_newest"),
            models.Index(fields=["user", "-created_at", "-id"], name="job_newest_of_user"),
        ]

    @override
    def __str__(self) -> str:
        return f"{self.title} ({self.id})"

    @property
    def is_live(self) -> bool:
        """Return True while the job waits or runs."""
        return self.state in LIVE


class Schedule(models.Model):
    """Work that comes again. `rule` is `every <seconds>` or `daily HH:MM` (UTC); see `services.schedules`.

    `seeded` rows come from the code and follow it; `enabled` belongs to people and survives an upgrade.
    """

    name = models.CharField(max_length=120, unique=True)
    rule = models.CharField(max_length=60)
    kind = models.CharField(max_length=80)
    arguments = models.JSONField(default=dict)
    principal = models.JSONField()
    enabled = models.BooleanField(default=True)
    seeded = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    @override
    def __str__(self) -> str:
        return self.name


class Tick(models.Model):
    """One turn of a schedule: the row that makes sure it runs once, however many schedulers there are."""

    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="ticks")
    at = models.DateTimeField()

    class Meta:
        """One row per schedule and time."""

        constraints: ClassVar = [models.UniqueConstraint(fields=["schedule", "at"], name="tick_once")]

    @override
    def __str__(self) -> str:
        return f"{self.schedule_id} at {self.at.isoformat()}"


class Blob(models.Model):
    """Sealed bytes on disk. `where` is the file's path below the blob directory, from the id alone.

    `digest` (HMAC-SHA-256, hex) tells equal bytes and nothing else; it is not unique, since two teams may hold the
    same bytes without knowing of each other. Past `expires_at` the file goes and `dropped_at` is set; the row stays
    for those that refer to it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    digest = models.CharField(max_length=64)
    size = models.BigIntegerField()
    key_id = models.CharField(max_length=40)
    where = models.CharField(max_length=100)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    dropped_at = models.DateTimeField(null=True)

    class Meta:
        """Equality by digest; expiry looks only at what is still there."""

        indexes: ClassVar = [
            models.Index(fields=["digest"], name="blob_digest"),
            models.Index(fields=["expires_at"], condition=Q(dropped_at__isnull=True), name="blob_expiry"),
        ]

    @override
    def __str__(self) -> str:
        return str(self.id)


class Secret(models.Model):
    """A sealed value, bound to its owner (such as `connection:7`) and name. It is written and used, never shown."""

    owner = models.CharField(max_length=120)
    name = models.CharField(max_length=80)
    key_id = models.CharField(max_length=40)
    nonce = models.BinaryField()
    sealed = models.BinaryField()
    rotated_at = models.DateTimeField()

    class Meta:
        """One value per owner and name."""

        constraints: ClassVar = [models.UniqueConstraint(fields=["owner", "name"], name="secret_name")]

    @override
    def __str__(self) -> str:
        return f"{self.owner}/{self.name}"


class KeptAnswer(models.Model):
    """The answer to a request that its sender named (`Idempotency-Key`), given again when the request comes again.

    It commits with what the request did. `principal` is a reference such as `token:3`; `request_digest` (HMAC-SHA-256,
    hex) is over method, address and body.
    """

    principal = models.CharField(max_length=40)
    key = models.CharField(max_length=255)
    request_digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    body = models.JSONField()
    headers = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        """One answer per principal and key."""

        constraints: ClassVar = [models.UniqueConstraint(fields=["principal", "key"], name="kept_answer_once")]
        indexes: ClassVar = [models.Index(fields=["expires_at"], name="kept_answer_expiry")]

    @override
    def __str__(self) -> str:
        return f"{self.key} of {self.principal}"
