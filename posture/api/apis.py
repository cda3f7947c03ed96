"""APIs: the list, one of them, and what people state about one."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from rest_framework import serializers, status
from rest_framework.response import Response
from typing_extensions import TypedDict, override

from inventory.access.api.asking import choice, text
from inventory.access.api.bodies import Strict, read_body
from inventory.access.api.errors import Refusal, not_found, refusing
from inventory.access.api.resources import Listing, Resource
from inventory.access.api.signing_in import ApiRequest
from inventory.access.models import Team, User
from inventory.access.records import Principal
from inventory.access.rights import Verb
from inventory.access.selectors import person_in_sight, teams_in_sight
from inventory.choices import Criticality, Environment, Kind, Reach, Sensitivity, Stage
from inventory.errors import InventoryRefused
from inventory.models import Api
from inventory.services.classify import CLASSIFIED, Person, assign_person, assign_team, classify_api
from posture.choices import Band
from posture.filters import NO_TEAM, UNSCORED, ApiFilter
from posture.selectors.rest import apis_with_facts
from posture.selectors.summaries import open_counts

FACTS: Final = {
    "reach": Reach,
    "environment": Environment,
    "criticality": Criticality,
    "sensitivity": Sensitivity,
    "stage": Stage,
}


NARROWING: Final = (
    text("team", f"Slug of the team that holds it; `{NO_TEAM}` for those without."),
    *(choice(name, "A fact, as it is shown.", FACTS[name].values) for name in ("reach", "environment", "stage")),
    choice("band", "How bad its score is.", (*Band.values, UNSCORED)),
    text("q", "Part of the name, of the owner's or team's name or of a path, or the code.", longest=200),
)
"""What the page narrows its list by, too."""


class OpenFindings(TypedDict):
    """How many open findings there are of each severity; info weighs nothing and is left out."""

    critical: int
    high: int
    medium: int
    low: int


class ApiRow(serializers.Serializer[Api]):
    """An API: a deployed interface, which is a name in an environment.

    The facts are the shown values, what people state before what documents say. `score` and `band` are null while it
    is not scored.
    """

    code = serializers.CharField()
    name = serializers.CharField()
    version = serializers.CharField()
    kind = serializers.ChoiceField(choices=Kind.choices)
    environment = serializers.ChoiceField(choices=Environment.choices)
    reach = serializers.ChoiceField(choices=Reach.choices)
    criticality = serializers.ChoiceField(choices=Criticality.choices)
    sensitivity = serializers.ChoiceField(choices=Sensitivity.choices)
    stage = serializers.ChoiceField(choices=Stage.choices)
    team = serializers.CharField(source="team_slug", allow_null=True)
    owner = serializers.EmailField(source="owner.email", allow_null=True)
    deputy = serializers.EmailField(source="deputy.email", allow_null=True)
    base_urls = serializers.ListField(child=serializers.CharField(), source="base_urls.all")
    score = serializers.SerializerMethodField()
    band = serializers.SerializerMethodField()
    open_findings = serializers.SerializerMethodField()
    first_seen = serializers.DateTimeField()
    last_seen = serializers.DateTimeField()

    def get_score(self, api: Api) -> float | None:
        """Return the score with its two decimals."""
        current = getattr(api, "current_score", None)
        return float(current.score) if current else None

    def get_band(self, api: Api) -> str | None:
        """Return critical, high, medium, low or none."""
        current = getattr(api, "current_score", None)
        return current.band if current else None

    def get_open_findings(self, api: Api) -> OpenFindings:
        """Return the numbers, which were counted for all rows at once."""
        found: OpenFindings = self.context["open"][api.pk]
        return found


class ApiList(Listing[Api]):
    """The APIs you may see; retired ones only where `stage` asks for them."""

    tag = "apis"
    name: ClassVar = "apis"
    filters: ClassVar = (
        *NARROWING,
        *(choice(name, "A fact, as it is shown.", FACTS[name].values) for name in ("criticality", "sensitivity")),
    )
    row = ApiRow

    @override
    def rows(self) -> QuerySet[Api]:
        """Return the APIs in sight that were asked for, narrowed as the page narrows them."""
        found = narrowed_apis(self).apply(apis_with_facts(self.principal))
        return found.filter(**{name: self.asked[name] for name in ("criticality", "sensitivity") if name in self.asked})

    @override
    def context(self, rows: Sequence[Api]) -> dict[str, Any]:
        """Return the numbers of open findings."""
        return {"open": open_counts(rows)}


def narrowed_apis(resource: Resource) -> ApiFilter:
    """Return the page's filter with what a request asked for. Raises Refusal for a team that is not in sight."""
    asked = resource.asked
    teams = teams_in_sight(resource.principal).values_list("slug", "name") if "team" in asked else ()
    form = ApiFilter(resource.request.query_params, teams=list(teams))
    if "team" in form.errors:
        msg = f"team is “{asked['team']}”; there is no team with this slug that you may see."
        raise Refusal(msg, code="invalid", field="team")
    return form


