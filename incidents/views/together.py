"""Triage of several alerts in one act: what it would change, the act, and taking it back."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_http_methods, require_POST

from incidents.choices import Act
from incidents.errors import AlertsChanged, AlertsRefused
from incidents.filters import AlertFilter
from incidents.forms import CLOSINGS, SNOOZES, TriageForm
from incidents.selectors.alert_list import sources_in_sight
from incidents.selectors.alert_page import own_steps
from incidents.selectors.alerts_together import Together, alerts_together
from incidents.services.triage import triage_all, undo_all
from inventory.access.http import Request
from inventory.access.rights import Verb
from inventory.access.routes import Scope, route
from inventory.access.selectors import teams_in_sight
from inventory.access.views.lists import PLACE

KEY: Final = "alerts_undo"
LASTS: Final = timedelta(minutes=10)
ACTS: Final = {
    Act.ACKNOWLEDGED.value: "Acknowledge",
    Act.CLOSED.value: "Close",
    Act.SNOOZED.value: "Snooze",
    Act.ASSIGNED.value: "Assign",
}
DONE: Final = {
    Act.ACKNOWLEDGED: "acknowledged",
    Act.CLOSED: "closed",
    Act.SNOOZED: "snoozed",
    Act.ASSIGNED: "assigned",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What somebody did last with several alerts, in words, and the steps of it."""

    label: str
    steps: tuple[int, ...]


def alert_filter(request: Request, asked: QueryDict) -> AlertFilter:
    """Return what the list of alerts is narrowed to by an address."""
    teams = [(team.slug, team.name) for team in teams_in_sight(request.principal).order_by("name")]
    return AlertFilter(
        asked, sources=sources_in_sight(request.principal), teams=teams, me=request.principal.user_id,
        now=timezone.now(),
    )  # fmt: skip


def listed(asked: QueryDict) -> str:
    """Return what the list of alerts is narrowed to, as a query, without the page one is at."""
    kept = asked.copy()
    for name in PLACE:
        kept.pop(name, None)
    return kept.urlencode()


def remembered(request: Request, *, now: datetime) -> Done | None:
    """Return what may be taken back by this person, for ten minutes."""
    kept: dict[str, Any] | None = request.session.get(KEY)
    at = parse_datetime(kept["at"]) if kept else None
    if kept is None or at is None or now - at > LASTS:
        return None
    return Done(label=kept["label"], steps=tuple(kept["steps"]))


@route(Scope.TEAM, Verb.TRIAGE_ALERTS)
@require_http_methods(["GET", "HEAD", "POST"])
def alerts_at_once(request: Request) -> HttpResponse:
    """Show what triage of several alerts would change, and do it."""
    sent = request.method == "POST"
    asked = request.POST if sent else request.GET
    narrowed = alert_filter(request, QueryDict(asked["list"])) if "list" in asked else None
    act = asked.get("act", "") if asked.get("act", "") in ACTS else ""
    together = alerts_together(
        principal=request.principal, codes=asked.getlist("alert"), narrowed=narrowed, act=act or Act.CLOSED.value
    )
    back = f"{reverse('incidents:alerts')}?{back_query(asked)}".rstrip("?")
    error, status = "", HTTPStatus.OK
    if sent:
        try:
            _act(request, together)
        except AlertsRefused as refusal:
            error = str(refusal)
            late = isinstance(refusal, AlertsChanged)
            status = HTTPStatus.CONFLICT if late else HTTPStatus.UNPROCESSABLE_ENTITY
        else:
            return redirect(back)
    context = {
        "together": together,
        "act": act,
        "acts": ACTS,
        "label": ACTS.get(act, ""),
        "closings": CLOSINGS,
        "chosen_closing": asked.get("resolution", ""),
        "snoozes": SNOOZES,
        "tried": asked,
        "error": error,
        "back": back,
        "back_query": back_query(asked),
    }
    return render(request, "incidents/alerts_together.html", context, status=status)


@route(Scope.TEAM, Verb.TRIAGE_ALERTS)
@require_POST
def alerts_undo(request: Request) -> HttpResponse:
    """Take back what one did last with several alerts."""
    now = timezone.now()
    done = remembered(request, now=now)
    back = redirect(f"{reverse('incidents:alerts')}?{back_query(request.POST)}".rstrip("?"))
    if done is None:
        messages.error(request, "There is nothing to take back any more; on the page of each alert there still is.")
        return back
    try:
        steps = own_steps(principal=request.principal, ids=done.steps)
        undo_all(steps=steps, principal=request.principal, now=now)
    except AlertsRefused as refusal:
        messages.error(request, str(refusal))
        return back
    request.session.pop(KEY, None)
    messages.success(request, f"Taken back: {done.label}.")
    return back


def back_query(asked: QueryDict) -> str:
    """Return the list one came from, as the query of its address; what is no query of a list narrows nothing."""
    kept = QueryDict(asked.get("back", "").rpartition("?")[2], mutable=True)
    return kept.urlencode()


def _act(request: Request, together: Together) -> None:
    """Do what was sent and keep it for taking back. Raises AlertsRefused."""
    now = timezone.now()
    form = TriageForm(request.POST, people=together.people)
    if not form.is_valid():
        raise AlertsRefused(str(next(iter(form.errors.values()))[0]))
    if not together.episodes:
        msg = "None of these alerts is left for this; look at the list again."
        raise AlertsRefused(msg)
    seen = request.POST.get("seen", "")
    steps = triage_all(
        episodes=together.episodes, said=form.said(now=now), principal=request.principal, now=now,
        seen=int(seen) if seen.isdecimal() and len(seen) < len(str(2**63)) else None,
    )  # fmt: skip
    number = f"{len(steps):,} alert{'s' if len(steps) != 1 else ''}"
    label = f"{number} {DONE.get(Act(steps[0].act), steps[0].act)}"
    request.session[KEY] = {"label": label, "steps": [step.pk for step in steps], "at": now.isoformat()}
    messages.success(request, f"{label[0].upper()}{label[1:]}.")
