"""Signing in with a passkey alone."""

from allauth.account.models import Login
from allauth.core.internal import ratelimit
from allauth.mfa.webauthn.internal import auth as webauthn
from allauth.mfa.webauthn.internal.flows import perform_passwordless_login
from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from inventory.access.forms.factors import SignInPasskeyForm
from inventory.access.http import PublicRequest, own_address
from inventory.access.routes import Scope, route


@route(Scope.PUBLIC)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@sensitive_post_parameters("credential")
def passkey(request: PublicRequest) -> HttpResponseBase:
    """Give the browser what it asks any passkey of ours with (GET), and let in whoever answers with one (POST).

    The question names nobody, so it tells nothing of who has an account.
    """
    if request.method != "POST":
        return JsonResponse(webauthn.begin_authentication(None))
    limit: HttpResponse | None = ratelimit.consume_or_429(request, app="allauth.mfa", action="webauthn_login")
    if limit:
        return limit
    form = SignInPasskeyForm(data=request.POST)
    if not form.is_valid():
        messages.error(request, "This passkey is not known here. Sign in with your password.")
        return redirect("account_login")
    factor = form.cleaned_data["credential"]
    login = Login(user=factor.user, redirect_url=own_address(request, request.POST.get("next") or "/"))
    answer: HttpResponseBase = perform_passwordless_login(request, factor, login)
    return answer
