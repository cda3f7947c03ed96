"""The registry of routes: each says to whom it is open, and is kept closed to everybody else.

Our own views say it with `@route`, third-party views with `declare`. A route declared nowhere is named by
`undeclared`, which fails the build, and is refused when somebody asks for it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, wraps
from typing import Concatenate, Final, ParamSpec, TypeVar

from django.contrib.auth.views import redirect_to_login
from django.db.models import TextChoices
from django.http.response import HttpResponseBase
from django.urls import NoReverseMatch, URLPattern, URLResolver, resolve, reverse
from django_htmx.http import HttpResponseClientRedirect

from inventory.access.http import PublicRequest, asking_page
from inventory.access.records import Principal
from inventory.access.rights import Verb, may, may_somewhere, refused, require

P = ParamSpec("P")
R = TypeVar("R", bound=PublicRequest)
View = Callable[Concatenate[R, P], HttpResponseBase]


class Scope(TextChoices):
    """To whom a route is open."""

    PUBLIC = "public", "Anybody"
    SELF = "self", "Anybody signed in, about themselves"
    TEAM = "team", "Anybody signed in, with the rows they may see"
    ORGANISATION = "organisation", "Organisation roles"


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """What one route declares; `verb` is the right it takes, if any.

    `early` routes are open to somebody whose role asks for a second factor they do not have yet: the way to set it up.
    """

    scope: Scope
    verb: Verb | None = None
    early: bool = False


_declared: Final[dict[str, Route]] = {}


def route(scope: Scope, verb: Verb | None = None, *, early: bool = False) -> Callable[[View[R, P]], View[R, P]]:
    """Return a decorator that marks a view and keeps it closed to those its scope leaves out.

    All but PUBLIC ask for a sign-in, and ORGANISATION for an organisation role. With a verb, the person must hold
    that right: to all in ORGANISATION, to anything at all in TEAM. A TEAM route with a row in its address looks that
    row up first, so that what is out of sight is 404 whatever one may; its view then requires the right to the row.
    Raises AccessRefused, which the middleware answers with 403.
    """
    declared = Route(scope=scope, verb=verb, early=early)

    def decorate(view: View[R, P]) -> View[R, P]:
        @wraps(view)
        def guarded(request: R, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            return refusal(request, declared, named=bool(args or kwargs)) or view(request, *args, **kwargs)

        vars(guarded)["route"] = declared
        return guarded

    return decorate


def declare(url_name: str, scope: Scope, verb: Verb | None = None) -> None:
    """Declare the route of a third-party view by its full URL name; the middleware guards it as `route` would."""
    _declared[url_name] = Route(scope=scope, verb=verb)


def declared_for(url_name: str) -> Route | None:
    """Return what was declared for a third-party view."""
    return _declared.get(url_name)


def refusal(request: PublicRequest, declared: Route, *, named: bool) -> HttpResponseBase | None:
    """Return the way to the sign-in for somebody unknown, and None for those whom the route lets in.

    `named` tells that the address names a row. Raises AccessRefused for those who are known and may not.
    """
    if declared.scope == Scope.PUBLIC:
        return None
    principal = request.principal
    if principal is None:
        return _sign_in_first(request)
    if declared.scope == Scope.ORGANISATION:
        require(principal, declared.verb or Verb.SEE, team_id=None)
    elif declared.verb and not named and not may_somewhere(principal, declared.verb):
        raise refused(declared.verb)
    return None


def address_for(principal: Principal, url_name: str) -> str:
    """Return the address of a route without arguments that lets the principal in; nothing for any other name."""
    try:
        address = reverse(url_name)
    except NoReverseMatch:
        return ""
    declared = _declared_at(address)
    if declared is None:
        return ""
    if declared.scope == Scope.ORGANISATION:
        return address if may(principal, declared.verb or Verb.SEE, team_id=None) else ""
    return address if declared.verb is None or may_somewhere(principal, declared.verb) else ""


@cache
def _declared_at(address: str) -> Route | None:
    match = resolve(address)
    return getattr(match.func, "route", None) or _declared.get(match.view_name)


def routes_of(
    resolver: URLResolver, *, prefix: str = "", namespace: str = ""
) -> Iterator[tuple[str, str, Route | None]]:
    """Yield each route under the resolver: its pattern, its full name and what it declares."""
    for entry in resolver.url_patterns:
        pattern = f"{prefix}{entry.pattern}"
        if isinstance(entry, URLPattern):
            name = f"{namespace}{entry.name or ''}"
            yield pattern, name, getattr(entry.callback, "route", None) or _declared.get(name)
        else:
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from routes_of(entry, prefix=pattern, namespace=inner)


def undeclared(resolver: URLResolver) -> list[str]:
    """Return the patterns under the resolver that declare nothing."""
    return [pattern for pattern, _, declared in routes_of(resolver) if declared is None]


def _sign_in_first(request: PublicRequest) -> HttpResponseBase:
    """Send somebody to the sign-in and, where a plain visit can be taken up again, back afterwards."""
    if request.htmx:
        there = redirect_to_login(asking_page(request) or "/")
        return HttpResponseClientRedirect(there.url)
    return redirect_to_login(request.get_full_path() if request.method in {"GET", "HEAD"} else "/")
