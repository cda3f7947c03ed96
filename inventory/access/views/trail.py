"""The trail: who did what, when and why, as far as somebody may read it."""

from django.http import HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_safe

from inventory.access.http import Request
from inventory.access.rights import Verb, may_somewhere, refused
from inventory.access.routes import Scope, route
from inventory.access.services.reading import export_trail
from inventory.access.trail import TrailFilter, trail_page
from inventory.access.views.lists import answer_list, place


@route(Scope.TEAM, Verb.READ_TRAIL)
@require_safe
def trail(request: Request) -> HttpResponse:
    """List the changes in sight, the newest first."""
    form = TrailFilter(request.GET)
    context = {"page": trail_page(principal=request.principal, narrowed=form, **place(request))}
    return answer_list(request, form, page="access/trail.html", fragment="access/_trail_table.html", context=context)


@route(Scope.TEAM, Verb.READ_TRAIL)
@require_GET
def trail_csv(request: Request) -> StreamingHttpResponse:
    """Give the list of changes as CSV, narrowed as the page at the same parameters."""
    if not may_somewhere(request.principal, Verb.EXPORT):
        raise refused(Verb.EXPORT)
    pieces = export_trail(principal=request.principal, narrowed=TrailFilter(request.GET), now=timezone.now())
    headers = {"Content-Disposition": 'attachment; filename="trail.csv"'}
    return StreamingHttpResponse(pieces, content_type="text/csv; charset=utf-8", headers=headers)