class Stated(Strict):
    """What a person states about an API; null withdraws a fact, takes the API from its team or clears a person."""

    team = serializers.CharField(required=False, allow_null=True, max_length=60, help_text="Slug of a team.")
    owner = serializers.EmailField(required=False, allow_null=True)
    deputy = serializers.EmailField(required=False, allow_null=True)
    reach = serializers.ChoiceField(choices=Reach.choices, required=False, allow_null=True)
    environment = serializers.ChoiceField(choices=Environment.choices, required=False, allow_null=True)
    criticality = serializers.ChoiceField(choices=Criticality.choices, required=False, allow_null=True)
    sensitivity = serializers.ChoiceField(choices=Sensitivity.choices, required=False, allow_null=True)
    stage = serializers.ChoiceField(choices=Stage.choices, required=False, allow_null=True)
    reason = serializers.CharField(required=False, allow_blank=True, max_length=1000, help_text="Kept in the trail.")


class ApiDetail(Resource):
    """One API."""

    tag = "apis"
    verbs: ClassVar = {"GET": Verb.SEE, "PATCH": Verb.CLASSIFY}
    takes: ClassVar = {"PATCH": Stated}
    says: ClassVar = {"GET": {200: ApiRow}, "PATCH": {200: ApiRow, 204: None}}

    def get(self, _request: ApiRequest, code: str) -> Response:
        """Return one API."""
        return Response(_shown(api_in_sight(self.principal, code)))

    def patch(self, request: ApiRequest, code: str) -> Response:
        """State facts, team and people, all or nothing; only people do, a token is refused.

        Answers with the API as it is then, and with nothing (204) when it went to a team whose APIs you do not see.
        The score follows within seconds.
        """
        api = api_in_sight(self.principal, code)
        said = read_body(Stated, request.data)
        with refusing(InventoryRefused), transaction.atomic():
            _state(api, said, self.principal)
        still = apis_with_facts(self.principal).filter(pk=api.pk).first()
        return Response(_shown(still)) if still else Response(status=status.HTTP_204_NO_CONTENT)


def api_in_sight(principal: Principal, code: str) -> Api:
    """Return one API; foreign and absent are the same 404."""
    api = apis_with_facts(principal).filter(code=code).first()
    if api is None:
        msg = f"There is no API {code} that you may see."
        raise not_found(msg)
    return api


def _shown(api: Api) -> Any:
    return ApiRow(api, context={"open": open_counts([api])}).data


def _state(api: Api, said: Mapping[str, Any], principal: Principal) -> None:
    """State what was said; the team comes last, for whoever gives an API away may say nothing more of it."""
    now, reason = timezone.now(), said.get("reason", "")
    facts = {name: said[name] for name in CLASSIFIED if name in said}
    classify_api(api=api, changes=facts, principal=principal, now=now, reason=reason)
    for role in Person:
        if role.value in said:
            user = _person(principal, role.value, said[role.value])
            assign_person(api=api, role=role, user=user, principal=principal, now=now, reason=reason)
    if "team" in said:
        team = _team(principal, said["team"])
        assign_team(api=api, team=team, principal=principal, now=now, reason=reason)


def _person(principal: Principal, role: str, email: str | None) -> User | None:
    if email is None:
        return None
    person = person_in_sight(principal, email)
    if person is None:
        msg = f"There is nobody with the e-mail address {email} whom you could name."
        raise Refusal(msg, code="invalid", field=role)
    return person


def _team(principal: Principal, slug: str | None) -> Team | None:
    if slug is None:
        return None
    team = teams_in_sight(principal).filter(slug=slug).first()
    if team is None:
        msg = f"There is no team “{slug}” that you may see."
        raise Refusal(msg, code="invalid", field="team")
    return team
