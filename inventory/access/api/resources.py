"""What every resource of the API is: declared, closed to whoever may not, strict about its parameters, paged."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, ClassVar, Final, Generic, TypeVar
from urllib.parse import urljoin, urlsplit

from django.conf import settings
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.permissions import BasePermission
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request as AnyRequest
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView
from typing_extensions import override

from inventory.access.api.asking import DEFAULT_ROWS, Parameter, asked, places
from inventory.access.api.bodies import Json
from inventory.access.api.errors import NOTHING, Refusal, answer_error, not_found
from inventory.access.api.pace import PerMinute
from inventory.access.api.schema import Schema
from inventory.access.api.signing_in import ApiRequest, BySession, ByToken
from inventory.access.choices import PrincipalKind
from inventory.access.records import Principal
from inventory.access.rights import Verb, may_somewhere, refused
from inventory.access.routes import Route, Scope
from inventory.access.veils import veil

Row = TypeVar("Row", bound=Model)

SEEING: Final = {"GET": Verb.SEE}
BODY_LIMIT: Final = 1 << 20
"""Bytes of a JSON body; files have their own limit."""


class AlwaysJson(BaseContentNegotiation):
    """Answers in JSON whatever was asked for: there is nothing else, and a wrong header should not hide an answer."""

    @override
    def select_parser(self, request: AnyRequest, parsers: Iterable[BaseParser]) -> BaseParser | None:
        """Return the parser of the body's type; None, which is 415, when there is none."""
        kind = (request.content_type or "").partition(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == kind), None)

    @override
    def select_renderer(
        self, request: AnyRequest, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """Return the one renderer."""
        renderer = next(iter(renderers))
        return renderer, renderer.media_type or ""


class SignedIn(BasePermission):
    """Lets in whoever signed in; what they may do is `Resource`'s to check."""

    @override
    def has_permission(self, request: AnyRequest, view: APIView) -> bool:
        """Return True for somebody known."""
        return getattr(request, "principal", None) is not None


class Resource(APIView):
    """One address of the API.

    `verbs` says which right each method takes. Without a row in the address it is checked before anything is done; with
    one, the row is looked up first, so that what is out of sight is 404 whatever one may, and the service checks.
    `parameters` is what GET may be asked; the values are in `asked`. `says` has the serializer of each method's answer
    and `takes` that of its body, for the schema.
    """

    authentication_classes = (ByToken, BySession)
    permission_classes = (SignedIn,)
    throttle_classes = (PerMinute,)
    content_negotiation_class = AlwaysJson
    parser_classes: Any = (Json,)
    schema = Schema()
    http_method_names = ["get", "head", "post", "patch"]

    scope: ClassVar[Scope] = Scope.TEAM
    verbs: ClassVar[Mapping[str, Verb]] = SEEING
    parameters: ClassVar[Sequence[Parameter]] = ()
    says: ClassVar[Mapping[str, Any]] = {}
    takes: ClassVar[Mapping[str, Any]] = {}
    tag: ClassVar[str] = ""
    body_limit: int = BODY_LIMIT

    request: ApiRequest
    asked: dict[str, Any]

    @classmethod
    @override
    def as_view(cls, **initkwargs: Any) -> Any:
        """Return the view with what it declares (`inventory.access.routes`); it guards itself."""
        view = super().as_view(**initkwargs)
        verbs = set(cls.verbs.values())
        vars(view)["route"] = Route(scope=cls.scope, verb=verbs.pop() if len(verbs) == 1 else None)
        return view

    @override
    def get_exception_handler(self) -> Callable[[Exception, dict[str, Any]], Response]:
        """Return what answers errors."""
        return answer_error

    @property
    def principal(self) -> Principal:
        """Who asks."""
        return self.request.principal

    @property
    def told_limit(self) -> int:
        """How many bytes are said to be the most."""
        return self.body_limit

    @override
    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> AnyRequest:
        """Take everything for UTF-8, whatever character set the request claims: JSON and our forms know no other."""
        request.encoding = "utf-8"
        return super().initialize_request(request, *args, **kwargs)

    @override
    def initial(self, request: AnyRequest, *args: Any, **kwargs: Any) -> None:
        """Refuse whoever is unknown, may not or asks for what is not there, before anything is done."""
        super().initial(request, *args, **kwargs)
        if request.method not in self.allowed_methods:
            self.http_method_not_allowed(request, *args, **kwargs)
        if any("\0" in str(value) for value in kwargs.values()):
            # No name holds one, and the database would not even look.
            raise not_found(NOTHING)
        self._check_right(request.method or "")
        self._check_size(request)
        self.asked = asked(request.query_params, self.parameters if request.method in {"GET", "HEAD"} else ())

    def _check_right(self, method: str) -> None:
        verb = self.verbs.get("GET" if method == "HEAD" else method)
        principal = self.principal
        is_token = principal.kind == PrincipalKind.TOKEN
        looks_up = bool(self.kwargs) and self.scope == Scope.TEAM
        if is_token and (looks_up or verb == Verb.SEE) and Verb.SEE not in (principal.scopes or ()):
            raise refused(Verb.SEE)
        if verb and verb != Verb.SEE and not self.kwargs and not may_somewhere(principal, verb):
            raise refused(verb)

    def _check_size(self, request: AnyRequest) -> None:
        length = request.headers.get("Content-Length", "")
        if request.headers.get("Transfer-Encoding") and not length:
            msg = "The length of the body is not known; send it with Content-Length."
            raise Refusal(msg, code="length_required", status=HTTPStatus.LENGTH_REQUIRED)
        if length.isdigit() and int(length) > self.body_limit:
            raise too_large(self.told_limit)


def too_large(limit: int) -> Refusal:
    """Return the 413 that says how many bytes are taken in."""
    msg = f"This is larger than the {limit:,} bytes that are taken in at once."
    return Refusal(msg, code="too_large", status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


class Listing(Resource, Generic[Row]):
    """A list that is walked by cursor: each row that was there at the start comes exactly once.

    Rows stand in the order they were made in, or the newest first; a cursor is the veiled number of the last one shown,
    so rows made meanwhile move nothing. `name` keeps its cursors apart from those of other lists.
    """

    name: ClassVar[str]
    filters: ClassVar[Sequence[Parameter]] = ()
    newest_first: ClassVar[bool] = False
    row: ClassVar[type[BaseSerializer[Any]]]

    @override
    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "filters" in vars(cls) or "name" in vars(cls):
            cls.parameters = (*cls.filters, *places(cls.name))

    def rows(self) -> QuerySet[Row]:
        """Return the rows in sight that were asked for, in any order."""
        raise NotImplementedError

    def context(self, rows: Sequence[Row]) -> dict[str, Any]:  # noqa: ARG002 -- for lists that need it
        """Return what the serializer needs beside the rows, asked for all of them at once."""
        return {}

    def get(self, request: ApiRequest) -> Response:
        """Return one page."""
        size, rows = self.asked.get("page_size", DEFAULT_ROWS), self.rows()
        order = "-pk" if self.newest_first else "pk"
        there = rows
        if "cursor" in self.asked:
            there = rows.filter(**{"pk__lt" if self.newest_first else "pk__gt": self.asked["cursor"]})
        # Numbers first and rows after: right after a large import, a plan without statistics would sort whole rows.
        numbers = list(there.order_by(order).values_list("pk", flat=True)[: size + 1])
        page = list(rows.filter(pk__in=numbers[:size]).order_by(order))
        following = self._following(request, numbers[size - 1]) if len(numbers) > size else None
        results = self.row(page, many=True, context=self.context(page)).data
        return Response({"results": results, "next": following})

    def _following(self, request: ApiRequest, place: int) -> str:
        kept = request.query_params.copy()
        kept["cursor"] = veil(place, purpose=f"cursor {self.name}", key=settings.DIGEST_KEY)
        return absolute(request, f"{request.path}?{kept.urlencode()}")


def absolute(request: AnyRequest, path: str) -> str:
    """Return an address of ours in full: under BASE_URL when it was asked there, which knows of a proxy's https."""
    if request.get_host() == urlsplit(settings.BASE_URL).netloc:
        return urljoin(settings.BASE_URL, path)
    return request.build_absolute_uri(path)
