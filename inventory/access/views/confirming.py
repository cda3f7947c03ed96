"""Confirming that it is still oneself: by password, code or passkey, and back to the page."""

from typing import Any, Final

from allauth.account.internal.flows.reauthentication import reauthenticate_by_password
from allauth.core.internal import ratelimit
from allauth.mfa.webauthn.internal import auth as webauthn
from django import forms
from django.http import HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from inventory.access.forms.factors import ConfirmCodeForm, ConfirmPasskeyForm
from inventory.access.forms.sign_in import ReauthenticateForm
from inventory.access.http import Request, own_address
from inventory.access.routes import Scope, route
from inventory.access.selectors import own_security

WAYS: Final[dict[str, Any]] = {
    "credential": ConfirmPasskeyForm,
    "code": ConfirmCodeForm,
    "password": ReauthenticateForm,
}
"""The forms by the field that each of them sends."""


@route(Scope.SELF, early=True)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@sensitive_post_parameters("password", "code", "credential")
def confirm(request: Request) -> HttpResponseBase:
    """Ask once more who it is, by any way the person set up, and go back to where they were."""
    back = own_address(request, request.POST.get("next") or request.GET.get("next") or "/")
    sent = next((name for name in WAYS if name in request.POST), None)
    if sent:
        limit: HttpResponse | None = ratelimit.consume_or_429(
            request, app="allauth.account", action="reauthenticate", user=request.user
        )
        if limit:
            return limit
        form = WAYS[sent](data=request.POST, user=request.user)
        if form.is_valid():
            reauthenticate_by_password(request) if sent == "password" else form.save()
            return redirect(back)
        return render(request, "access/confirm.html", _shown(request, back, sent, form))
    return render(request, "access/confirm.html", _shown(request, back))


@route(Scope.SELF, early=True)
@require_safe
@never_cache
def confirm_options(request: Request) -> HttpResponse:
    """Give the browser what it asks a passkey with."""
    return JsonResponse(webauthn.begin_authentication(request.user))


def _shown(request: Request, back: str, sent: str = "", bound: forms.Form | None = None) -> dict[str, Any]:
    security = own_security(request.principal, session_key=request.session.session_key or "")
    forms_of = {name: bound if name == sent else kind(user=request.user) for name, kind in WAYS.items()}
    return {
        "back": back,
        "security": security,
        "password_form": forms_of["password"] if security.has_password else None,
        "code_form": forms_of["code"] if security.has_factor else None,
        "passkey_form": forms_of["credential"] if security.passkeys else None,
    }
