"""Sign-in's own pages: the first administrator, the password, the colours."""

from allauth.account import views as allauth_views
from django.contrib.auth import login
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from inventory.access.errors import LinkRefused
from inventory.access.forms import ThemeForm, WelcomeForm
from inventory.access.http import PublicRequest, Request
from inventory.access.models import User
from inventory.access.routes import Scope, route
from inventory.access.services.first import check_link, create_first_administrator
from inventory.access.services.people import set_theme

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


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
    login(request, user, backend=BACKEND)
    return redirect("/")


@route(Scope.SELF)
def change_password(request: Request) -> HttpResponseBase:
    """Change the password of somebody who has one; an identity provider's people change it there."""
    if isinstance(request.user, User) and not request.user.has_usable_password():
        return render(request, "account/no_password.html")
    answer: HttpResponseBase = allauth_views.password_change(request)
    return answer


@route(Scope.SELF)
@require_POST
def theme(request: Request) -> HttpResponse:
    """Set the colours and go back to the page, if it is one of ours."""
    form = ThemeForm(request.POST)
    if not form.is_valid():
        return HttpResponse("Choose auto, light or dark.", status=422, content_type="text/plain")
    set_theme(theme=form.cleaned_data["theme"], principal=request.principal)
    back = form.cleaned_data["next"]
    is_ours = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    return redirect(back if is_ours else "/")
