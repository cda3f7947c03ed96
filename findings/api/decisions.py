"""Decisions on findings: listed, made, asked for, answered and taken back; by people, never by a token."""

from typing import Any, ClassVar, Final

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone
from rest_framework import serializers, status
from rest_framework.fields import Field
from rest_framework.response import Response
from typing_extensions import override

from findings.errors import FindingsRefused
from findings.models import Decision, Finding
from findings.services.decide import (
    DecisionResult,
    Statement,
    Target,
    answer_acceptance,
    ask_acceptance,
    decide,
    undo,
)
from findings.status import EFFECTIVE, DecisionKind
from inventory.access.api.asking import choice, flag, text
from inventory.access.api.bodies import Strict, read_body
from inventory.access.api.errors import Refusal, not_found, refusing
from inventory.access.api.resources import Listing, Resource
from inventory.access.api.signing_in import ApiRequest
from inventory.access.days import in_calendar
from inventory.access.records import Principal
from inventory.access.rights import Verb
from inventory.access.veils import unveil, veil
from inventory.api.endpoints import api_asked_for
from inventory.jobs.api.posting import Posting
from inventory.models import Api

PREFIX: Final = "DEC-"
MOST_FINDINGS: Final = 500
LONGEST_REASON: Final = 4_000
DECIDED: Final = tuple(kind for kind in EFFECTIVE if kind != DecisionKind.ACCEPTED)
SAID: Final = [kind.value for kind in (*DECIDED, DecisionKind.ASKED)]
"""What POST takes: all that one person decides, and the question for an acceptance."""


def code_of(number: int) -> str:
    """Return the code of a decision, which has none of its own: its number, veiled."""
    return PREFIX + veil(number, purpose="decision", key=settings.DIGEST_KEY)


def decision_in_sight(principal: Principal, code: str) -> Decision:
    """Return one decision; foreign and absent are the same 404."""
    number = unveil(code.removeprefix(PREFIX), purpose="decision", key=settings.DIGEST_KEY)
    found = Decision.objects.visible_to(principal).select_related("finding__api", "api", "by", "answer")
    decision = found.filter(pk=number).first() if number is not None and code.startswith(PREFIX) else None
    if decision is None:
        msg = f"There is no decision {code} that you may see."
        raise not_found(msg)
    return decision


class DecisionRow(serializers.Serializer[Decision]):
    """What somebody said of a finding, of a class of weakness on an API, or of a tool's rule everywhere.

    `about` is the decision that this one answers or takes back, `answer` the one that does so to it.
    """

    id = serializers.SerializerMethodField()
    kind = serializers.ChoiceField(choices=DecisionKind.choices)
    finding = serializers.SerializerMethodField()
    api = serializers.SerializerMethodField()
    rule = serializers.CharField()
    reason = serializers.CharField()
    proof = serializers.CharField()
    by = serializers.CharField()
    at = serializers.DateTimeField()
    until = serializers.DateTimeField(allow_null=True)
    about = serializers.SerializerMethodField()
    answer = serializers.SerializerMethodField()

    @override
    def get_fields(self) -> dict[str, "Field[Any, Any, Any, Any]"]:
        """Add the fields whose names mean something to Python or to the base class."""
        more = {
            "class": serializers.CharField(source="weakness_class"),
            "source_kind": serializers.CharField(),
        }
        return {**super().get_fields(), **more}

    def get_id(self, decision: Decision) -> str:
        """Return its code."""
        return code_of(decision.pk)

    def get_finding(self, decision: Decision) -> str | None:
        """Return the code of the finding it is about."""
        return decision.finding.code if decision.finding else None

    def get_api(self, decision: Decision) -> str | None:
        """Return the code of the API it is about, by itself or by its finding."""
        api = decision.api or (decision.finding.api if decision.finding else None)
        return api.code if api else None

    def get_about(self, decision: Decision) -> str | None:
        """Return the code of the decision it is about."""
        return code_of(decision.about_id) if decision.about_id else None

    def get_answer(self, decision: Decision) -> str | None:
        """Return the code of the decision that answers it or takes it back."""
        answer = getattr(decision, "answer", None)
        return code_of(answer.pk) if answer else None


