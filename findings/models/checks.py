"""What our own checks found, with history."""

from typing import Self

from django.db import models
from django.db.models import F, Q
from typing_extensions import override

from findings.models.scope import held_by
from findings.status import SeverityRank
from inventory.access.records import Principal
from inventory.checks.base import Result
from inventory.models import Api, Endpoint


class CheckResultQuerySet(models.QuerySet["CheckResult"]):
    """Questions about results of checks."""

    def visible_to(self, principal: Principal) -> Self:
        """Narrow to results of visible APIs."""
        return self if principal.sees_all else self.filter(held_by(principal))

    def current(self) -> Self:
        """Narrow to what stands now."""
        return self.filter(until=None)


class CheckResult(models.Model):
    """What a check said of an API or one of its endpoints, from `since` until something changed.

    A row without an end is what stands now. Where a check does not apply there is no row. `check_name` is the slug of
    the check. Like findings, these rows are written by one service only, many at a time.
    """

    check_name = models.CharField(max_length=60)
    api = models.ForeignKey(
        Api, on_delete=models.PROTECT, db_constraint=False, related_name="check_results", db_index=False
    )
    endpoint = models.ForeignKey(
        Endpoint, on_delete=models.PROTECT, db_constraint=False, null=True, blank=True, related_name="+", db_index=False
    )
    result = models.CharField(max_length=7, choices=[(word.value, word.value.capitalize()) for word in Result])
    severity = models.SmallIntegerField(choices=SeverityRank)
    evidence = models.CharField(max_length=600)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)

    objects = CheckResultQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["api", "check_name", "endpoint"],
                condition=Q(until=None),
                nulls_distinct=False,
                name="check_result_one_current",
            ),
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gte=F("since")), name="check_result_ends_after_start"
            ),
        ]
        indexes = [
            models.Index(fields=["api", "since"], name="check_result_history"),
            models.Index("endpoint", condition=Q(until=None, endpoint__isnull=False), name="check_result_of_endpoint"),
        ]

    @override
    def __str__(self) -> str:
        return f"{self.check_name}: {self.result}"


class Coverage(models.Model):
    """How many of the checks that apply to an API have a result now; no row while none applies.

    A check has one when it failed somewhere, or when nothing it looks at is unknown.
    """

    api = models.OneToOneField(Api, on_delete=models.PROTECT, primary_key=True, related_name="check_coverage")
    judged = models.SmallIntegerField()
    applicable = models.SmallIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(applicable__gt=0, judged__gte=0, judged__lte=F("applicable")), name="coverage_share"
            )
        ]

    @override
    def __str__(self) -> str:
        return f"{self.judged} of {self.applicable} checks"
