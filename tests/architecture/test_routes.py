"""Every address of the product says to whom it is open."""

from django.http import HttpResponse
from django.urls import URLPattern, URLResolver, get_resolver, path
from django.urls.resolvers import RegexPattern

from inventory.access import routes
from inventory.access.http import PublicRequest
from inventory.access.routes import Scope, route, routes_of, undeclared


def plain(_request: PublicRequest) -> HttpResponse:
    return HttpResponse()


def test_no_route_is_undeclared() -> None:
    assert undeclared(get_resolver()) == []
    assert len(list(routes_of(get_resolver()))) > 10


def test_an_undeclared_route_is_seen_and_a_declared_one_is_not() -> None:
    patterns: list[URLPattern | URLResolver] = [path("open/", plain), path("said/", route(Scope.PUBLIC)(plain))]
    assert undeclared(URLResolver(RegexPattern(r"^/"), patterns)) == ["open/"]


def test_few_addresses_are_open_to_anybody() -> None:
    public = {name for _, name, declared in routes_of(get_resolver()) if declared and declared.scope == Scope.PUBLIC}
    signing_in = {"account_login", "mfa_authenticate", "access:passkey-sign-in", "account_logout", "access:welcome"}
    lost = {"account_reset_password", "account_reset_password_from_key", "access:join"}
    signed = {"incidents:hook"}  # A webhook: its signature is the guard.
    assert public <= signing_in | lost | signed


def test_what_was_declared_by_name_still_exists() -> None:
    names = {name for _, name, _ in routes_of(get_resolver())}
    assert set(routes._declared) - names == set()
