"""One's own security: how one signs in, and where one is signed in."""

from typing import cast

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from inventory.access.http import Request
from inventory.access.models import User
from inventory.access.routes import Scope, route
from inventory.access.selectors import own_security
from inventory.access.services.sessions import end_other_sessions, end_session


@route(Scope.SELF, early=True)
@require_safe
def security(request: Request) -> HttpResponse:
    """Show password, second factors and sessions."""
    shown = own_security(request.principal, session_key=request.session.session_key or "")
    return render(request, "access/security.html", {"security": shown, "now": timezone.now()})


@route(Scope.SELF, early=True)
@require_POST
def end(request: Request) -> HttpResponse:
    """End one session by its number, or all others without one."""
    user, now, number = cast("User", request.user), timezone.now(), request.POST.get("number", "")
    here = request.session.session_key or ""
    if number:
        is_number = number.isdecimal() and len(number) < len(str(2**63))
        was = is_number and end_session(user=user, number=int(number), but=here, principal=request.principal, now=now)
        messages.success(request, "The session is ended." if was else "That session had ended already.")
    else:
        count = end_other_sessions(user=user, but=here, principal=request.principal, now=now)
        messages.success(request, f"{count} other session{'' if count == 1 else 's'} ended.")
    return redirect("access:security")
