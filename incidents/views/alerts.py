"""The list of alerts, the page of one, and what people do with it."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from incidents.errors import AlertsRefused
from incidents.forms import CLOSINGS, SNOOZES, TriageForm
from incidents.models import Episode
from incidents.selectors.alert_crowds import crowds_of
from incidents.selectors.alert_list import alerts_in_sight, unmapped_in_sight
from incidents.selectors.alert_page import page_of_alert, step_about, visible_alert
from incidents.selectors.holding import team_of
from incidents.services.triage import triage, undo
from incidents.views.together import alert_filter, listed, remembered
from inventory.access.http import Request
from inventory.access.rights import Verb, may_somewhere, require, roles_that_may
from inventory.access.routes import Scope, route
from inventory.access.views.lists import answer_list, place

DONE = {
    "acknowledged": "Acknowledged.",
    "snoozed": "Snoozed.",
    "closed": "Closed.",
    "reopened": "Open again.",
    "assigned": "Assigned.",
    "noted": "Noted.",
}


@route(Scope.TEAM)
@require_safe
def alert_list(request: Request) -> HttpResponse:
    """List the alerts somebody may see, the newest first."""
    now, principal = timezone.now(), request.principal
    form = alert_filter(request, request.GET)
    crowds, where = crowds_of(principal=principal, narrowed=form), place(request)
    context = {
        "page": alerts_in_sight(principal=principal, narrowed=form, crowds=crowds, now=now, **where),
        "crowds": () if any(where.values()) else crowds,
        "beside": f"{sum(crowd.alerts for crowd in crowds)} in one line for each client" if crowds else "",
        "query": listed(request.GET),
        "may_triage": may_somewhere(principal, Verb.TRIAGE_ALERTS),
        "done": remembered(request, now=now),
        "unmapped": unmapped_in_sight(principal),
    }
    return answer_list(
        request, form, page="incidents/alerts.html", fragment="incidents/_alert_list.html", context=context
    )


@route(Scope.TEAM)
@require_safe
def alert_detail(request: Request, code: str) -> HttpResponse:
    """Show an alert."""
    episode = _found(request, code)
    if episode.moved_to is not None:
        return redirect("incidents:alert", episode.moved_to.code)
    return _shown(request, episode)


@route(Scope.TEAM, Verb.TRIAGE_ALERTS)
@require_POST
def alert_triage(request: Request, code: str) -> HttpResponse:
    """Write what a person does with an alert."""
    episode = _found(request, code)
    require(request.principal, Verb.TRIAGE_ALERTS, team_id=team_of(episode))
    now = timezone.now()
    page = page_of_alert(principal=request.principal, episode=episode, now=now)
    form = TriageForm(request.POST, people=page.people)
    if not form.is_valid():
        return _shown(request, episode, error=str(next(iter(form.errors.values()))[0]), status=422)
    try:
        step = triage(episode=episode, said=form.said(now=now), principal=request.principal, now=now)
    except AlertsRefused as refusal:
        return _shown(request, episode, error=str(refusal), status=422)
    messages.success(request, DONE[step.act])
    return redirect("incidents:alert", episode.code)


@route(Scope.TEAM, Verb.TRIAGE_ALERTS)
@require_POST
def alert_undo(request: Request, code: str) -> HttpResponse:
    """Take a step back: what was before it holds again."""
    episode = _found(request, code)
    require(request.principal, Verb.TRIAGE_ALERTS, team_id=team_of(episode))
    step = step_about(episode=episode, code=request.POST.get("step", ""))
    if step is None:
        return _shown(request, episode, error="There is nothing to take back.", status=422)
    try:
        undo(episode=episode, step=step, principal=request.principal, now=timezone.now())
    except AlertsRefused as refusal:
        return _shown(request, episode, error=str(refusal), status=422)
    messages.success(request, "Taken back: what was before it holds again.")
    return redirect("incidents:alert", episode.code)


def _found(request: Request, code: str) -> Episode:
    """Return the alert with this code; foreign and absent are the same: Http404."""
    try:
        return visible_alert(principal=request.principal, code=code)
    except Episode.DoesNotExist as error:
        raise Http404 from error


def _shown(request: Request, episode: Episode, *, status: int = 200, **more: Any) -> HttpResponse:
    page = page_of_alert(principal=request.principal, episode=episode, now=timezone.now())
    context = {
        "page": page,
        "closings": CLOSINGS,
        "snoozes": SNOOZES,
        "triagers": roles_that_may(Verb.TRIAGE_ALERTS),
        "tried": request.POST,
        **more,
    }
    return render(request, "incidents/alert.html", context, status=status)
