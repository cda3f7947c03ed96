"""The palette: one search over everything somebody may see."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from inventory.access.http import Request, wants_fragment
from inventory.access.routes import Scope, route
from posture.selectors.search import LONGEST, search


@route(Scope.TEAM)
@require_safe
def find(request: Request) -> HttpResponse:
    """List what `?q=` finds: as the palette's options when htmx asks, else as a page of links."""
    text = request.GET.get("q", "")[:LONGEST]
    context = {"text": text.strip(), "groups": search(principal=request.principal, text=text)}
    template = "posture/_found.html" if wants_fragment(request) else "posture/search.html"
    return render(request, template, context)
