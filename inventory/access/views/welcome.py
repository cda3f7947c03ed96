"""The first administrator's page."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from inventory.access.errors import LinkRefused
from inventory.access.forms.welcome import WelcomeForm
from inventory.access.http import PublicRequest
from inventory.access.routes import Scope, route
from inventory.access.services.first import check_link, create_first_administrator
from inventory.access.services.sessions import enter


@route(Scope.PUBLIC)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@sensitive_post_parameters("password")
def welcome(request: PublicRequest, token: str) -> HttpResponse:
    """Make the first administrator from the one-time link and sign them in."""
    now = timezone.now()
    form = WelcomeForm(request.POST or None)
    try:
        check_link(token=token, now=now)
        if not form.is_valid():
            # Never an error status: those are logged with the address, and the address still opens the door.
            return render(request, "access/welcome.html", {"form": form})
        user = create_first_administrator(token=token, **form.cleaned_data, now=now)
    except LinkRefused as refusal:
        return render(request, "access/link_refused.html", {"sentence": str(refusal)}, status=404)
    enter(request, user, now=now)
    return redirect("/")
