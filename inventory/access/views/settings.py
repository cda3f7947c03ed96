"""What people set for themselves, and administrators for everybody's sign-in."""

from typing import cast

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from inventory.access.forms.settings import FactorRulesForm, ProfileForm, ThemeForm
from inventory.access.http import Request, own_address
from inventory.access.models import User
from inventory.access.recent import fresh_sign_in
from inventory.access.rights import Verb
from inventory.access.routes import Scope, route
from inventory.access.selectors import factor_rules
from inventory.access.services.factors import set_factor_rules
from inventory.access.services.people import set_theme
from inventory.access.services.profile import FIELDS, set_profile


@route(Scope.SELF)
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: Request) -> HttpResponse:
    """Show and take who somebody is on screen and how they like the product."""
    user = cast("User", request.user)
    sent = request.POST if request.method == "POST" else None
    form = ProfileForm(sent, initial={name: getattr(user, name) for name in FIELDS})
    if request.method == "POST" and form.is_valid():
        set_profile(user=user, wanted=form.cleaned_data, principal=request.principal, now=timezone.now())
        messages.success(request, "Your profile is saved.")
        return redirect("access:profile")
    return render(request, "access/profile.html", {"form": form}, status=422 if form.errors else 200)


@route(Scope.SELF, early=True)
@require_POST
def theme(request: Request) -> HttpResponse:
    """Set the colours and go back to the page, if it is one of ours."""
    form = ThemeForm(request.POST)
    if not form.is_valid():
        return HttpResponse("Choose auto, light or dark.", status=422, content_type="text/plain")
    set_theme(theme=form.cleaned_data["theme"], principal=request.principal)
    return redirect(own_address(request, form.cleaned_data["next"]))


@route(Scope.ORGANISATION, Verb.MANAGE_PEOPLE)
@fresh_sign_in
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_rules(request: Request) -> HttpResponse:
    """Show and take which roles sign in with a second factor."""
    now = timezone.now()
    form = FactorRulesForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        set_factor_rules(roles=set(form.cleaned_data["roles"]), principal=request.principal, now=now)
        messages.success(request, "The rules are saved. They hold from the next page on.")
        return redirect("access:sign-in-rules")
    rows = [
        {"value": role.value, "label": role.label, "asked": asked, "without": without}
        for role, asked, without in factor_rules(request.principal, now=now)
    ]
    shown = {"form": form, "rows": rows}
    return render(request, "access/sign_in_rules.html", shown, status=422 if form.errors else 200)
