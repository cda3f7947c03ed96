"""The list of all findings, the page of one, and what people decide on it."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from findings.errors import FindingsChanged, FindingsRefused
from findings.models import Finding
from findings.services.decide import (
    DecisionResult,
    Statement,
    Target,
    answer_acceptance,
    ask_acceptance,
    decide,
    undo,
)
from findings.services.notes import add_note
from findings.status import DecisionKind
from inventory.access.http import Request, page_before, wants_fragment
from inventory.access.rights import Verb, require, roles_that_may
from inventory.access.routes import Scope, route
from posture.forms import MENUS, AnswerForm, AskForm, DecisionForm, NoteForm
from posture.selectors.finding_page import (
    FindingPage,
    code_of_decision,
    decision_about,
    last_seen_decision,
    page_of_finding,
    team_of,
    visible_finding,
)
from posture.selectors.finding_work import work_of
from posture.selectors.neighbours import neighbours
from posture.services.reading import factors_of
from posture.views.undoing import FRESH, Done, remember

PATIENCE = 60.0
"""Seconds the page waits for the score that follows a decision."""


@route(Scope.TEAM)
@require_safe
def finding_detail(request: Request, code: str) -> HttpResponse:
    """Show a finding; asked by htmx, only what it does to the score."""
    finding = found_finding(request, code)
    if finding.moved_to is not None:
        return redirect("posture:finding", finding.moved_to.code)
    return _shown(request, finding)


@route(Scope.TEAM, Verb.DECIDE)
@require_POST
def finding_decide(request: Request, code: str) -> HttpResponse:
    """Write what a person decided."""
    finding = found_finding(request, code, Verb.DECIDE)
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return refused_finding(request, finding, _first_error(form))
    kind = DecisionKind(form.cleaned_data["kind"])
    proof = form.cleaned_data["proof"] if kind == DecisionKind.DUPLICATE else ""
    statement = Statement(kind=kind, reason=form.why(), proof=proof)
    try:
        result = decide(
            target=_only(request, finding), statement=statement, principal=request.principal, now=timezone.now()
        )
    except FindingsRefused as refusal:
        return refused_finding(request, finding, refusal)
    return _done(request, finding, result, statement)


@route(Scope.TEAM, Verb.ASK_ACCEPTANCE)
@require_POST
def finding_ask(request: Request, code: str) -> HttpResponse:
    """Ask another person to accept the risk until a day."""
    finding = found_finding(request, code, Verb.ASK_ACCEPTANCE)
    form = AskForm(request.POST)
    if not form.is_valid():
        return refused_finding(request, finding, _first_error(form))
    statement = Statement(kind=DecisionKind.ASKED, reason=form.why(), until=form.end())
    try:
        result = ask_acceptance(
            target=_only(request, finding), statement=statement, principal=request.principal, now=timezone.now()
        )
    except FindingsRefused as refusal:
        return refused_finding(request, finding, refusal)
    return _done(request, finding, result, statement)


@route(Scope.TEAM, Verb.APPROVE_ACCEPTANCE)
@require_POST
def finding_answer(request: Request, code: str) -> HttpResponse:
    """Accept the risk that somebody else asked for, or refuse to."""
    finding = found_finding(request, code, Verb.APPROVE_ACCEPTANCE)
    form = AnswerForm(request.POST)
    asked = decision_about(finding=finding, code=form.data.get("decision", ""))
    if not form.is_valid() or asked is None:
        return refused_finding(request, finding, "Nothing was asked here; look at the decisions again.")
    try:
        result = answer_acceptance(
            asked=asked,
            accept=form.cleaned_data["answer"] == "accept",
            reason=form.cleaned_data["reason"],
            principal=request.principal,
            now=timezone.now(),
        )
    except FindingsRefused as refusal:
        return refused_finding(request, finding, refusal)
    kind = DecisionKind.ACCEPTED if form.cleaned_data["answer"] == "accept" else DecisionKind.REFUSED
    return _done(request, finding, result, Statement(kind=kind))


@route(Scope.TEAM, Verb.DECIDE)
@require_POST
def finding_undo(request: Request, code: str) -> HttpResponse:
    """Take a decision back: what was decided before it holds again."""
    finding = found_finding(request, code, Verb.DECIDE)
    decision = decision_about(finding=finding, code=request.POST.get("decision", ""))
    if decision is None:
        return refused_finding(request, finding, "There is nothing to take back.")
    try:
        undo(decisions=[decision], principal=request.principal, now=timezone.now())
    except FindingsRefused as refusal:
        return refused_finding(request, finding, refusal)
    messages.success(request, "Taken back: what was decided before it holds again.")
    return redirect(back_to(request, finding))


@route(Scope.TEAM, Verb.DECIDE)
@require_POST
def finding_note(request: Request, code: str) -> HttpResponse:
    """Write a note."""
    finding = found_finding(request, code, Verb.DECIDE)
    form = NoteForm(request.POST)
    if not form.is_valid():
        return _shown(request, finding, note=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        add_note(finding=finding, text=form.cleaned_data["text"], principal=request.principal, now=timezone.now())
    except FindingsRefused as refusal:
        form.add_error("text", str(refusal))
        return _shown(request, finding, note=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    messages.success(request, "Your note is kept.")
    return redirect(_same_place(request, finding))


def _same_place(request: Request, finding: Finding) -> str:
    """Return the address of the finding: beside the queue where somebody works through that, else of its page."""
    queue, _, query = queue_address(request).partition("?")
    if not queue:
        return back_to(request, finding)
    asked = QueryDict(query, mutable=True)
    asked.pop(FRESH, None)
    asked["open"] = finding.code
    return f"{queue}?{asked.urlencode()}"


def found_finding(request: Request, code: str, verb: Verb | None = None) -> Finding:
    """Return the finding with this code, for what is to be done with it.

    Foreign and absent are the same: Http404. Raises AccessRefused for what is in sight without the right.
    """
    try:
        finding = visible_finding(principal=request.principal, code=code)
    except Finding.DoesNotExist as error:
        raise Http404 from error
    if verb:
        require(request.principal, verb, team_id=team_of(finding))
    return finding


def _only(request: Request, finding: Finding) -> Target:
    return Target(finding_ids=(finding.pk,), seen=last_seen_decision(request.POST.get("seen", "")))


def _first_error(form: DecisionForm) -> str:
    return str(next(iter(form.errors.values()))[0])


def queue_address(request: Request) -> str:
    """Return where to go on in the queue, as the form that was sent says; nothing for any other address."""
    onward = str(request.POST.get("queue", ""))
    return onward if onward.partition("?")[0] == reverse("posture:queue") else ""


def back_to(request: Request, finding: Finding, **more: str) -> str:
    """Return the address of the page, with the list somebody came from."""
    kept = {"from": request.POST.get("from", "")} | more
    query = urlencode({name: value for name, value in kept.items() if value})
    return f"{reverse('posture:finding', args=[finding.code])}{'?' if query else ''}{query}"


def _done(request: Request, finding: Finding, result: DecisionResult, said: Statement) -> HttpResponse:
    """Go back to the page, or on in the queue where somebody works through it; that page offers to take it back."""
    if onward := queue_address(request):
        label = f"{finding.code}: {said.kind.label.lower()}"
        done = Done(
            label=label, decisions=result.decision_ids, finding=finding.code, kind=said.kind.value, reason=said.reason
        )
        remember(request, done, now=timezone.now())
        return redirect(onward)
    return redirect(back_to(request, finding, done=code_of_decision(result.decision_ids[0])))


def refused_finding(request: Request, finding: Finding, error: str | FindingsRefused) -> HttpResponse:
    """Show the page with what was wrong, beside what was filled in: 409 when somebody else was first."""
    is_late = isinstance(error, FindingsChanged)
    status = HTTPStatus.CONFLICT if is_late else HTTPStatus.UNPROCESSABLE_ENTITY
    return _shown(request, finding, error=str(error), is_late=is_late, tried=request.POST, status=status)


def _came_from(request: Request) -> str:
    """Return the address of the list somebody came from, as the page says it, else as the browser does."""
    return request.POST.get("from") or request.GET.get("from") or page_before(request)


def shown_page(request: Request, finding: Finding) -> FindingPage:
    """Return what is shown of a finding that `found_finding` gave."""
    point = finding.api.current_score.point if finding.api and hasattr(finding.api, "current_score") else None
    return page_of_finding(
        principal=request.principal,
        finding=finding,
        factors=factors_of(point) if point else (),
        now=timezone.now(),
        patience=PATIENCE,
    )


def _shown(request: Request, finding: Finding, *, status: int = HTTPStatus.OK, **more: Any) -> HttpResponse:
    page = shown_page(request, finding)
    if request.method in {"GET", "HEAD"} and wants_fragment(request):
        return render(request, "posture/_finding_effect.html", {"page": page})
    done = next((said for said in page.decisions if said.may_undo and said.code == request.GET.get("done")), None)
    context = {
        "page": page,
        "work": work_of(principal=request.principal, finding=finding, team_id=page.team_id, now=timezone.now()),
        "beside": neighbours(principal=request.principal, finding=finding, listed=_came_from(request)),
        "menus": MENUS if page.may_ask else MENUS[:-1],
        "undoable": done,
        "deciders": roles_that_may(Verb.DECIDE),
        "note": NoteForm(),
        **more,
    }
    return render(request, "posture/finding.html", context, status=status)
