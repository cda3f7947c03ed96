"""Cases: what findings, alerts and checks say of one endpoint together."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from incidents.filters import CaseFilter
from incidents.selectors.cases import cases_in_sight, page_of_case, visible_case
from inventory.access.http import Request
from inventory.access.routes import Scope, route
from inventory.access.views.lists import answer_list, place


@route(Scope.TEAM)
@require_safe
def case_list(request: Request) -> HttpResponse:
    """List the cases somebody may see, weaknesses under attack first."""
    form = CaseFilter(request.GET)
    page = cases_in_sight(principal=request.principal, narrowed=form, now=timezone.now(), **place(request))
    return answer_list(
        request, form, page="incidents/cases.html", fragment="incidents/_case_list.html", context={"page": page}
    )


@route(Scope.TEAM)
@require_safe
def case_detail(request: Request, code: str) -> HttpResponse:
    """Show a case and why each thing is part of it."""
    now = timezone.now()
    endpoint = visible_case(principal=request.principal, code=code, now=now)
    if endpoint is None:
        raise Http404
    return render(request, "incidents/case.html", {"page": page_of_case(endpoint=endpoint, now=now)})
