"""How we stand: scores as they were, the score of now, and what they add up to."""

import uuid
from typing import Self, TypeVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, OuterRef, Q
from typing_extensions import override

from inventory.access.models import Team
from inventory.access.records import Principal
from inventory.models import Api, ApiTeam
from posture.choices import Band, ListName, MailState, NoticeKind, PortfolioKind, Rhythm

Row = TypeVar("Row", bound=models.Model)


class OfApiQuerySet(models.QuerySet[Row]):
    """Questions about rows that belong to one API each."""

    def visible_to(self, principal: Principal) -> Self:
        """Narrow to rows of APIs that the principal may see."""
        if principal.sees_all:
            return self
        held = ApiTeam.objects.filter(api=OuterRef("api"), until=None, team_id__in=principal.team_ids)
        return self.filter(Exists(held))


class ScoreModel(models.Model):
    """A version of the weights (`posture.scoring.weights`), in force until a later one is.

    A version without `in_force_from` is a draft that can be tried, and changes no score.
    """

    version = models.IntegerField(unique=True)
    weights = models.JSONField()
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    in_force_from = models.DateTimeField(null=True, blank=True)

    @override
    def __str__(self) -> str:
        return f"Risk model {self.version}"


class ApiScore(models.Model):
    """A change point: what the score of an API was from `at` on, why, and what it was made of. Append-only.

    `factors` is what `posture.services.reading.factors_of` reads; from `inputs` and the model the score can be
    computed again (`posture.services.reading.facts_of`).
    """

    append_only = True

    api = models.ForeignKey(Api, on_delete=models.PROTECT, related_name="scores", db_index=False)
    at = models.DateTimeField()
    score = models.DecimalField(max_digits=5, decimal_places=2)
    inherent = models.DecimalField(max_digits=5, decimal_places=2)
    coverage = models.SmallIntegerField(null=True, blank=True)
    band = models.CharField(max_length=8, choices=Band)
    cause = models.CharField(max_length=300)
    factors = models.JSONField()
    inputs = models.JSONField()
    model = models.ForeignKey(ScoreModel, on_delete=models.PROTECT, related_name="+", db_index=False)

    objects = OfApiQuerySet["ApiScore"].as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["api", "-at", "-id"], name="api_score_newest"),
            models.Index(fields=["-at"], include=["api"], name="api_score_lately"),
        ]

    @override
    def __str__(self) -> str:
        return f"{self.score} from {self.at:%Y-%m-%d %H:%M}"


class CurrentScore(models.Model):
    """The score of an API now: one row each, rewritten in place, for lists to sort by.

    `computed_at` is the last time it was computed, `point` the change point it stands at. `team` and `counted` say
    in which portfolios it is counted; `digest` tells whether the factors changed.
    """

    api = models.OneToOneField(Api, on_delete=models.PROTECT, primary_key=True, related_name="current_score")
    score = models.DecimalField(max_digits=5, decimal_places=2, default=0)
    inherent = models.DecimalField(max_digits=5, decimal_places=2, default=0)
    coverage = models.SmallIntegerField(null=True, blank=True)
    band = models.CharField(max_length=8, choices=Band, default=Band.NONE)
    computed_at = models.DateTimeField()
    point = models.ForeignKey(
        ApiScore, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    counted = models.BooleanField(default=False)
    digest = models.CharField(max_length=32, blank=True)

    objects = OfApiQuerySet["CurrentScore"].as_manager()

    class Meta:
        indexes = [models.Index(fields=["-score", "api"], name="current_score_highest")]
        constraints = [
            models.CheckConstraint(condition=Q(score__gte=0, score__lte=100), name="current_score_0_to_100"),
        ]

    @override
    def __str__(self) -> str:
        return f"{self.score} ({self.band})"


class PortfolioQuerySet(models.QuerySet["Portfolio"]):
    """Questions about portfolios."""

    def visible_to(self, principal: Principal) -> Self:
        """Narrow to the principal's teams; a team principal never receives the organisation's."""
        if principal.sees_all:
            return self
        return self.filter(kind=PortfolioKind.TEAM, key__in=principal.team_ids)


class Portfolio(models.Model):
    """The scores of many APIs in one number: `n` of them and the exact sum of their cubes.

    `key` is the team's id, and 0 for the organisation. APIs without a team are in the organisation's only; retired
    ones in none. The mean is `posture.scoring.portfolios.cubic_mean`.
    """

    kind = models.CharField(max_length=12, choices=PortfolioKind)
    key = models.BigIntegerField()
    n = models.IntegerField()
    cubes = models.BigIntegerField()
    at = models.DateTimeField()

    objects = PortfolioQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "key"], name="portfolio_once")]

    @override
    def __str__(self) -> str:
        return f"{self.kind} {self.key}: {self.n} APIs"


