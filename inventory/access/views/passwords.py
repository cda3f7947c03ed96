"""Passwords: changed by who has one, set anew by mail by who lost it."""

from allauth.account import views as allauth_views
from allauth.core.internal import ratelimit
from django.conf import settings
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse_lazy
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from inventory.access.forms.sign_in import AskResetForm
from inventory.access.http import PublicRequest, Request
from inventory.access.models import User
from inventory.access.routes import Scope, route
from inventory.access.services.resets import ask_reset

from_key = allauth_views.PasswordResetFromKeyView.as_view(success_url=reverse_lazy("account_login"))


@route(Scope.SELF, early=True)
def change_password(request: Request) -> HttpResponseBase:
    """Change the password of somebody who has one; an identity provider's people change it there."""
    if isinstance(request.user, User) and not request.user.has_usable_password():
        return render(request, "account/no_password.html")
    answer: HttpResponseBase = allauth_views.password_change(request)
    return answer


@route(Scope.PUBLIC)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def ask_for_reset(request: PublicRequest) -> HttpResponseBase:
    """Take an address and say the same whether there is an account or not; a job looks, and writes the mail."""
    form = AskResetForm(request.POST or None)
    shown = {"form": form, "sends_mail": settings.SENDS_MAIL}
    if request.method != "POST" or not settings.SENDS_MAIL or not form.is_valid():
        return render(request, "access/ask_reset.html", shown)
    email = form.cleaned_data["email"].lower()
    limit: HttpResponse | None = ratelimit.consume_or_429(
        request, app="allauth.account", action="reset_password", key=email
    )
    if limit:
        return limit
    ask_reset(email=email, now=timezone.now())
    return render(request, "access/ask_reset.html", {**shown, "email": email})
