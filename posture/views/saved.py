"""Saved views: keep a list as one sees it, share it, open with it, delete it."""

from typing import Final

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from inventory.access.errors import ChangeRefused
from inventory.access.http import Request
from inventory.access.routes import Scope, route
from posture.choices import ListName
from posture.forms import ViewForm
from posture.models import SavedView
from posture.selectors.api_list import teams_in_sight
from posture.selectors.saved_views import visible_view
from posture.services.views import Wish, drop_view, save_view, see_first
from posture.views.lists import REFUSED


@route(Scope.SELF)
@require_POST
def view_save(request: Request) -> HttpResponse:
    """Save what a list is narrowed to under a name."""
    teams = [team for team in teams_in_sight(request.principal) if team.pk in request.principal.team_ids]
    form = ViewForm(request.POST, teams=[(team.slug, team.name) for team in teams])
    if not form.is_valid():
        return _refused(request, str(next(iter(form.errors.values()))[0]))
    given = form.cleaned_data
    team_id = next((team.pk for team in teams if team.slug == given["team"]), None)
    wish = Wish(listed=ListName(given["listed"]), name=given["name"], query=given["query"], team_id=team_id)
    try:
        view = save_view(wish=wish, principal=request.principal, now=timezone.now())
    except ChangeRefused as refusal:
        return _refused(request, str(refusal))
    messages.success(request, f"Saved as “{view.name}”.")
    return redirect(_back(view.listed, view.query))


@route(Scope.SELF)
@require_POST
def view_delete(request: Request, code: str) -> HttpResponse:
    """Delete one's own view."""
    view = _found(request, code)
    try:
        drop_view(view=view, principal=request.principal, now=timezone.now())
    except ChangeRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"The view “{view.name}” is deleted.")
    return redirect(_back(view.listed, "view=all"))


@route(Scope.SELF)
@require_POST
def view_first(request: Request, code: str) -> HttpResponse:
    """Open the list with this view from now on, or with all rows again."""
    view = _found(request, code)
    first = request.POST.get("first") == "yes"
    try:
        see_first(view=view, first=first, principal=request.principal, now=timezone.now())
    except ChangeRefused as refusal:
        messages.error(request, str(refusal))
        return redirect(_back(view.listed, "view=all"))
    said = f"opens with “{view.name}”" if first else "opens with everything"
    messages.success(request, f"From now on this list {said}.")
    return redirect(_back(view.listed, view.query))


def _refused(request: Request, why: str) -> HttpResponse:
    """Go back to the list, whose menu opens once more with what was sent."""
    sent = {name: request.POST.get(name, "")[:LONGEST_SENT] for name in ("listed", "name", "team")}
    if sent["listed"] in ListName.values:
        request.session[REFUSED] = {**sent, "why": why}
    else:
        messages.error(request, f"The view was not saved: {why}")
    return redirect(_back(sent["listed"], request.POST.get("query", "")))


def _found(request: Request, code: str) -> SavedView:
    try:
        return visible_view(principal=request.principal, code=code)
    except SavedView.DoesNotExist as error:
        raise Http404 from error


LONGEST_SENT: Final = 1000
ADDRESSES = {ListName.FINDINGS: "posture:findings", ListName.QUEUE: "posture:queue"}


def _back(listed: str, query: str) -> str:
    """Return the address of a list; one that does not exist is the APIs'."""
    address = reverse(ADDRESSES.get(ListName(listed), "posture:apis") if listed in ListName.values else "posture:apis")
    return f"{address}?{query}" if query else address
