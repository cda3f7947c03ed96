"""Results of our own checks: what each said of an API or an endpoint, now or with what it said before."""

from typing import ClassVar

from django.db.models import QuerySet
from rest_framework import serializers
from typing_extensions import override

from findings.api.findings import SEVERITIES, Place
from findings.models import CheckResult
from findings.status import SeverityRank
from inventory.access.api.asking import choice, flag, text
from inventory.access.api.resources import Listing
from inventory.api.endpoints import api_asked_for
from inventory.checks.base import Result


class CheckRow(serializers.Serializer[CheckResult]):
    """What a check said from `since` until something changed; `until` is null for what stands now.

    `endpoint` is null for what is said of the API as a whole. `severity` is that of the finding a failure becomes.
    """

    api = serializers.CharField(source="api.code")
    check = serializers.CharField(source="check_name")
    endpoint = serializers.SerializerMethodField()
    result = serializers.ChoiceField(choices=[word.value for word in Result])
    severity = serializers.SerializerMethodField()
    evidence = serializers.CharField()
    since = serializers.DateTimeField()
    until = serializers.DateTimeField(allow_null=True)

    def get_endpoint(self, row: CheckResult) -> Place | None:
        """Return the endpoint it is about."""
        return Place(method=row.endpoint.method, path=row.endpoint.path) if row.endpoint else None

    def get_severity(self, row: CheckResult) -> str:
        """Return critical, high, medium, low or info."""
        return SeverityRank(row.severity).name.lower()


class CheckList(Listing[CheckResult]):
    """What our checks say of the APIs you may see: as it stands now, with `history` all they ever said."""

    tag = "checks"
    name: ClassVar = "checks"
    filters: ClassVar = (
        text("api", "Code of the API."),
        text("check", "Name of the check, as the reference lists them."),
        choice("result", "What it said.", [word.value for word in Result]),
        choice("severity", "Severity of what fails.", SEVERITIES),
        flag("history", "Whether what stands no longer is listed as well."),
    )
    row = CheckRow

    @override
    def rows(self) -> QuerySet[CheckResult]:
        """Return the results in sight that were asked for."""
        asked = dict(self.asked)
        found = CheckResult.objects.visible_to(self.principal).select_related("api", "endpoint")
        if not asked.get("history"):
            found = found.current()
        if "api" in asked:
            found = found.filter(api=api_asked_for(self.principal, asked["api"]))
        if "severity" in asked:
            found = found.filter(severity=SeverityRank[asked["severity"].upper()])
        for name, column in (("check", "check_name"), ("result", "result")):
            if name in asked:
                found = found.filter(**{column: asked[name]})
        return found
