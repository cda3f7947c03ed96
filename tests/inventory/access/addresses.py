"""The product's addresses, and one for every kind of route."""

from datetime import UTC, datetime

from django.contrib.auth.views import PasswordResetDoneView
from django.http import HttpResponse
from django.urls import include, path
from django.utils import timezone
from django.views.decorators.http import require_GET

from inventory.access.http import PublicRequest, Request, wants_fragment
from inventory.access.models import User
from inventory.access.recent import fresh_sign_in
from inventory.access.rights import Verb, require
from inventory.access.routes import Scope, route


@route(Scope.PUBLIC)
def public(request: PublicRequest) -> HttpResponse:
    return HttpResponse(request.principal.name if request.principal else "nobody")


@route(Scope.SELF)
def own(request: Request) -> HttpResponse:
    return HttpResponse(request.principal.name)


@route(Scope.TEAM, Verb.UPLOAD)
@require_GET
def team(request: Request) -> HttpResponse:
    return HttpResponse("fragment" if wants_fragment(request) else "page")


@route(Scope.PUBLIC)
def moment(_request: PublicRequest) -> HttpResponse:
    return HttpResponse(timezone.localtime(datetime(2026, 7, 1, 12, tzinfo=UTC)).isoformat())


@route(Scope.ORGANISATION)
def organisation(_request: Request) -> HttpResponse:
    return HttpResponse("sums")


@route(Scope.ORGANISATION, Verb.SET_POLICY)
def policies(_request: Request) -> HttpResponse:
    return HttpResponse("policies")


@route(Scope.TEAM)
def decide(request: Request, team_id: int) -> HttpResponse:
    require(request.principal, Verb.DECIDE, team_id=team_id)
    return HttpResponse("decided")


@route(Scope.SELF)
@fresh_sign_in
def grave(_request: Request) -> HttpResponse:
    return HttpResponse("done")


@route(Scope.SELF)
def asked(request: Request, name: str) -> HttpResponse:
    return HttpResponse(str(User.objects.filter(name=request.GET.get("name", name)).count()))


@route(Scope.PUBLIC)
def broken(_request: PublicRequest) -> HttpResponse:
    msg = "broken on purpose"
    raise RuntimeError(msg)


def undeclared(_request: PublicRequest) -> HttpResponse:
    return HttpResponse("open by oversight")


kinds = (
    [
        path("public/", public, name="public"),
        path("own/", own, name="own"),
        path("moment/", moment, name="moment"),
        path("team/", team, name="team"),
        path("organisation/", organisation, name="organisation"),
        path("policies/", policies, name="policies"),
        path("decide/<int:team_id>/", decide, name="decide"),
        path("asked/<str:name>/", asked, name="asked"),
        path("grave/", grave, name="grave"),
        path("broken/", broken, name="broken"),
        path("oversight/", undeclared, name="undeclared"),
        path("third/", PasswordResetDoneView.as_view(), name="third"),
    ],
    "kinds",
)

# The pages of the access floor lead to the others' through the side bar, so theirs are there too.
urlpatterns = [path("kinds/", include(kinds)), path("", include("posture.urls"))]
