"""Incidents: the list, one of them, and its timeline. People act on them by the pages."""

from typing import Any, ClassVar

from django.db.models import Q, QuerySet
from rest_framework import serializers
from rest_framework.response import Response
from typing_extensions import override

from incidents.choices import EntryKind, Level, Stage
from incidents.models import Entry, Incident
from incidents.selectors.incident_list import entries_of, harming
from inventory.access.api.asking import choice, flag, text
from inventory.access.api.errors import not_found
from inventory.access.api.resources import Listing, Resource
from inventory.access.api.signing_in import ApiRequest
from inventory.api.endpoints import api_asked_for
from inventory.models import Api


def incident_in_sight(resource: Resource, code: str) -> Incident:
    """Return one incident; foreign and absent are the same 404."""
    found = Incident.objects.visible_to(resource.principal).select_related("declared_by").filter(code=code).first()
    if found is None:
        msg = f"There is no incident {code} that you may see."
        raise not_found(msg)
    return found


class IncidentRow(serializers.Serializer[Incident]):
    """An incident as it stands. `apis` are the codes of those it harms that you may see.

    `counts` says whether it weighs on their scores now; `restricted` ones are seen by those in the room only.
    """

    code = serializers.CharField()
    title = serializers.CharField()
    summary = serializers.CharField()
    severity = serializers.ChoiceField(source="level", choices=[level.value for level in Level])
    stage = serializers.ChoiceField(choices=[stage.value for stage in Stage])
    restricted = serializers.BooleanField()
    apis = serializers.SerializerMethodField()
    detected_at = serializers.DateTimeField()
    declared_at = serializers.DateTimeField()
    declared_by = serializers.CharField()
    contained_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)

    def get_apis(self, incident: Incident) -> list[str]:
        """Return the codes of the visible APIs it harms."""
        found: list[str] = self.context["apis"].get(incident.pk, [])
        return found


class EntryRow(serializers.Serializer[Entry]):
    """A line of the timeline; `by` is null where Posture wrote it, `corrects` the number of the line it corrects."""

    number = serializers.IntegerField(source="pk")
    happened_at = serializers.DateTimeField()
    written_at = serializers.DateTimeField(source="at")
    by = serializers.SerializerMethodField()
    kind = serializers.ChoiceField(choices=[kind.value for kind in EntryKind])
    text = serializers.CharField()
    note = serializers.CharField()
    corrects = serializers.IntegerField(source="supersedes_id", allow_null=True)

    def get_by(self, entry: Entry) -> str | None:
        """Return who wrote it."""
        return str(entry.by) if entry.by else None


def apis_of(resource: Resource, incidents: list[Incident]) -> dict[int, list[str]]:
    """Return the codes of the visible APIs that incidents harm, by the incidents' ids."""
    seen = Api.objects.visible_to(resource.principal).filter(
        incident_links__incident__in=incidents, incident_links__removed_at=None
    )
    found: dict[int, list[str]] = {}
    for incident_id, code in seen.order_by("code").values_list("incident_links__incident", "code"):
        found.setdefault(incident_id, []).append(code)
    return found


class IncidentList(Listing[Incident]):
    """The incidents you may see, whatever their stage, the newest first."""

    tag = "incidents"
    name: ClassVar = "incidents"
    filters: ClassVar = (
        text("api", "Code of an API it harms."),
        choice("severity", "How grave it is.", [level.value for level in Level]),
        choice("stage", "Where it stands.", [stage.value for stage in Stage]),
        flag("open", "Whether it is not over."),
        text("q", "Part of title or summary, or the code."),
    )
    newest_first = True
    row = IncidentRow

    @override
    def rows(self) -> QuerySet[Incident]:
        """Return the incidents in sight that were asked for."""
        asked: dict[str, Any] = dict(self.asked)
        found = Incident.objects.visible_to(self.principal).select_related("declared_by")
        if "api" in asked:
            api = api_asked_for(self.principal, asked["api"])
            found = harming(found, api)
        if "open" in asked:
            found = found.filter(ended_at__isnull=asked["open"])
        if "q" in asked:
            part = asked["q"]
            found = found.filter(Q(title__icontains=part) | Q(summary__icontains=part) | Q(code__iexact=part))
        exactly = {"severity": "level", "stage": "stage"}
        return found.filter(**{column: asked[name] for name, column in exactly.items() if name in asked})

    @override
    def context(self, rows: Any) -> dict[str, Any]:
        """Return the APIs of all rows at once."""
        return {"apis": apis_of(self, list(rows))}


class IncidentDetail(Resource):
    """One incident."""

    tag = "incidents"
    says: ClassVar = {"GET": {200: IncidentRow}}

    def get(self, _request: ApiRequest, code: str) -> Response:
        """Return one incident as it stands."""
        incident = incident_in_sight(self, code)
        return Response(IncidentRow(incident, context={"apis": apis_of(self, [incident])}).data)


class IncidentTimeline(Listing[Entry]):
    """The timeline of an incident, in the order it was written; nothing of it is ever changed."""

    tag = "incidents"
    name: ClassVar = "incident-timeline"
    filters: ClassVar = (choice("kind", "What it tells of.", [kind.value for kind in EntryKind]),)
    row = EntryRow

    @override
    def rows(self) -> QuerySet[Entry]:
        """Return the entries that were asked for."""
        found = entries_of(incident_in_sight(self, self.kwargs["code"]))
        return found.filter(kind=self.asked["kind"]) if "kind" in self.asked else found

    @override
    def get(self, request: ApiRequest, code: str) -> Response:  # type: ignore[override]  # `code` is in its address
        """Return one page."""
        return super().get(request)
