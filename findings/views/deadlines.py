"""The policy of deadlines: anybody may read it, a security manager sets it."""

from http import HTTPStatus

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from findings.errors import FindingsChanged, FindingsRefused
from findings.forms import STOOD, DeadlinesForm, ExceptionForm
from findings.selectors import deadline_calendar, deadline_days, deadline_exceptions
from findings.services.deadlines import drop_exception, set_deadlines, set_exception
from inventory.access.http import Request
from inventory.access.rights import Verb, may, refused, roles_that_may
from inventory.access.routes import Scope, route

SAVED = "Saved. Every due date follows within seconds."
UNCHANGED = "Nothing was changed: it stood like that."


@route(Scope.TEAM)
@require_http_methods(["GET", "HEAD", "POST"])
def deadlines(request: Request) -> HttpResponse:
    """Show the days of each severity and which days count, or set them."""
    sent = request.method == "POST"
    if sent and not may(request.principal, Verb.SET_POLICY, team_id=None):
        raise refused(Verb.SET_POLICY)
    days, calendar = deadline_days(), deadline_calendar()
    form = DeadlinesForm(request.POST if sent else None, days=days, calendar=calendar)
    status, error = HTTPStatus.OK, ""
    if sent and form.is_valid():
        try:
            changed = set_deadlines(
                days=form.days(),
                stood=form.days(STOOD),
                calendar=form.calendar(),
                principal=request.principal,
                now=timezone.now(),
                reason=form.cleaned_data["reason"],
            )
        except FindingsChanged as refusal:
            status, error = HTTPStatus.CONFLICT, str(refusal)
            form = DeadlinesForm(None, days=deadline_days(), calendar=calendar)
        except FindingsRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, SAVED if changed or form.calendar() != calendar else UNCHANGED)
            return redirect("findings:deadlines")
    if form.errors:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    return _shown(request, form, ExceptionForm(), error=error, status=status)


@route(Scope.ORGANISATION, Verb.SET_POLICY)
@require_POST
def deadline_except(request: Request) -> HttpResponse:
    """Set other days for APIs of one reach, one criticality or both."""
    form = ExceptionForm(request.POST)
    if form.is_valid():
        try:
            changed = set_exception(
                rule=form.rule(), principal=request.principal, now=timezone.now(), reason=form.cleaned_data["why"]
            )
        except FindingsRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, SAVED if changed else UNCHANGED)
            return redirect("findings:deadlines")
    days = DeadlinesForm(None, days=deadline_days(), calendar=deadline_calendar())
    return _shown(request, days, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)


@route(Scope.ORGANISATION, Verb.SET_POLICY)
@require_POST
def deadline_except_end(request: Request, number: int) -> HttpResponse:
    """Let the days of the severity hold again."""
    exception = next((held for held in deadline_exceptions() if held.pk == number), None)
    if exception is None:
        raise Http404
    drop_exception(exception=exception, principal=request.principal, now=timezone.now())
    messages.success(request, "The exception is gone. Every due date follows within seconds.")
    return redirect("findings:deadlines")


def _shown(
    request: Request, form: DeadlinesForm, exception: ExceptionForm, *, error: str = "", status: int
) -> HttpResponse:
    context = {
        "rows": [(rank.name.lower(), number, form[rank.name.lower()]) for rank, number in deadline_days().items()],
        "exceptions": deadline_exceptions(),
        "calendar": deadline_calendar(),
        "form": form,
        "exception": exception,
        "error": error,
        "may_set": may(request.principal, Verb.SET_POLICY, team_id=None),
        "setters": roles_that_may(Verb.SET_POLICY),
    }
    return render(request, "findings/deadlines.html", context, status=status)
