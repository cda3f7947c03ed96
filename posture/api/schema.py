"""The schema of the REST interface, and the answer to an address that is not in it."""

from functools import cache
from typing import Any, ClassVar

from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from typing_extensions import override

from inventory.access.api.errors import not_found
from inventory.access.api.resources import Resource
from inventory.access.api.signing_in import ApiRequest
from inventory.access.routes import Scope


@cache
def schema() -> Any:
    """Return the OpenAPI description; the code alone decides it."""
    return SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call] # untyped there


@extend_schema(exclude=True)
class SchemaAnswer(Resource):
    """The OpenAPI description of all this."""

    tag = "schema"
    scope = Scope.SELF
    verbs: ClassVar = {}

    def get(self, _request: ApiRequest) -> Response:
        """Return it as JSON."""
        return Response(schema())


@extend_schema(exclude=True)
class Nowhere(Resource):
    """Whatever else is asked for."""

    tag = "schema"
    scope = Scope.SELF
    verbs: ClassVar = {}

    @override
    def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
        """Say that there is nothing, to whoever is known and whatever the method."""
        self.perform_authentication(request)
        self.check_permissions(request)
        hint = "" if request.path.endswith("/") else f" Addresses end with a slash: {request.path[:300]}/ may be it."
        msg = f"There is nothing at {request.path[:300]}.{hint}"
        raise not_found(msg)
