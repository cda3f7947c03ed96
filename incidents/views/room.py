"""What people do in the room of an incident. Each act answers with the room anew; 409 when somebody was faster."""

from collections.abc import Callable
from datetime import datetime, time
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from incidents.choices import ClockState, EntryKind, Seat, Stage, StepAct, TaskState
from incidents.errors import IncidentChanged, IncidentRefused
from incidents.forms import (
    ActionForm,
    ClockForm,
    EntryForm,
    FactsForm,
    FollowForm,
    LinkForm,
    MoveForm,
    ReviewForm,
    SeatForm,
    StepForm,
    TaskEndForm,
    TaskForm,
)
from incidents.models import Incident
from incidents.selectors.room import entry_about, people_to_name, task_about, thing_in_sight
from incidents.services.clocks import Filed, stop, switch_on
from incidents.services.closing import Action, Learned, close, reopen
from incidents.services.evidence import freeze
from incidents.services.incidents import Stated, change, facts_of, link, move
from incidents.services.people import join, leave, seat
from incidents.services.playing import follow, mark
from incidents.services.tasks_of import add_task, end_task
from incidents.services.timeline import add_entry
from incidents.transitions.incidents import REVIEWED
from incidents.views.incidents import found, shown
from inventory.access.http import Request
from inventory.access.rights import Verb, require
from inventory.access.routes import Scope, route

WORDS = ("text", "note", "title", "reason", "reference")
"""Fields whose words are given back when they were refused."""

Work = Callable[[Incident, dict[str, Any], dict[str, Any]], str]
"""What an act does with the incident, what the form gave, and who acts when; it returns what is told."""


def _act(request: Request, code: str, form: forms.Form, work: Work, *, at: str = "") -> HttpResponse:
    incident = found(request, code)
    require(request.principal, Verb.ACT_ON_INCIDENT, team_id=None)
    if not form.is_valid():
        return _refused(request, incident, str(next(iter(form.errors.values()))[0]))
    try:
        told = work(incident, form.cleaned_data, {"principal": request.principal, "now": timezone.now()})
    except IncidentRefused as refusal:
        return _refused(request, incident, refusal)
    if told:
        messages.success(request, told)
    answer = redirect("incidents:incident", incident.code)
    answer["Location"] += f"#{at}" if at else ""
    return answer


def _refused(request: Request, incident: Incident, error: str | IncidentRefused) -> HttpResponse:
    late = isinstance(error, IncidentChanged)
    status = HTTPStatus.CONFLICT if late else HTTPStatus.UNPROCESSABLE_ENTITY
    incident = found(request, incident.code)
    wrote = next((request.POST[name] for name in WORDS if request.POST.get(name, "").strip()), "")
    return shown(request, incident, status=status, error=str(error), is_late=late, wrote=wrote)


@route(Scope.TEAM, Verb.ACT_ON_INCIDENT)
@require_POST
def facts(request: Request, code: str) -> HttpResponse:
    """Change title, summary, severity and who may look."""

    def work(incident: Incident, given: dict[str, Any], who: dict[str, Any]) -> str:
        seen = given.pop("seen")
        change(incident=incident, said=Stated(**given), seen=seen, **who)
        return "Changed."

    return _act(request, code, FactsForm(request.POST), work)


@route(Scope.TEAM, Verb.ACT_ON_INCIDENT)
@require_POST
def stage(request: Request, code: str) -> HttpResponse:
    """Let it stand elsewhere; what is over is opened again."""

    def work(incident: Incident, given: dict[str, Any], who: dict[str, Any]) -> str:
        to, seen = Stage(given["to"]), given["seen"]
        if incident.ended_at is not None:
            reopen(incident=incident, reason=given["reason"], seen=seen, **who)
            return "Open again."
        move(incident=incident, to=to, reason=given["reason"], seen=seen, **who)
        return f"{to.label} now."

    return _act(request, code, MoveForm(request.POST), work)


