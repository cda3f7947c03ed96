"""Compliance by REST: how the APIs in sight stand against the framework, now or as of any second that is past."""

from datetime import UTC, datetime
from typing import Any, ClassVar, Final

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from rest_framework import serializers
from rest_framework.response import Response
from typing_extensions import override

from inventory.access.api.asking import Parameter, choice, text
from inventory.access.api.resources import Listing, Resource
from inventory.access.api.signing_in import ApiRequest
from inventory.api.endpoints import api_asked_for
from posture.choices import ComplianceState
from posture.models import Compliance
from posture.records import FRAMEWORK, REQUIREMENTS
from posture.selectors.compliance import RequirementRow, standing, stood


def second(name: str, meaning: str) -> Parameter:
    """Return a parameter that is a moment with its zone, to the second."""

    def read(value: str) -> datetime:
        try:
            moment = parse_datetime(value)
            if moment is not None and moment.tzinfo is not None:
                return moment.astimezone(UTC).replace(microsecond=0)
        except (ValueError, OverflowError):
            pass
        msg = f"is “{value[:40]}”; write a moment with its zone, such as 2026-01-31T12:00:00Z"
        raise ValueError(msg)

    return Parameter(name=name, meaning=meaning, read=read, bounds={"format": "date-time"})


AT: Final = second("at", "The second to tell of, with its zone; left out, or to come, it is now.")


def asked_second(resource: Resource) -> datetime:
    """Return the second that a request asks for, never one to come."""
    now = timezone.now().replace(microsecond=0)
    at: datetime = resource.asked.get("at", now)
    return min(at, now)


class Named(serializers.Serializer[RequirementRow]):
    """One requirement: how many APIs are in each state, of how many, and how many findings are open.

    `state` is the worst there is, null without any API; an API that nothing tested does not meet it.
    """

    requirement = serializers.CharField(source="requirement.short")
    title = serializers.CharField(source="requirement.title")
    state = serializers.ChoiceField(source="counted.state", choices=ComplianceState.choices, allow_null=True)
    met = serializers.IntegerField(source="counted.met")
    total = serializers.IntegerField(source="counted.total")
    states = serializers.DictField(source="counted.numbers", child=serializers.IntegerField())
    open = serializers.IntegerField()


class ComplianceAnswer(serializers.Serializer[Any]):
    """The state at the end of a second. `digest` is SHA-256 over every result: equal when these tell the same."""

    framework = serializers.CharField()
    at = serializers.DateTimeField()
    apis = serializers.IntegerField()
    digest = serializers.CharField()
    requirements = Named(many=True)


class ComplianceSummary(Resource):
    """Compliance in numbers."""

    tag = "compliance"
    parameters: ClassVar = (AT, text("api", "Code of an API: its own state instead of that of all in sight."))
    says: ClassVar = {"GET": {200: ComplianceAnswer}}

    def get(self, _request: ApiRequest) -> Response:
        """Return how the APIs you may see stood at a second, by requirement."""
        api = api_asked_for(self.principal, self.asked["api"]) if "api" in self.asked else None
        stands = standing(principal=self.principal, at=asked_second(self), api=api)
        told: Any = {
            "framework": FRAMEWORK, "at": stands.at, "apis": stands.apis, "digest": stands.digest,
            "requirements": stands.rows,
        }  # fmt: skip
        return Response(ComplianceAnswer(told).data)


class ResultRow(serializers.Serializer[Compliance]):
    """One API by one requirement, as it stood from `since`.

    `judged` and `unknown` count our checks, `open` and `accepted` findings; `findings` names the worst of these by
    code.
    """

    api = serializers.CharField(source="api.code")
    requirement = serializers.CharField()
    state = serializers.ChoiceField(choices=ComplianceState.choices)
    open = serializers.IntegerField()
    accepted = serializers.IntegerField()
    judged = serializers.IntegerField()
    unknown = serializers.IntegerField()
    findings = serializers.SerializerMethodField()
    since = serializers.DateTimeField()

    def get_findings(self, row: Compliance) -> list[str]:
        """Return the codes of the findings that stand in the way."""
        return [str(code) for code, *_ in row.failing]


class ComplianceResults(Listing[Compliance]):
    """Each API you may see by each requirement, as of a second."""

    tag = "compliance"
    name: ClassVar = "compliance"
    filters: ClassVar = (
        AT,
        text("api", "Code of the API."),
        choice("requirement", "The requirement.", [entry.short for entry in REQUIREMENTS]),
        choice("state", "How it stood.", ComplianceState.values),
    )
    row = ResultRow

    @override
    def rows(self) -> QuerySet[Compliance]:
        """Return the results in sight that were asked for."""
        asked = dict(self.asked)
        found = stood(self.principal, asked_second(self)).select_related("api")
        if "api" in asked:
            found = found.filter(api=api_asked_for(self.principal, asked["api"]))
        return found.filter(**{name: asked[name] for name in ("requirement", "state") if name in asked})
