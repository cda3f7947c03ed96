"""What people say: decisions about findings, and rules that map them to APIs."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from typing_extensions import override

from findings.models.findings import Finding
from findings.models.scope import held_by
from findings.status import ACCEPTABLE, DecisionKind
from inventory.access.records import Principal
from inventory.models import Api


class MappingRuleQuerySet(models.QuerySet["MappingRule"]):
    """Questions about mapping rules."""

    def visible_to(self, principal: Principal) -> Self:
        """Narrow to rules that lead to a visible API."""
        return self if principal.sees_all else self.filter(held_by(principal))


class MappingRule(models.Model):
    """A rule that ties findings without an API of their own to one (`findings.mapping`); ended, never deleted."""

    code = models.CharField(max_length=16, unique=True)
    kind = models.CharField(max_length=12)
    pattern = models.CharField(max_length=1000)
    api = models.ForeignKey(Api, on_delete=models.PROTECT, related_name="mapping_rules")
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = MappingRuleQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint("kind", "pattern", "api", condition=Q(ended_at=None), name="mapping_rule_once")
        ]

    @override
    def __str__(self) -> str:
        return f"{self.kind} {self.pattern}"


class DecisionQuerySet(models.QuerySet["Decision"]):
    """Questions about decisions."""

    def visible_to(self, principal: Principal) -> Self:
        """Narrow to decisions about what the principal may see; those about a rule are everybody's."""
        if principal.sees_all:
            return self
        about_rule = Q(finding=None, api=None)
        return self.filter(held_by(principal) | about_rule | Q(finding__in=Finding.objects.visible_to(principal)))

    def waiting(self, *, now: datetime) -> Self:
        """Narrow to requests to accept a risk that nobody answered, that is there, and whose end has not come.

        Where the finding was closed or judged meanwhile a request waits no more; it does again once that is open again.
        """
        there = Q(finding=None) | Q(finding__status__in=ACCEPTABLE)
        return self.filter(there, kind=DecisionKind.ASKED, answer=None, until__gt=now)


class Decision(models.Model):
    """What a person said of a finding, of a class of weakness on an API, or of a tool's rule everywhere.

    Append-only. `about` is the decision that this one accepts, refuses or undoes; each is answered once. `proof` is
    what supports it: for a duplicate the code of the other finding.
    """

    append_only = True

    finding = models.ForeignKey(Finding, on_delete=models.PROTECT, null=True, blank=True, related_name="decisions")
    api = models.ForeignKey(Api, on_delete=models.PROTECT, null=True, blank=True, related_name="decisions")
    weakness_class = models.CharField(max_length=400, blank=True)
    source_kind = models.CharField(max_length=100, blank=True)
    rule = models.CharField(max_length=300, blank=True)
    kind = models.CharField(max_length=14, choices=DecisionKind)
    reason = models.TextField(blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    about = models.OneToOneField("self", on_delete=models.PROTECT, null=True, blank=True, related_name="answer")
    until = models.DateTimeField(null=True, blank=True)
    proof = models.CharField(max_length=1000, blank=True)

    objects = DecisionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(finding__isnull=False, api=None, weakness_class="", rule="")
                | (Q(finding=None, api__isnull=False, rule="") & ~Q(weakness_class=""))
                | (Q(finding=None, api=None, weakness_class="") & ~Q(rule="")),
                name="decision_one_target",
            )
        ]
        indexes = [
            models.Index("api", "weakness_class", condition=Q(api__isnull=False), name="decision_class"),
            models.Index("source_kind", "rule", condition=~Q(rule=""), name="decision_rule"),
        ]

    @override
    def __str__(self) -> str:
        return f"{self.kind} by {self.by}"
