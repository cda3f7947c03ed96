"""Scores as they were, the score of now, what they add up to, and what fixing buys."""

from typing import Self, TypeVar

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from typing_extensions import override

from inventory.access.models import Team
from inventory.access.records import Principal
from inventory.models import Api, ApiTeam
from posture.choices import Band, PortfolioKind

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

    Made anew after each score that moved, so that the best over many APIs is read and not worked out.
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
