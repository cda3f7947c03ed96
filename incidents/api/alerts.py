"""Alerts: the list and one of them."""

from typing import Any, ClassVar, Final

from django.db.models import Q, QuerySet
from rest_framework import serializers
from rest_framework.response import Response
from typing_extensions import TypedDict, override

from findings.status import SeverityRank
from incidents.choices import CATEGORIES, OTHER, Outcome, Resolution, State
from incidents.models import Episode
from inventory.access.api.asking import choice, flag, text
from inventory.access.api.errors import not_found
from inventory.access.api.resources import Listing, Resource
from inventory.access.api.signing_in import ApiRequest
from inventory.api.endpoints import api_asked_for

SEVERITIES: Final = tuple(rank.name.lower() for rank in reversed(SeverityRank))
UNMAPPED: Final = "none"
OPEN: Final = (State.NEW.value, State.ACKNOWLEDGED.value, State.SNOOZED.value)


class AttackedPlace(TypedDict):
    """The endpoint an alert is tied to."""

    method: str
    path: str


class AlertRow(serializers.Serializer[Episode]):
    """Alerts of one client, one rule and one place within one hour, told as one.

    `api` is null while no address or mapping rule ties it to one, `endpoint` while no endpoint has its path. `path` is
    by the path rule, and a segment that holds more than a plain name is hidden. `alerts` counts what the tool told,
    `events` the requests they stand for, `outcomes` those by outcome. Nothing that the client sent is in it.
    """

    code = serializers.CharField()
    api = serializers.SerializerMethodField()
    endpoint = serializers.SerializerMethodField()
    source_kind = serializers.CharField()
    rule = serializers.CharField()
    title = serializers.CharField()
    category = serializers.SerializerMethodField()
    severity = serializers.SerializerMethodField()
    outcome = serializers.ChoiceField(choices=[word.value for word in Outcome])
    outcomes = serializers.SerializerMethodField()
    actor = serializers.CharField()
    method = serializers.CharField()
    path = serializers.CharField()
    alerts = serializers.IntegerField()
    events = serializers.IntegerField()
    first_at = serializers.DateTimeField()
    last_at = serializers.DateTimeField()
    recorded_at = serializers.DateTimeField()
    state = serializers.ChoiceField(choices=[state.value for state in State])
    state_until = serializers.DateTimeField(allow_null=True)
    resolution = serializers.SerializerMethodField()
    assignee = serializers.SerializerMethodField()
    acknowledged_at = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)

    def get_api(self, episode: Episode) -> str | None:
        """Return the code of its API."""
        return episode.api.code if episode.api else None

    def get_endpoint(self, episode: Episode) -> AttackedPlace | None:
        """Return the endpoint it is tied to."""
        known = episode.endpoint
        return AttackedPlace(method=known.method, path=known.path) if known else None

    def get_category(self, episode: Episode) -> str:
        """Return one of the OWASP API Security Top 10, or other."""
        return episode.category or OTHER

    def get_severity(self, episode: Episode) -> str:
        """Return critical, high, medium, low or info."""
        return SeverityRank(episode.severity).name.lower()

    def get_outcomes(self, episode: Episode) -> dict[str, int]:
        """Return how many requests had which outcome."""
        return dict(episode.outcomes)

    def get_resolution(self, episode: Episode) -> str | None:
        """Return why it was closed."""
        return episode.resolution or None

    def get_assignee(self, episode: Episode) -> str | None:
        """Return the name of the person it is assigned to."""
        return str(episode.assignee) if episode.assignee else None


class AlertList(Listing[Episode]):
    """The alerts you may see, whatever their state, the newest first."""

    tag = "alerts"
    name: ClassVar = "alerts"
    filters: ClassVar = (
        text("api", f"Code of the API; `{UNMAPPED}` for alerts that no API is known for."),
        choice("severity", "How bad it is by itself.", SEVERITIES),
        choice("state", "Where it stands with the people who look at alerts.", [state.value for state in State]),
        flag("open", "Whether it is not closed."),
        choice("resolution", "Why it was closed.", [word.value for word in Resolution]),
        choice("outcome", "The worst that became of a request.", [word.value for word in Outcome]),
        choice("category", "Category of the OWASP API Security Top 10.", [*CATEGORIES, OTHER]),
        text("source_kind", "The tool, in lower case."),
        text("rule", "The tool's rule."),
        text("actor", "The client."),
        text("q", "Part of title, rule, path or client, or the code."),
    )
    newest_first = True
    row = AlertRow

    @override
    def rows(self) -> QuerySet[Episode]:
        """Return the alerts in sight that were asked for."""
        asked: dict[str, Any] = dict(self.asked)
        found = Episode.objects.visible_to(self.principal).live().select_related("api", "endpoint", "assignee")
        if "api" in asked:
            code = asked["api"]
            found = found.filter(api=None if code == UNMAPPED else api_asked_for(self.principal, code))
        if "severity" in asked:
            found = found.filter(severity=SeverityRank[asked["severity"].upper()])
        if "open" in asked:
            found = found.filter(state__in=OPEN) if asked["open"] else found.exclude(state__in=OPEN)
        if "category" in asked:
            found = found.filter(category="" if asked["category"] == OTHER else asked["category"])
        if "q" in asked:
            part = asked["q"]
            found = found.filter(
                Q(title__icontains=part) | Q(rule__icontains=part) | Q(path__icontains=part)
                | Q(actor__icontains=part) | Q(code__iexact=part)
            )  # fmt: skip
        exactly = ("state", "resolution", "outcome", "source_kind", "rule", "actor")
        return found.filter(**{name: asked[name] for name in exactly if name in asked})


class AlertDetail(Resource):
    """One alert."""

    tag = "alerts"
    says: ClassVar = {"GET": {200: AlertRow}}

    def get(self, _request: ApiRequest, code: str) -> Response:
        """Return one alert. One that became part of another is found under that one's code, in the list."""
        seen = Episode.objects.visible_to(self.principal).live().select_related("api", "endpoint", "assignee")
        episode = seen.filter(code=code).first()
        if episode is None:
            msg = f"There is no alert {code} that you may see."
            raise not_found(msg)
        return Response(AlertRow(episode).data)
