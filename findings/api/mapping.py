"""Mapping rules: what ties findings without an API to one; made, previewed and ended by people."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from rest_framework import serializers, status
from rest_framework.response import Response
from typing_extensions import TypedDict, override

from findings.errors import FindingsRefused
from findings.mapping import MEANING
from findings.models import MappingRule
from findings.services.mapping import Preview, create_rule, end_rule, preview_rule
from findings.status import SeverityRank
from inventory.access.api.asking import choice, flag, text
from inventory.access.api.bodies import Strict, read_body
from inventory.access.api.errors import not_found, refusing
from inventory.access.api.resources import Listing, Resource
from inventory.access.api.signing_in import ApiRequest
from inventory.access.records import Principal
from inventory.access.rights import Verb
from inventory.api.endpoints import api_asked_for
from inventory.jobs.api.posting import Posting
from inventory.models import Api

KINDS = [kind.value for kind in MEANING]
SAYING = "; ".join(f"{kind.value}: {meaning}" for kind, meaning in MEANING.items()) + "."


class RuleRow(serializers.Serializer[MappingRule]):
    """A mapping rule; one with `ended_at` ties nothing more, and what it tied stays."""

    code = serializers.CharField()
    kind = serializers.ChoiceField(choices=KINDS)
    pattern = serializers.CharField()
    api = serializers.CharField(source="api.code")
    created_at = serializers.DateTimeField()
    created_by = serializers.CharField()
    ended_at = serializers.DateTimeField(allow_null=True)


class PatternBody(Strict):
    """What a rule looks at. Of two rules that fit, the kind named first here wins, then the longer pattern."""

    kind = serializers.ChoiceField(choices=KINDS, help_text=SAYING)
    pattern = serializers.CharField(max_length=1000)


class RuleBody(PatternBody):
    """A rule and the API that its findings belong to."""

    api = serializers.CharField(max_length=16, help_text="Code of the API.")


class NoBody(Strict):
    """Nothing needs to be said."""


class Sample(TypedDict):
    """A finding that a rule would tie."""

    code: str
    title: str
    severity: str
    source_kind: str


class PreviewAnswer(serializers.Serializer[Preview]):
    """How many findings without an API a rule would tie now, and a few of them."""

    count = serializers.IntegerField()
    sample = serializers.SerializerMethodField()

    def get_sample(self, preview: Preview) -> list[Sample]:
        """Return a few of them."""
        return [
            Sample(
                code=finding.code,
                title=finding.title,
                severity=SeverityRank(finding.severity).name.lower(),
                source_kind=finding.source_kind,
            )
            for finding in preview.sample
        ]


class Made(serializers.Serializer[Any]):
    """The rule, and the job that reads anew what came before it."""

    rule = RuleRow()
    job = serializers.UUIDField()


def rule_in_sight(principal: Principal, code: str) -> MappingRule:
    """Return one rule; foreign and absent are the same 404."""
    seen = MappingRule.objects.visible_to(principal).select_related("api", "created_by")
    rule = seen.filter(code=code).first()
    if rule is None:
        msg = f"There is no mapping rule {code} that you may see."
        raise not_found(msg)
    return rule


class RuleList(Listing[MappingRule], Posting):
    """The mapping rules that lead to APIs you may see, ended ones among them."""

    tag = "mapping rules"
    verbs: ClassVar = {"GET": Verb.SEE, "POST": Verb.CONNECT}
    name: ClassVar = "mapping-rules"
    filters: ClassVar = (
        text("api", "Code of the API."),
        choice("kind", "What the rule looks at.", KINDS),
        flag("ended", "Whether it has ended."),
    )
    row = RuleRow
    takes: ClassVar = {"POST": RuleBody}
    says: ClassVar = {"POST": {201: Made}}

    @override
    def rows(self) -> QuerySet[MappingRule]:
        """Return the rules in sight that were asked for."""
        found = MappingRule.objects.visible_to(self.principal).select_related("api", "created_by")
        if "api" in self.asked:
            found = found.filter(api=api_asked_for(self.principal, self.asked["api"]))
        if "ended" in self.asked:
            found = found.filter(ended_at__isnull=not self.asked["ended"])
        return found.filter(kind=self.asked["kind"]) if "kind" in self.asked else found

    @override
    def act(self, request: ApiRequest, **kwargs: Any) -> Response:
        """Tie findings to an API from now on, and what came before by the job. Only people do: a token is refused."""
        said = read_body(RuleBody, request.data)
        api = Api.objects.visible_to(self.principal).filter(code=said["api"]).first()
        if api is None:
            msg = f"There is no API {said['api']} that you may see."
            raise not_found(msg, field="api")
        with refusing(FindingsRefused, field="pattern"):
            rule, job = create_rule(
                kind=said["kind"], pattern=said["pattern"], api=api, principal=self.principal, now=timezone.now()
            )
        headers = {"Location": reverse("api:mapping-rule", args=[rule.code])}
        told = {"rule": RuleRow(rule).data, "job": str(job.pk)}
        return Response(told, status=status.HTTP_201_CREATED, headers=headers)


class RulePreview(Posting):
    """Looking before making."""

    tag = "mapping rules"
    verbs: ClassVar = {"POST": Verb.CONNECT}
    takes: ClassVar = {"POST": PatternBody}
    says: ClassVar = {"POST": {200: PreviewAnswer}}

    @override
    def act(self, request: ApiRequest, **kwargs: Any) -> Response:
        """Tell what a rule would tie now, of the findings in your sight. Nothing is changed."""
        said = read_body(PatternBody, request.data)
        with refusing(FindingsRefused, field="pattern"):
            preview = preview_rule(kind=said["kind"], pattern=said["pattern"], principal=self.principal)
        return Response(PreviewAnswer(preview).data)


class RuleDetail(Resource):
    """One mapping rule."""

    tag = "mapping rules"
    says: ClassVar = {"GET": {200: RuleRow}}

    def get(self, _request: ApiRequest, code: str) -> Response:
        """Return one mapping rule."""
        return Response(RuleRow(rule_in_sight(self.principal, code)).data)


class RuleEnd(Posting):
    """Ending."""

    tag = "mapping rules"
    verbs: ClassVar = {"POST": Verb.CONNECT}
    takes: ClassVar = {"POST": NoBody}
    says: ClassVar = {"POST": {200: RuleRow}}

    @override
    def act(self, request: ApiRequest, **kwargs: Any) -> Response:
        """End a rule: it ties nothing more, and what it tied stays. One that has ended stays as it is."""
        rule = rule_in_sight(self.principal, kwargs["code"])
        read_body(NoBody, request.data)
        end_rule(rule=rule, principal=self.principal, now=timezone.now())
        return Response(RuleRow(rule_in_sight(self.principal, rule.code)).data)