@route(Scope.TEAM, Verb.ACT_ON_INCIDENT)
@require_POST
def entry(request: Request, code: str) -> HttpResponse:
    """Write on the timeline, or correct what somebody wrote."""

    def work(incident: Incident, given: dict[str, Any], who: dict[str, Any]) -> str:
        corrects = entry_about(incident=incident, code=given["corrects"]) if given["corrects"] else None
        if given["corrects"] and corrects is None:
            msg = "There is no such entry."
            raise IncidentRefused(msg)
        kind, text, at = EntryKind(given["kind"]), given["text"], given["happened_at"]
        add_entry(incident=incident, kind=kind, text=text, happened_at=at, corrects=corrects, **who)
        return "Corrected; both stay on the timeline." if corrects else "Written."

    return _act(request, code, EntryForm(request.POST), work, at="timeline")


@route(Scope.TEAM, Verb.ACT_ON_INCIDENT)
@require_POST
def people(request: Request, code: str) -> HttpResponse:
    """Give a seat to somebody, let somebody join or leave."""

    def work(incident: Incident, given: dict[str, Any], who: dict[str, Any]) -> str:
        named = given["who"]
        if given["seat"]:
            seat(incident=incident, who=named, seat=Seat(given["seat"]), seen=given["seen"], **who)
            return "The seat is given." if named else "The seat is free."
        if named is None:
            msg = "Say who."
            raise IncidentRefused(msg)
        if given["leaves"]:
            leave(incident=incident, who=named, **who)
            return f"{named} left the room."
        join(incident=incident, who=named, reason=given["reason"], **who)
        return f"{named} is in the room."

    return _act(request, code, SeatForm(request.POST), work, at="people")


@route(Scope.TEAM, Verb.ACT_ON_INCIDENT)
@require_POST
def links(request: Request, code: str) -> HttpResponse:
    """Say that it is about an API, an alert or a finding, or that it is not."""

    def work(incident: Incident, given: dict[str, Any], who: dict[str, Any]) -> str:
        thing = thing_in_sight(principal=request.principal, code=given["code"])
        if thing is None:
            msg = "There is no API, alert or finding with this code that you may see."
            raise IncidentRefused(msg)
        link(incident=incident, thing=thing, undo=given["undo"], **who)
        return "Taken off." if given["undo"] else "Linked."

    return _act(request, code, LinkForm(request.POST), work, at="linked")


@route(Scope.TEAM, Verb.ACT_ON_INCIDENT)
@require_POST
def playbook(request: Request, code: str) -> HttpResponse:
    """Follow a playbook."""

    def work(incident: Incident, given: dict[str, Any], who: dict[str, Any]) -> str:
        run = follow(incident=incident, slug=given["playbook"], seen=given["seen"], **who)
        return f"Following {run.playbook.title}."

    return _act(request, code, FollowForm(request.POST), work, at="playbook")


@route(Scope.TEAM, Verb.ACT_ON_INCIDENT)
@require_POST
def step(request: Request, code: str) -> HttpResponse:
    """Say what became of a step of the playbook."""

    def work(incident: Incident, given: dict[str, Any], who: dict[str, Any]) -> str:
        act = StepAct(given["act"])
        mark(incident=incident, step=given["step"], act=act, note=given["note"], seen=given["seen"], **who)
        return ""

    return _act(request, code, StepForm(request.POST), work, at="playbook")


@route(Scope.TEAM, Verb.ACT_ON_INCIDENT)
@require_POST
def clock(request: Request, code: str) -> HttpResponse:
    """Switch a legal clock on, correct its moment, or stop it."""

    def work(incident: Incident, given: dict[str, Any], who: dict[str, Any]) -> str:
        to, moment = ClockState(given["to"]), given["moment"]
        named = {"incident": incident, "rule": given["rule"], "seen": given["seen"], **who}
        if to == ClockState.RUNNING:
            if moment is None:
                msg = "Say from when the clock runs."
                raise IncidentRefused(msg)
            switch_on(aware_at=moment, reason=given["reason"], **named)
            return "The clock runs."
        filed = Filed(state=to, filed_at=moment, reference=given["reference"], reason=given["reason"])
        stop(filed=filed, **named)
        return "The clock stopped."

    return _act(request, code, ClockForm(request.POST), work)


