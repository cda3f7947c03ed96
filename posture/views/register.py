"""The register of decisions, as a page and as a file."""

from django.http import HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_safe

from inventory.access.http import Request
from inventory.access.rights import Verb
from inventory.access.routes import Scope, route
from inventory.access.views.lists import answer_list, place
from posture.registers import RegisterFilter
from posture.selectors.api_list import teams_in_sight
from posture.selectors.register import endings, register_in_sight
from posture.services.registers import export_register
from posture.views.exports import as_file


@route(Scope.TEAM)
@require_safe
def register(request: Request) -> HttpResponse:
    """List what was accepted, judged and suppressed, with the months in which it ends."""
    now, form = timezone.now(), _filter(request)
    context = {
        "page": register_in_sight(principal=request.principal, narrowed=form, now=now, **place(request)),
        "months": endings(principal=request.principal, now=now),
    }
    return answer_list(
        request, form, page="posture/register.html", fragment="posture/_register_table.html", context=context
    )


@route(Scope.TEAM, Verb.EXPORT)
@require_GET
def register_csv(request: Request) -> StreamingHttpResponse:
    """Give the register, narrowed as the page at the same parameters."""
    pieces = export_register(principal=request.principal, narrowed=_filter(request), now=timezone.now())
    return as_file(pieces, "decisions.csv")


def _filter(request: Request) -> RegisterFilter:
    teams = [(team.slug, team.name) for team in teams_in_sight(request.principal)]
    return RegisterFilter(request.GET, teams=teams, now=timezone.now())
