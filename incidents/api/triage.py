"""Triage of alerts by REST: one act on up to two hundred of them, all or none; by people, never by a token."""

from typing import Any, ClassVar, Final

from django.utils import timezone
from rest_framework import serializers, status
from rest_framework.response import Response
from typing_extensions import override

from incidents.api.alerts import AlertRow
from incidents.choices import Act, Resolution
from incidents.errors import AlertsRefused
from incidents.models import Episode
from incidents.services.triage import triage_all
from incidents.transitions.triage import LONGEST_NOTE, Said
from inventory.access.api.bodies import Strict, read_body
from inventory.access.api.errors import not_found, refusing
from inventory.access.api.signing_in import ApiRequest
from inventory.access.days import in_calendar
from inventory.access.rights import Verb
from inventory.access.selectors import person_in_sight
from inventory.jobs.api.posting import Posting

MOST: Final = 200
ACTS: Final = [act.value for act in Act if act != Act.UNDONE]


class TriageBody(Strict):
    """What is done with which alerts."""

    alerts = serializers.ListField(
        child=serializers.CharField(max_length=20), allow_empty=False, max_length=MOST, help_text="Codes of alerts."
    )
    act = serializers.ChoiceField(choices=ACTS)
    resolution = serializers.ChoiceField(
        choices=[word.value for word in Resolution], required=False, help_text="What it was; needed to close."
    )
    until = serializers.DateTimeField(
        required=False, validators=[in_calendar], help_text="When a snooze ends; needed to snooze."
    )
    assignee = serializers.EmailField(required=False, allow_blank=True, help_text="Who; left out, nobody.")
    note = serializers.CharField(required=False, allow_blank=True, max_length=LONGEST_NOTE)


class Triaged(serializers.Serializer[Any]):
    """The alerts as they stand after it."""

    alerts = AlertRow(many=True)


class AlertTriage(Posting):
    """One act on many alerts, all or none."""

    tag = "alerts"
    verbs: ClassVar = {"POST": Verb.TRIAGE_ALERTS}
    takes: ClassVar = {"POST": TriageBody}
    says: ClassVar = {"POST": {200: Triaged}}

    @override
    def act(self, request: ApiRequest, **kwargs: Any) -> Response:
        """Do one thing with all of these alerts. Only people do: a token is refused."""
        body = read_body(TriageBody, request.data)
        codes = list(dict.fromkeys(body["alerts"]))
        seen = Episode.objects.visible_to(self.principal).live().select_related("api", "endpoint", "assignee")
        found = {episode.code: episode for episode in seen.filter(code__in=codes)}
        if missing := next((code for code in codes if code not in found), None):
            msg = f"There is no alert {missing} that you may see."
            raise not_found(msg, field="alerts")
        said = Said(
            act=Act(body["act"]),
            until=body.get("until"),
            resolution=Resolution(body["resolution"]) if "resolution" in body else None,
            assignee_id=self._person(body.get("assignee", "")),
            note=body.get("note", ""),
        )
        rows = [found[code] for code in codes]
        with refusing(AlertsRefused):
            triage_all(episodes=rows, said=said, principal=self.principal, now=timezone.now())
        after = {episode.code: episode for episode in seen.filter(code__in=codes)}
        told: Any = [after[code] for code in codes]
        return Response({"alerts": AlertRow(told, many=True).data}, status.HTTP_200_OK)

    def _person(self, email: str) -> int | None:
        if not email:
            return None
        who = person_in_sight(self.principal, email)
        if who is None:
            msg = f"There is nobody with the address {email} whom you may name."
            raise not_found(msg, field="assignee")
        return who.pk
