"""Endpoints of the APIs somebody sees."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from typing_extensions import override

from inventory.access.api.asking import choice, flag, text
from inventory.access.api.errors import Refusal
from inventory.access.api.resources import Listing
from inventory.access.records import Principal
from inventory.choices import Authentication, Discovery
from inventory.discovery import Discovered
from inventory.models import Api, Endpoint
from inventory.models.traffic import in_state
from inventory.selectors.endpoints import discovered, endpoints_of


class EndpointRow(serializers.Serializer[Endpoint]):
    """A method on a path of an API.

    `spellings` are the paths that mean the same endpoint. `documented` is false once the current specification no
    longer has it, and for one that logs alone know; `removed_at` says since when. `state` is worked out from
    specifications and logs, `reason` says how. `calls` counts those of all logs, null while none of its gateway was
    read; of them `signed_calls` had credentials and `unsigned_calls` had none, where the logs tell, and `open_calls`
    had none and were answered with 2xx. Days are UTC.
    """

    api = serializers.CharField(source="api.code")
    method = serializers.CharField()
    path = serializers.CharField()
    spellings = serializers.ListField(child=serializers.CharField())
    operation_id = serializers.CharField()
    summary = serializers.CharField()
    authentication = serializers.ChoiceField(choices=Authentication.choices)
    schemes = serializers.ListField(child=serializers.CharField())
    deprecated = serializers.BooleanField()
    documented = serializers.BooleanField()
    first_seen = serializers.DateTimeField()
    removed_at = serializers.DateTimeField(allow_null=True)
    sunset = serializers.DateField(allow_null=True)
    state = serializers.SerializerMethodField()
    reason = serializers.SerializerMethodField()
    calls = serializers.SerializerMethodField()
    signed_calls = serializers.IntegerField(allow_null=True)
    unsigned_calls = serializers.IntegerField(allow_null=True)
    open_calls = serializers.IntegerField(allow_null=True)
    first_called = serializers.DateField(allow_null=True)
    last_called = serializers.DateField(allow_null=True)

    @extend_schema_field(serializers.ChoiceField(choices=Discovery.choices))
    def get_state(self, endpoint: Endpoint) -> str:
        """Return the state."""
        return self._found(endpoint).state.value

    def get_reason(self, endpoint: Endpoint) -> str:
        """Return why that is its state."""
        return self._found(endpoint).reason

    def get_calls(self, endpoint: Endpoint) -> int | None:
        """Return how often it was called."""
        return endpoint.calls or 0 if self._found(endpoint).observed else None

    def _found(self, endpoint: Endpoint) -> Discovered:
        found: Discovered = self.context["discovered"][endpoint.pk]
        return found


class EndpointList(Listing[Endpoint]):
    """The endpoints of the APIs you may see, those that the specification dropped among them."""

    tag = "endpoints"
    name: ClassVar = "endpoints"
    filters: ClassVar = (
        text("api", "Code of the API."),
        text("method", "HTTP method.", longest=20),
        choice("authentication", "What the specification says of signing in.", Authentication.values),
        flag("deprecated", "Whether it is deprecated."),
        flag("documented", "Whether the current specification has it."),
        choice("state", "What it turned out to be.", Discovery.values),
        text("q", "Part of the path."),
    )
    row = EndpointRow

    @override
    def rows(self) -> QuerySet[Endpoint]:
        """Return the endpoints in sight that were asked for."""
        asked = dict(self.asked)
        apis = Api.objects.visible_to(self.principal)
        if "api" in asked:
            apis = apis.filter(pk=api_asked_for(self.principal, asked.pop("api")).pk)
        found = endpoints_of(apis).select_related("api")
        if "q" in asked:
            found = found.filter(path__icontains=asked["q"])
        if "method" in asked:
            found = found.filter(method=asked["method"].upper())
        if "state" in asked:
            found = in_state(found, Discovery(asked["state"]))
        exactly = ("authentication", "deprecated", "documented")
        return found.filter(**{name: asked[name] for name in exactly if name in asked})

    @override
    def context(self, rows: Sequence[Endpoint]) -> dict[str, Any]:
        """Return what each row turned out to be."""
        return {"discovered": discovered(rows)}


def api_asked_for(principal: Principal, code: str) -> Api:
    """Return the API a filter names; foreign and absent are the same refusal."""
    api = Api.objects.visible_to(principal).filter(code=code).first()
    if api is None:
        msg = f"api is “{code}”; there is no API with this code that you may see."
        raise Refusal(msg, code="invalid", field="api")
    return api