class Fix(models.Model):
    """What fixing a class of weakness on an API would take off its score, as the score stands; the best of each API.

    Made with the score, so that the best over many APIs is read and not worked out.
    """

    api = models.ForeignKey(Api, on_delete=models.PROTECT, related_name="fixes", db_index=False)
    weakness_class = models.CharField(max_length=400)
    count = models.IntegerField()
    gain = models.FloatField()

    objects = OfApiQuerySet["Fix"].as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["api", "weakness_class"], name="fix_once")]
        indexes = [models.Index(fields=["-gain"], name="fix_best")]

    @override
    def __str__(self) -> str:
        return f"{self.weakness_class}: {self.gain:.1f} off"


class TrendQuerySet(models.QuerySet["Trend"]):
    """Questions about how findings went."""

    def visible_to(self, principal: Principal) -> Self:
        """Narrow to the principal's teams; who sees all has the organisation's, which nobody else receives."""
        if principal.sees_all:
            return self.filter(kind=PortfolioKind.ORGANISATION)
        return self.filter(kind=PortfolioKind.TEAM, key__in=principal.team_ids)


class Trend(models.Model):
    """How many findings of one severity were open at the end of a week, and how many were closed in it.

    `key` is the team's id as it holds the APIs now, and 0 for the organisation. Made anew by a job.
    """

    kind = models.CharField(max_length=12, choices=PortfolioKind)
    key = models.BigIntegerField()
    week = models.DateTimeField()
    severity = models.SmallIntegerField()
    open = models.IntegerField()
    closed = models.IntegerField()

    objects = TrendQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "key", "week", "severity"], name="trend_once")]

    @override
    def __str__(self) -> str:
        return f"{self.kind} {self.key} {self.week:%Y-%m-%d}: {self.open} open"


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    """Questions about saved views."""

    def visible_to(self, principal: Principal) -> Self:
        """Narrow to the principal's own and those shared with its teams; the views of others are nobody else's."""
        return self.filter(Q(owner=principal.user_id) | Q(team__in=principal.team_ids))


class SavedView(models.Model):
    """A list as somebody wants to see it again: a name for the part of the address after the question mark.

    Private, or shared with one team of its owner.
    """

    code = models.CharField(max_length=16, unique=True)
    listed = models.CharField(max_length=12, choices=ListName)
    name = models.CharField(max_length=80)
    query = models.CharField(max_length=2000)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="saved_views")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    saved_at = models.DateTimeField()

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "listed", "name"], name="saved_view_once")]

    @override
    def __str__(self) -> str:
        return self.name


class FirstView(models.Model):
    """The saved view somebody sees first when they open a list; one for each list."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    listed = models.CharField(max_length=12, choices=ListName)
    view = models.ForeignKey(SavedView, on_delete=models.PROTECT, related_name="first_for")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "listed"], name="first_view_once")]

    @override
    def __str__(self) -> str:
        return f"{self.view} first"


class DemoInstall(models.Model):
    """That this installation was given the demo's estate: when, by how many days it was moved, and how far it is.

    One row at most. `done_at` is set once everything is there.
    """

    only = models.BooleanField(default=True, unique=True)
    moved_days = models.IntegerField()
    step = models.SmallIntegerField(default=0)
    started_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(only=True), name="demo_install_one")]

    @override
    def __str__(self) -> str:
        return f"Demo, step {self.step}"


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
