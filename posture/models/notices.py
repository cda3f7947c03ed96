"""What people are told, and by which mail."""

import uuid
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from typing_extensions import override

from inventory.access.records import Principal
from posture.choices import MailState, NoticeKind, Rhythm


class NoticeWish(models.Model):
    """What somebody wants to be told and how; without a row everything, by mail once a day."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, primary_key=True, related_name="notice_wish"
    )
    rhythm = models.CharField(max_length=6, choices=Rhythm, default=Rhythm.DAILY)
    muted = ArrayField(models.CharField(max_length=10, choices=NoticeKind), default=list, blank=True)
    unmailed = ArrayField(models.CharField(max_length=10, choices=NoticeKind), default=list, blank=True)

    @override
    def __str__(self) -> str:
        return f"{self.user}: {self.rhythm}"


class NoticeMail(models.Model):
    """A mail with what was new to somebody; its id is that of the message, and it is begun once."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    state = models.CharField(max_length=7, choices=MailState, default=MailState.PLANNED)

    class Meta:
        indexes = [models.Index(fields=["user", "-made_at"], name="notice_mail_last")]

    @override
    def __str__(self) -> str:
        return f"{self.id} to {self.user_id}"


class NoticeQuerySet(models.QuerySet["Notice"]):
    """Questions about notices."""

    def visible_to(self, principal: Principal) -> Self:
        """Narrow to one's own."""
        return self.filter(user=principal.uploader_id)


class Notice(models.Model):
    """One thing somebody is told, once: `key` is the same however often it is noticed. `count` things make one line."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=10, choices=NoticeKind)
    key = models.CharField(max_length=80)
    text = models.CharField(max_length=400)
    url = models.CharField(max_length=400)
    count = models.IntegerField(default=1)
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)
    mail = models.ForeignKey(NoticeMail, on_delete=models.PROTECT, null=True, blank=True, related_name="notices")

    objects = NoticeQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="notice_once")]
        indexes = [
            models.Index(fields=["user", "-at", "-id"], name="notice_newest"),
            models.Index("user", condition=Q(read_at=None), name="notice_unread"),
        ]

    @override
    def __str__(self) -> str:
        return self.text
