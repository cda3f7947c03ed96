"""What a request may say in its body: nothing that is not asked for is let through in silence."""

from typing import Any, TypeVar

from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser
from typing_extensions import override

from inventory.access.api.errors import Refusal

Body = TypeVar("Body", bound=serializers.Serializer[Any])


class Json(JSONParser):
    """Reads JSON that a person or a program wrote, which is not nested a thousand times."""

    @override
    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        """Return the value; raises ParseError."""
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError as error:
            msg = "The JSON is nested too deeply."
            raise ParseError(msg) from error


class Strict(serializers.Serializer[Any]):
    """A body that refuses fields it does not know."""

    @override
    def to_internal_value(self, data: Any) -> Any:
        """Return the values; raises Refusal for a field nobody asked for."""
        known = list(self.fields)
        if unknown := next((name for name in data if name not in known), None):
            msg = f"There is no field “{unknown[:100]}”; known are {', '.join(map(str, known))}."
            raise Refusal(msg, code="unknown_field", field=unknown[:100])
        return super().to_internal_value(data)


def read_body(body: type[Body], data: Any) -> dict[str, Any]:
    """Return the values of a body; raises for what is wrong with it."""
    if not isinstance(data, dict):
        msg = "The body is not an object; send JSON such as {“reason”: “…”}."
        raise Refusal(msg, code="malformed")
    serializer = body(data=data)
    serializer.is_valid(raise_exception=True)
    values: dict[str, Any] = serializer.validated_data
    return values
