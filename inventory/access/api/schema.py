"""What the schema says of each resource, read from what the resource declares itself."""

import inspect
from typing import Any, Final

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, inline_serializer
from rest_framework import serializers
from typing_extensions import override

from inventory.access.api.asking import SAYS
from inventory.access.api.bodies import Strict

KEPT: Final = OpenApiParameter(
    name="Idempotency-Key",
    type={"type": "string", "pattern": "^[ -~]*[!-~][ -~]*$", "maxLength": 255},
    location=OpenApiParameter.HEADER,
    description="Names this act, for 24 hours. The same key and body again give the first answer and do nothing.",
)


class Fault(serializers.Serializer[Any]):
    """What went wrong: a code for programs, a sentence for people, and the field to blame where there is one."""

    code = serializers.CharField()
    message = serializers.CharField()
    field = serializers.CharField(required=False)


class ErrorAnswer(serializers.Serializer[Any]):
    """The one shape of every error."""

    error = Fault()


class Schema(AutoSchema):
    """Reads `parameters`, `takes`, `says`, `row`, `verbs` and `tag` of a `Resource`; says what else it answers."""

    @property
    def resource(self) -> Any:
        """The view, which is a `Resource`."""
        return self.view

    @override
    def get_operation_id(self) -> str:
        """Return a name for whoever generates a client; a list is no single thing."""
        name = super().get_operation_id()
        return name.replace("_retrieve", "_list") if hasattr(self.view, "row") else name

    @override
    def get_override_parameters(self) -> list[Any]:
        """Return the parameters of a GET, and the header that every POST takes."""
        if self.method == "POST":
            return [KEPT]
        if self.method != "GET":
            return []
        return [
            OpenApiParameter(
                name=each.name, type={"type": each.kind, **each.bounds}, enum=each.choices or None,
                description=each.meaning,
            )
            for each in self.resource.parameters
        ]  # fmt: skip

    @override
    def get_request_serializer(self) -> Any:
        """Return the serializer of the body."""
        taken = self.resource.takes.get(self.method)
        return {parser.media_type: taken for parser in self.view.parser_classes} if taken else None

    @override
    def _map_basic_serializer(self, serializer: Any, direction: Any) -> Any:
        """Say that a body takes no other fields."""
        said = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call] # spectacular has no types
        return {**said, "additionalProperties": False} if isinstance(serializer, Strict) else said

    @override
    def _insert_field_validators(self, field: Any, schema: Any) -> None:
        """Say what a body may not leave empty, which the generator keeps to itself."""
        super()._insert_field_validators(field, schema)  # type: ignore[no-untyped-call] # as above
        if not isinstance(field.root, Strict):
            return
        asked, told = field, schema
        if isinstance(field, serializers.ListField):
            asked, told = field.child, schema["items"]
            schema.update({} if field.allow_empty else {"minItems": 1})
        if isinstance(asked, serializers.CharField) and not asked.allow_blank:
            told.setdefault("pattern", SAYS)

    @override
    def get_response_serializers(self) -> Any:
        """Return the serializers of the answers by status."""
        said = dict(self.resource.says.get(self.method, {}))
        if self.method == "GET" and (row := getattr(self.view, "row", None)):
            fields = {
                "results": row(many=True),
                "next": serializers.URLField(allow_null=True, help_text="The next page; null on the last one."),
            }
            said = {200: inline_serializer(name=f"{row.__name__}Page", fields=fields)}
        return {**said, "4XX": ErrorAnswer}

    @override
    def get_description(self) -> str:  # type: ignore[override] # drf-spectacular has its own signature
        """Return what the method, or the list, is for, and which right it takes."""
        name = "act" if self.method == "POST" else self.method.lower()
        own = vars(type(self.view)).get(name, type(self.view))
        verb = self.resource.verbs.get(self.method)
        right = f"\n\nRight: {verb.label}." if verb else ""
        return f"{inspect.getdoc(own)}{right}"

    @override
    def get_tags(self) -> list[str]:
        """Return the kind of thing the resource is about."""
        return [self.resource.tag]


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call] # registers itself, untyped
    """The token in the schema."""

    target_class = "inventory.access.api.signing_in.ByToken"
    name = "token"

    @override
    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        """Return a bearer token."""
        return {"type": "http", "scheme": "bearer", "description": "A token from `manage.py create_token`."}


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call] # as above
    """The cookie of the pages in the schema."""

    target_class = "inventory.access.api.signing_in.BySession"
    name = "session"

    @override
    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        """Return the cookie; its name is that of the pages."""
        told = "The cookie of somebody signed in on the pages; what changes something needs X-CSRFToken too."
        return {"type": "apiKey", "in": "cookie", "name": "sessionid", "description": told}
