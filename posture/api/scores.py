"""The score of one API: what it is, what it is made of, and what to fix first."""

from typing import Any, ClassVar

from django.utils import timezone
from rest_framework import serializers
from rest_framework.response import Response
from typing_extensions import override

from inventory.access.api.resources import Resource
from inventory.access.api.signing_in import ApiRequest
from posture.api.apis import api_in_sight
from posture.choices import Band
from posture.models import CurrentScore
from posture.records import Step
from posture.services.reading import StoredFactor, factors_of, plan_of


class FactorRow(serializers.Serializer[StoredFactor]):
    """One thing a score is made of; the points of all of them add up to it.

    `kind` is `finding` (`key` is its code), `threat` (`key` is its category), `incident`, `class` (`count` smaller
    findings of the class `key`) or `rest` (`count` smaller findings of all other classes). `if_fixed` is by how much
    the score falls without it, null for the last two; it differs from the points, since chances overlap.
    """

    kind = serializers.CharField()
    key = serializers.CharField()
    points = serializers.FloatField()
    if_fixed = serializers.FloatField(allow_null=True)
    count = serializers.IntegerField()

    @override
    def get_fields(self) -> dict[str, Any]:
        """Add the field whose name is a word of Python."""
        return {**super().get_fields(), "class": serializers.CharField(source="group")}


class StepRow(serializers.Serializer[Step]):
    """One step of the plan: fix what `kind` and `key` name, as in a factor.

    After all steps before it the score falls by `gain` to `score`.
    """

    kind = serializers.SerializerMethodField()
    key = serializers.SerializerMethodField()
    gain = serializers.FloatField()
    score = serializers.FloatField()

    @override
    def get_fields(self) -> dict[str, Any]:
        """Add the field whose name is a word of Python."""
        return {**super().get_fields(), "class": serializers.CharField(source="group")}

    def get_kind(self, step: Step) -> str:
        """Return what is fixed."""
        return step.name.partition(":")[0]

    def get_key(self, step: Step) -> str:
        """Return which one is fixed."""
        return step.name.partition(":")[2]


class ScoreAnswer(serializers.Serializer[Any]):
    """A score from 0 to 100 with its reasons, all null and empty while the API is not scored.

    `inherent` is what it would be with accepted findings in it, `coverage` the percentage of checks with a fresh
    result, null without any.
    """

    api = serializers.CharField()
    score = serializers.FloatField(allow_null=True)
    inherent = serializers.FloatField(allow_null=True)
    coverage = serializers.IntegerField(allow_null=True)
    band = serializers.ChoiceField(choices=Band.choices, allow_null=True)
    model_version = serializers.IntegerField(allow_null=True)
    computed_at = serializers.DateTimeField(allow_null=True)
    factors = FactorRow(many=True)
    plan = StepRow(many=True)


class ApiScore(Resource):
    """The score of one API."""

    tag = "apis"
    says: ClassVar = {"GET": {200: ScoreAnswer}}

    def get(self, _request: ApiRequest, code: str) -> Response:
        """Return the score as it stands, with when it was computed, its factors largest first, and the plan."""
        api = api_in_sight(self.principal, code)
        seen = CurrentScore.objects.visible_to(self.principal).select_related("point__model")
        current = seen.filter(api=api).first()
        point = current.point if current else None
        told = {
            "api": api.code,
            "score": current.score if current else None,
            "inherent": current.inherent if current else None,
            "coverage": current.coverage if current else None,
            "band": current.band if current else None,
            "model_version": point.model.version if point else None,
            "computed_at": current.computed_at if current else None,
            "factors": factors_of(point) if point else (),
            "plan": plan_of(api=api, point=point, now=timezone.now()) if point else (),
        }
        return Response(ScoreAnswer(told).data)
