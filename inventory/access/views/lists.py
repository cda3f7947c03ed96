"""What every list page has in common: it is answered whole or as the part that htmx swaps, and says where it stands."""

from typing import Any

from django.http import HttpResponse, QueryDict
from django.shortcuts import render

from inventory.access.filters import ListFilter
from inventory.access.http import Request, wants_fragment

PLACE = ("after", "before")
"""Where in a list one stands; a list that is narrowed otherwise starts anew."""


def place(request: Request) -> dict[str, str]:
    """Return the cursors of the address."""
    return {name: request.GET.get(name, "") for name in PLACE}


def answer_list(
    request: Request, form: ListFilter, *, page: str, fragment: str, context: dict[str, Any]
) -> HttpResponse:
    """Render the page, or the fragment with the tidy address that goes into the address bar."""
    chips = [
        {"label": chip.label, "word": chip.word, "without": _address(request, chip.name, *PLACE)} for chip in form.chips
    ]
    context = {"form": form, "chips": chips, **context}
    if not wants_fragment(request):
        return render(request, page, context)
    response = render(request, fragment, context)
    response["HX-Push-Url"] = _address(request)
    return response


def _address(request: Request, *left_out: str) -> str:
    """Return the address of this page with all that is asked for but the named parts."""
    kept = QueryDict(mutable=True)
    for name, values in request.GET.lists():
        if name not in left_out and values[-1]:
            kept[name] = values[-1]
    return f"{request.path}?{kept.urlencode()}" if kept else request.path