@route(Scope.TEAM, Verb.ACT_ON_INCIDENT)
@require_POST
def task(request: Request, code: str) -> HttpResponse:
    """Write a task, or say what became of one."""

    def end(incident: Incident, given: dict[str, Any], who: dict[str, Any]) -> str:
        there = task_about(incident=incident, code=given["task"])
        if there is None:
            msg = "There is no such task."
            raise IncidentRefused(msg)
        end_task(task=there, state=TaskState(given["state"]), seen=given["seen"], **who)
        return ""

    def add(incident: Incident, given: dict[str, Any], who: dict[str, Any]) -> str:
        add_task(incident=incident, title=given["title"], assignee=given["who"], due_at=given["due"], **who)
        return "The task is written down."

    ends = "task" in request.POST
    form = TaskEndForm(request.POST) if ends else TaskForm(request.POST)
    return _act(request, code, form, end if ends else add, at="tasks")


@route(Scope.TEAM, Verb.ACT_ON_INCIDENT)
@require_POST
def evidence(request: Request, code: str) -> HttpResponse:
    """Freeze what is known."""

    def work(incident: Incident, _given: dict[str, Any], who: dict[str, Any]) -> str:
        return f"Frozen as {freeze(incident=incident, **who).code}."

    return _act(request, code, forms.Form(request.POST), work, at="evidence")


@route(Scope.TEAM, Verb.ACT_ON_INCIDENT)
@require_http_methods(["GET", "HEAD", "POST"])
def closing(request: Request, code: str) -> HttpResponse:
    """Close it with a review."""
    incident = found(request, code)
    require(request.principal, Verb.ACT_ON_INCIDENT, team_id=None)
    if request.method != "POST":
        return _review(request, incident, ReviewForm(), _actions(request))
    form, actions = ReviewForm(request.POST), _actions(request)
    wrong = next((each for each in (form, *actions) if not each.is_valid()), None)
    if wrong is not None:
        return _review(request, incident, form, actions, error=str(next(iter(wrong.errors.values()))[0]), status=422)
    learned = Learned(parts=form.learned(), actions=tuple(_action(each.cleaned_data) for each in actions))
    try:
        close(
            incident=incident, learned=learned, seen=form.cleaned_data["seen"], principal=request.principal,
            now=timezone.now(),
        )  # fmt: skip
    except IncidentRefused as refusal:
        status = HTTPStatus.CONFLICT if isinstance(refusal, IncidentChanged) else HTTPStatus.UNPROCESSABLE_ENTITY
        return _review(request, found(request, code), form, actions, error=str(refusal), status=status)
    messages.success(request, "Closed. It counts in no score any more.")
    return redirect("incidents:incident", incident.code)


def _actions(request: Request) -> list[ActionForm]:
    given = request.POST if request.method == "POST" else None
    return [ActionForm(given, prefix=f"action{number}") for number in (1, 2, 3)]


def _action(given: dict[str, Any]) -> Action:
    due = given["due"]
    at_night = timezone.make_aware(datetime.combine(due, time(23, 59))) if due else None
    return Action(title=given["title"], assignee=given["who"], due_at=at_night)


def _review(
    request: Request,
    incident: Incident,
    form: ReviewForm,
    actions: list[ActionForm],
    *,
    error: str = "",
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    context = {
        "incident": incident, "form": form, "actions": actions, "error": error,
        "people": people_to_name(request.principal),
        "facts": facts_of(incident), "stage": Stage(incident.stage), "must_learn": incident.level in REVIEWED,
    }  # fmt: skip
    return render(request, "incidents/incident_close.html", context, status=status)
