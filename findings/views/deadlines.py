"""The policy of deadlines: anybody may read it, a security manager sets it."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from findings.errors import FindingsChanged, FindingsRefused
from findings.forms import STOOD, DeadlinesForm
from findings.selectors import deadline_days
from findings.services.deadlines import set_deadlines
from inventory.access.http import Request
from inventory.access.rights import Verb, may, refused, roles_that_may
from inventory.access.routes import Scope, route


@route(Scope.TEAM)
@require_http_methods(["GET", "HEAD", "POST"])
def deadlines(request: Request) -> HttpResponse:
    """Show the days of each severity, or set them."""
    sent, days = request.method == "POST", deadline_days()
    may_set = may(request.principal, Verb.SET_POLICY, team_id=None)
    if sent and not may_set:
        raise refused(Verb.SET_POLICY)
    form = DeadlinesForm(request.POST if sent else None, days=days)
    status, error = HTTPStatus.OK, ""
    if sent and form.is_valid():
        try:
            changed = set_deadlines(
                days=form.days(),
                stood=form.days(STOOD),
                principal=request.principal,
                now=timezone.now(),
                reason=form.cleaned_data["reason"],
            )
        except FindingsChanged as refusal:
            status, error, days = HTTPStatus.CONFLICT, str(refusal), deadline_days()
            form = DeadlinesForm(None, days=days)
        except FindingsRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            told = "Saved. Every due date follows at once." if changed else "Nothing was changed: it stood like that."
            messages.success(request, told)
            return redirect("findings:deadlines")
    if form.errors:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    context = {
        "rows": [(rank.name.lower(), number, form[rank.name.lower()]) for rank, number in days.items()],
        "form": form,
        "error": error,
        "may_set": may_set,
        "setters": roles_that_may(Verb.SET_POLICY),
    }
    return render(request, "findings/deadlines.html", context, status=status)
