"""Endpoints of the APIs somebody sees."""

from typing import ClassVar

from django.db.models import QuerySet
from rest_framework import serializers
from typing_extensions import override

from inventory.access.api.asking import choice, flag, text
from inventory.access.api.errors import Refusal
from inventory.access.api.resources import Listing
from inventory.access.records import Principal
from inventory.choices import Authentication
from inventory.models import Api, Endpoint
from inventory.selectors import endpoints_of


class EndpointRow(serializers.Serializer[Endpoint]):
    """A method on a path of an API.

    `spellings` are the paths that mean the same endpoint. `documented` is false once the current specification no
    longer has it; `removed_at` says since when.
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
        exactly = ("authentication", "deprecated", "documented")
        return found.filter(**{name: asked[name] for name in exactly if name in asked})


def api_asked_for(principal: Principal, code: str) -> Api:
    """Return the API a filter names; foreign and absent are the same refusal."""
    api = Api.objects.visible_to(principal).filter(code=code).first()
    if api is None:
        msg = f"api is “{code}”; there is no API with this code that you may see."
        raise Refusal(msg, code="invalid", field="api")
    return api
