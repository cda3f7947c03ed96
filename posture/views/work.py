"""What people arrange about a finding: who works on it, a clock that stands, a retest."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from findings.errors import FindingsRefused
from findings.services.work import ask_retest, assign, pause_clock, resume_clock
from inventory.access.http import Request
from inventory.access.rights import Verb
from inventory.access.routes import Scope, route
from inventory.access.selectors import person_in_sight
from posture.forms import DayForm, NoteForm
from posture.views.findings import back_to, found_finding, queue_address, refused_finding
from posture.views.undoing import Done, remember


@route(Scope.TEAM, Verb.CLASSIFY)
@require_POST
def finding_assign(request: Request, code: str) -> HttpResponse:
    """Give the finding to somebody, or to nobody: then the owner of the API answers."""
    finding = found_finding(request, code, Verb.CLASSIFY)
    said = request.POST.get("assignee", "").strip()
    user = person_in_sight(request.principal, said) if said else None
    if said and user is None:
        return refused_finding(request, finding, f"Nobody whom you may name has the address {said}.")
    before = getattr(finding, "assignment", None)
    assign(finding_ids=[finding.pk], user=user, principal=request.principal, now=timezone.now())
    told = f"{finding.code}: assigned to {user}" if user else f"{finding.code}: left to the owner of its API"
    if onward := queue_address(request):
        pair = (finding.code, before.assignee.email if before else "")
        remember(request, Done(label=told, assigned=(pair,)), now=timezone.now())
        return redirect(onward)
    messages.success(request, f"{told}.")
    return redirect(back_to(request, finding))


@route(Scope.TEAM, Verb.DECIDE)
@require_POST
def finding_pause(request: Request, code: str) -> HttpResponse:
    """Let the clock stand until a day, or go on."""
    finding = found_finding(request, code, Verb.DECIDE)
    now, principal = timezone.now(), request.principal
    form = DayForm(request.POST)
    try:
        if request.POST.get("act") == "resume":
            resume_clock(finding=finding, principal=principal, now=now)
            told = "The clock goes on."
        elif form.is_valid():
            reason = form.cleaned_data["reason"]
            pause_clock(finding=finding, until=form.end(), reason=reason, principal=principal, now=now)
            told = "The clock stands; the finding is due by so much later."
        else:
            return refused_finding(request, finding, str(next(iter(form.errors.values()))[0]))
    except FindingsRefused as refusal:
        return refused_finding(request, finding, refusal)
    messages.success(request, told)
    return redirect(queue_address(request) or back_to(request, finding))


@route(Scope.TEAM, Verb.DECIDE)
@require_POST
def finding_retest(request: Request, code: str) -> HttpResponse:
    """Ask the next scan whether it is still there."""
    finding = found_finding(request, code, Verb.DECIDE)
    form = NoteForm(request.POST)
    note = form.cleaned_data["text"] if form.is_valid() else ""
    try:
        ask_retest(finding=finding, note=note, principal=request.principal, now=timezone.now())
    except FindingsRefused as refusal:
        return refused_finding(request, finding, refusal)
    messages.success(request, "Asked for: the next scan that looks there answers.")
    return redirect(queue_address(request) or back_to(request, finding))
