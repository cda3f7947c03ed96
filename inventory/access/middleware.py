"""Who acts in a request, and the headers every answer carries."""

import logging
from collections.abc import Callable
from datetime import UTC
from http import HTTPStatus
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.exceptions import SessionInterrupted
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, DataError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.http.response import HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django_htmx.http import HttpResponseClientRedirect
from typing_extensions import override

from inventory.access.away import why_away
from inventory.access.errors import AccessRefused
from inventory.access.http import PublicRequest
from inventory.access.models import User
from inventory.access.routes import Route, Scope, declared_for, refusal
from inventory.access.selectors import who_acts
from inventory.access.services.sessions import note_activity
from inventory.access.zones import is_zone

log = logging.getLogger(__name__)
GetResponse = Callable[[PublicRequest], HttpResponseBase]

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
FOR_PROGRAMS: Final = "/api/"
"""Addresses whose answers are read by programs: their moments are in UTC, whoever asks."""
READS: Final = {"GET", "HEAD"}
MOST_OF_STRANGERS: Final = 1 << 20
"""Bytes of a body that is read for somebody who is not signed in."""
HEADERS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": (
        "accelerometer=(), camera=(), display-capture=(), fullscreen=(self), geolocation=(), gyroscope=(), "
        "microphone=(), midi=(), payment=(), serial=(), usb=(), xr-spatial-tracking=()"
    ),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class SecurityHeaders:
    """Puts the security headers on every answer, files and errors included; stands first."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: PublicRequest) -> HttpResponseBase:
        """Return the answer with its headers; what somebody signed in sees is kept in no cache."""
        response = self.get_response(request)
        for name, value in HEADERS.items():
            response[name] = value
        if getattr(request, "principal", None) is not None:
            response["Cache-Control"] = "no-store"
        if getattr(request, "answers_vary", False):
            patch_vary_headers(response, ["HX-Request"])
        return response


class Sessions(SessionMiddleware):
    """Keeps sessions; what was read is shown though the database takes no note of it just then."""

    @override
    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Store what changed in the session. Raises DatabaseError for an act whose session cannot be stored."""
        try:
            return super().process_response(request, response)
        except SessionInterrupted as error:
            # Django says of every failure to store a session that the session is gone.
            met = error.__context__.__context__ if error.__context__ else None
            if not isinstance(met, DatabaseError) or not why_away(met):
                raise
            if request.method not in READS:
                raise met from met.__cause__
            patch_vary_headers(response, ["Cookie"])
            return response


class WhoActs:
    """Sets `request.principal` and the time zone, guards third-party routes, answers what is refused or cannot be.

    Stands last.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: PublicRequest) -> HttpResponseBase:
        """Look up once who acts: the roles of this moment, None for somebody unknown. Pages show the person's zone."""
        user = request.user
        now = timezone.now()
        request.principal, request.owes_factor = who_acts(user, now=now) if isinstance(user, User) else (None, False)
        if not isinstance(user, User):
            if not request.path.startswith(FOR_PROGRAMS) and length_of(request) > MOST_OF_STRANGERS:
                # The guard against forged forms would read it to the end. Programs are known by their token, later.
                return render(request, "413.html", status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return _in_words(request, self.get_response(request))
        if request.method in READS:
            note_activity(request, now=now)
        if request.path.startswith(FOR_PROGRAMS):
            if request.owes_factor:
                # The cookie of half a sign-in opens nothing; a token is judged by itself.
                request.principal, request.owes_factor, request.user = None, False, AnonymousUser()
            return self.get_response(request)
        with timezone.override(ZoneInfo(user.zone) if is_zone(user.zone) else UTC):
            return _in_words(request, self.get_response(request))

    def process_view(
        self, request: PublicRequest, view: Callable[..., HttpResponseBase], args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        """Refuse a route that declares nothing, guard one declared by name, lead to a second factor that is owed."""
        name = request.resolver_match.view_name if request.resolver_match else ""
        declared: Route | None = getattr(view, "route", None) or declared_for(name)
        if declared is None:
            msg = f"The route {name or request.path!r} is declared nowhere: mark its view with @route."
            raise ImproperlyConfigured(msg)
        if declared.scope != Scope.PUBLIC and any("\0" in str(value) for value in kwargs.values()):
            # No name holds one, and the database would not even look.
            raise Http404
        if request.owes_factor and not declared.early and declared.scope != Scope.PUBLIC:
            to = reverse("access:security")
            return HttpResponseClientRedirect(to) if request.htmx else HttpResponseRedirect(to)
        return None if hasattr(view, "route") else refusal(request, declared, named=bool(args or kwargs))

    def process_exception(self, request: PublicRequest, error: Exception) -> HttpResponse | None:
        """Answer a refused right with 403 and the roles that hold it, and a value that cannot be with 400."""
        if isinstance(error, DataError):
            log.error(
                "%s %s holds what the database can neither look for nor keep",
                request.method,
                request.path,
                exc_info=error,
            )
            return render(request, "400.html", status=HTTPStatus.BAD_REQUEST)
        if isinstance(error, UnreadablePostError):
            return render(request, "400.html", status=HTTPStatus.REQUEST_TIMEOUT)
        if not isinstance(error, AccessRefused):
            return None
        context = {"verb": error.verb, "roles": error.roles, "sentence": str(error)}
        return render(request, "403.html", context, status=403)


def length_of(request: HttpRequest) -> int:
    """Return how many bytes a request says its body has; 0 where it says nothing that can be."""
    said = request.META.get("CONTENT_LENGTH", "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 20 else 0  # noqa: PLR2004 -- digits


def _in_words(request: PublicRequest, response: HttpResponseBase) -> HttpResponseBase:
    """Return a page for somebody who opens an address that only a form or a button asks, instead of an empty answer."""
    empty = response.status_code == HTTPStatus.METHOD_NOT_ALLOWED and not getattr(response, "content", b"")
    if not empty or request.method != "GET" or request.path.startswith(FOR_PROGRAMS):
        return response
    page = render(request, "405.html", status=HTTPStatus.METHOD_NOT_ALLOWED)
    page["Allow"] = response["Allow"]
    return page
