"""Setting up second factors: an authenticator app, passkeys, recovery codes."""

from typing import Any, Final, cast

from allauth.mfa.adapter import get_adapter
from allauth.mfa.totp.internal.auth import generate_totp_secret
from allauth.mfa.webauthn.internal import auth as webauthn
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from inventory.access.directory import person_row
from inventory.access.errors import ChangeRefused
from inventory.access.forms.factors import AppForm, PasskeyForm
from inventory.access.http import Request
from inventory.access.models import User
from inventory.access.recent import fresh_sign_in
from inventory.access.rights import Verb
from inventory.access.routes import Scope, route
from inventory.access.seals import BrokenSealError, open_text, seal_text
from inventory.access.selectors import own_recovery_codes
from inventory.access.services.factors import add_app, add_passkey, make_recovery_codes, remove_factor, reset_factors

SECRET: Final = "app-secret"  # noqa: S105 -- the name of its place in the session
SHOWN_UNTIL: Final = "codes-shown-until"
SHOWN_FOR: Final = 10 * 60
"""Seconds in which new recovery codes may be read in the session that made them, unless one says to have kept them."""


@route(Scope.SELF, early=True)
@fresh_sign_in
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("code")
def app(request: Request) -> HttpResponse:
    """Set up an authenticator app: show its secret, take a code that proves it was read."""
    form = AppForm(request.POST or None)
    secret = _secret(request)
    if request.method != "POST" or not secret:
        secret = generate_totp_secret()
        request.session[SECRET] = seal_text(secret, keys=settings.SEAL_KEYS, bound_to=SECRET)
    elif form.is_valid():
        try:
            has_codes = add_app(
                user=cast("User", request.user),
                secret=secret,
                code=form.cleaned_data["code"],
                principal=request.principal,
                now=timezone.now(),
            )
        except ChangeRefused as refusal:
            form.add_error("code", str(refusal))
        else:
            del request.session[SECRET]
            return _set_up(request, "The authenticator app is set up.", has_codes=has_codes)
    parts = [secret[place : place + 4] for place in range(0, len(secret), 4)]
    return render(request, "access/app.html", {"form": form, "secret": " ".join(parts)})


@route(Scope.SELF, early=True)
@fresh_sign_in
@require_safe
def app_image(request: Request) -> HttpResponse:
    """Draw what the phone reads: the secret that is being set up, as an image of ours."""
    secret = _secret(request)
    if not secret:
        raise Http404
    address = get_adapter().build_totp_url(request.user, secret)
    return HttpResponse(get_adapter().build_totp_svg(address), content_type="image/svg+xml")


@route(Scope.SELF, early=True)
@fresh_sign_in
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("credential")
def passkey(request: Request) -> HttpResponse:
    """Add a passkey."""
    form = PasskeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        has_codes = add_passkey(
            user=cast("User", request.user), **form.cleaned_data, principal=request.principal, now=timezone.now()
        )
        return _set_up(request, "The passkey is added.", has_codes=has_codes)
    return render(request, "access/passkey.html", {"form": form})


@route(Scope.SELF, early=True)
@fresh_sign_in
@require_safe
def passkey_options(request: Request) -> HttpResponse:
    """Give the browser what it makes a passkey from."""
    return JsonResponse(webauthn.begin_registration(request.user, passwordless=True))


@route(Scope.SELF, early=True)
@fresh_sign_in
@require_POST
def remove(request: Request, number: int) -> HttpResponse:
    """Take an app or a passkey away."""
    try:
        was = remove_factor(
            user=cast("User", request.user), number=number, principal=request.principal, now=timezone.now()
        )
    except ChangeRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("access:security")
    if not was:
        raise Http404
    messages.success(request, "It is removed.")
    return redirect("access:security")


@route(Scope.ORGANISATION, Verb.MANAGE_PEOPLE)
@require_POST
@fresh_sign_in
def reset(request: Request, code: str) -> HttpResponse:
    """Take all factors of somebody who lost them; they sign in by password and set up new ones."""
    now = timezone.now()
    row = person_row(principal=request.principal, code=code, now=now)
    if row is None:
        raise Http404
    try:
        reset_factors(user=row.user, principal=request.principal, now=now)
    except ChangeRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"{row.user} signs in by password until they set up a factor anew.")
    return redirect("access:person", code)


@route(Scope.SELF, early=True)
@fresh_sign_in
@require_http_methods(["GET", "HEAD", "POST"])
def codes(request: Request) -> HttpResponse:
    """Show new recovery codes once; make new ones, or hide them for good, when asked to."""
    if request.method == "POST":
        if "kept" in request.POST:
            request.session.pop(SHOWN_UNTIL, None)
            return redirect("access:security")
        try:
            make_recovery_codes(user=cast("User", request.user), principal=request.principal, now=timezone.now())
        except ChangeRefused as refusal:
            messages.error(request, str(refusal))
            return redirect("access:security")
        _show(request)
        return redirect("access:codes")
    left = own_recovery_codes(request.principal)
    if left is None:
        return redirect("access:security")
    shown = left if _may_read(request) else []
    return render(request, "access/codes.html", {"codes": shown, "count": len(left)})


@route(Scope.SELF, early=True)
@fresh_sign_in
@require_safe
def codes_file(request: Request) -> HttpResponse:
    """Give the recovery codes as a text file, for as long as the page shows them."""
    left = own_recovery_codes(request.principal) if _may_read(request) else None
    if not left:
        raise Http404
    lines = [f"Recovery codes of {request.principal.name} at {settings.BASE_URL}. Each works once.", "", *left, ""]
    answer = HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="posture-recovery-codes.txt"'
    return answer


def _set_up(request: Request, sentence: str, *, has_codes: bool) -> HttpResponse:
    """Say that it worked and go on: to the recovery codes, where this was the first factor."""
    messages.success(request, sentence)
    if has_codes:
        _show(request)
    return redirect("access:codes" if has_codes else "access:security")


def _secret(request: Request) -> str:
    """Return the secret that is being set up; nothing where there is none, or its key is gone."""
    try:
        return open_text(request.session.get(SECRET, ""), keys=settings.SEAL_KEYS, bound_to=SECRET)
    except BrokenSealError:
        return ""


def _show(request: Request) -> None:
    request.session[SHOWN_UNTIL] = timezone.now().timestamp() + SHOWN_FOR


def _may_read(request: Request) -> bool:
    until: Any = request.session.get(SHOWN_UNTIL, 0)
    return bool(timezone.now().timestamp() < until)