class DecisionBody(Strict):
    """What is decided, about one of three: findings, a class of weakness on an API, or a tool's rule everywhere."""

    findings = serializers.ListField(
        child=serializers.CharField(max_length=20),
        required=False,
        allow_empty=False,
        max_length=MOST_FINDINGS,
        help_text="Codes of findings.",
    )
    api = serializers.CharField(required=False, max_length=16, help_text="Code of an API, together with class.")
    source_kind = serializers.CharField(required=False, max_length=100, help_text="A tool, together with rule.")
    rule = serializers.CharField(required=False, max_length=300)
    kind = serializers.ChoiceField(
        choices=SAID,
        error_messages={"invalid_choice": f"“{{input}}” is not decided here; it may be {', '.join(SAID)}."},
        help_text="`asked` asks for the acceptance of a risk, which another person answers.",
    )
    reason = serializers.CharField(required=False, allow_blank=True, max_length=LONGEST_REASON)
    until = serializers.DateTimeField(
        required=False, allow_null=True, validators=[in_calendar], help_text="When it ends; needed to ask."
    )
    proof = serializers.CharField(
        required=False, allow_blank=True, max_length=1000, help_text="Of a duplicate, the code of the other finding."
    )

    @override
    def get_fields(self) -> dict[str, "Field[Any, Any, Any, Any]"]:
        """Add the field whose name is a word of Python."""
        about = "Class of weakness, as a finding names it, on the API."
        return {
            **super().get_fields(),
            "class": serializers.CharField(required=False, max_length=400, help_text=about),
        }

    @override
    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a decision about nothing, or about two things."""
        ways = (("findings",), ("api", "class"), ("source_kind", "rule"))
        named = {name for way in ways for name in way if name in attrs}
        if named not in [set(way) for way in ways]:
            msg = "A decision is about findings, or about api and class, or about source_kind and rule."
            raise Refusal(msg, code="invalid", field="findings")
        return attrs


class AnswerBody(Strict):
    """The answer to somebody who asked for the acceptance of a risk."""

    accept = serializers.BooleanField()
    reason = serializers.CharField(required=False, allow_blank=True, max_length=LONGEST_REASON, default="")


class UndoBody(Strict):
    """Nothing needs to be said."""


class Decided(serializers.Serializer[Any]):
    """The decisions written, for undoing them, and how many findings changed their status."""

    decisions = serializers.ListField(child=serializers.CharField())
    changed = serializers.IntegerField()


def _answered(result: DecisionResult) -> Response:
    told = {"decisions": [code_of(number) for number in result.decision_ids], "changed": result.changed}
    return Response(told, status=status.HTTP_201_CREATED)


class DecisionList(Listing[Decision], Posting):
    """The decisions on what you may see, the newest first."""

    tag = "decisions"
    verbs: ClassVar = {"GET": Verb.SEE, "POST": Verb.DECIDE}
    name: ClassVar = "decisions"
    filters: ClassVar = (
        text("finding", "Code of the finding it is about.", longest=20),
        text("api", "Code of the API it is about, by itself or by a finding."),
        choice("kind", "What was said.", DecisionKind.values),
        flag("answered", "Whether another decision answers it or takes it back."),
    )
    newest_first = True
    row = DecisionRow
    takes: ClassVar = {"POST": DecisionBody}
    says: ClassVar = {"POST": {201: Decided}}

    @override
    def rows(self) -> QuerySet[Decision]:
        """Return the decisions in sight that were asked for."""
        asked = self.asked
        found = Decision.objects.visible_to(self.principal).select_related("finding__api", "api", "by", "answer")
        if "finding" in asked:
            found = found.filter(finding__code=asked["finding"])
        if "api" in asked:
            api = api_asked_for(self.principal, asked["api"])
            found = found.filter(Q(api=api) | Q(finding__api=api))
        if "answered" in asked:
            found = found.filter(answer__isnull=not asked["answered"])
        return found.filter(kind=asked["kind"]) if "kind" in asked else found

    @override
    def act(self, request: ApiRequest, **kwargs: Any) -> Response:
        """Decide, or ask for the acceptance of a risk. Only people do: a token is refused."""
        said = read_body(DecisionBody, request.data)
        statement = Statement(
            kind=DecisionKind(said["kind"]),
            reason=said.get("reason", ""),
            until=said.get("until"),
            proof=said.get("proof", ""),
        )
        act = ask_acceptance if statement.kind == DecisionKind.ASKED else decide
        with refusing(FindingsRefused):
            result = act(target=self._target(said), statement=statement, principal=self.principal, now=timezone.now())
        return _answered(result)

    def _target(self, said: dict[str, Any]) -> Target:
        if "api" in said:
            about = Api.objects.visible_to(self.principal).filter(code=said["api"]).first()
            if about is None:
                msg = f"There is no API {said['api']} that you may see."
                raise not_found(msg, field="api")
            return Target(api_id=about.pk, weakness_class=said["class"])
        if "rule" in said:
            return Target(source_kind=said["source_kind"], rule=said["rule"])
        codes = list(dict.fromkeys(said["findings"]))
        seen = Finding.objects.visible_to(self.principal).filter(code__in=codes, moved_to=None)
        found = dict(seen.values_list("code", "pk"))
        if missing := next((code for code in codes if code not in found), None):
            msg = f"There is no finding {missing} that you may see."
            raise not_found(msg, field="findings")
        return Target(finding_ids=tuple(found.values()))


class DecisionDetail(Resource):
    """One decision."""

    tag = "decisions"
    says: ClassVar = {"GET": {200: DecisionRow}}

    def get(self, _request: ApiRequest, code: str) -> Response:
        """Return one decision."""
        return Response(DecisionRow(decision_in_sight(self.principal, code)).data)


class DecisionAnswer(Posting):
    """The second person's word."""

    tag = "decisions"
    verbs: ClassVar = {"POST": Verb.APPROVE_ACCEPTANCE}
    takes: ClassVar = {"POST": AnswerBody}
    says: ClassVar = {"POST": {201: Decided}}

    @override
    def act(self, request: ApiRequest, **kwargs: Any) -> Response:
        """Accept a risk that somebody else asked for, or refuse to. A critical one takes a right of its own."""
        asked = decision_in_sight(self.principal, kwargs["code"])
        said = read_body(AnswerBody, request.data)
        with refusing(FindingsRefused):
            result = answer_acceptance(
                asked=asked,
                accept=said["accept"],
                reason=said["reason"],
                principal=self.principal,
                now=timezone.now(),
            )
        return _answered(result)


class DecisionUndo(Posting):
    """Taking back."""

    tag = "decisions"
    verbs: ClassVar = {"POST": Verb.DECIDE}
    takes: ClassVar = {"POST": UndoBody}
    says: ClassVar = {"POST": {201: Decided}}

    @override
    def act(self, request: ApiRequest, **kwargs: Any) -> Response:
        """Take a decision back: what was decided before it holds again."""
        decision = decision_in_sight(self.principal, kwargs["code"])
        read_body(UndoBody, request.data)
        with refusing(FindingsRefused):
            result = undo(decisions=[decision], principal=self.principal, now=timezone.now())
        return _answered(result)
