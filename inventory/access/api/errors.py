"""Errors of the API: one shape, one clear sentence, whatever went wrong.

`{"error": {"code": "not_found", "message": "There is no …", "field": "api"}}`; `field` only where one is to blame.
"""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from django.core import exceptions as django_errors
from django.core.signals import got_request_exception
from django.db import DataError
from django.http import Http404, UnreadablePostError
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import APIView

from inventory.access.away import SECONDS, why_away
from inventory.access.choices import PrincipalKind
from inventory.access.errors import AccessRefused
from inventory.access.records import Principal
from inventory.access.rights import SCOPED_VERBS, Verb

log = logging.getLogger(__name__)

SIGN_IN: Final = "Sign in first: send “Authorization: Bearer <token>” with a token from `manage.py create_token`."
NOTHING: Final = "There is nothing here that you may see."
FAILED: Final = "Something failed here, and nothing was changed. The log of the web server has the details."
BROKEN_OFF: Final = "The rest of this request did not come, and nothing was changed. Send it again."
CODES: Final = {
    exceptions.NotAuthenticated: "unauthenticated",
    exceptions.AuthenticationFailed: "unauthenticated",
    exceptions.PermissionDenied: "forbidden",
    exceptions.NotFound: "not_found",
    exceptions.MethodNotAllowed: "method_not_allowed",
    exceptions.ParseError: "malformed",
    exceptions.UnsupportedMediaType: "unsupported_media_type",
    exceptions.Throttled: "too_many_requests",
}
TOO_LARGE: Final = (
    django_errors.RequestDataTooBig,
    django_errors.TooManyFieldsSent,
    django_errors.TooManyFilesSent,
)


class Refusal(exceptions.APIException):
    """An answer that says no: the sentence, its code and status, the field to blame, and headers."""

    def __init__(
        self,
        message: str,
        *,
        code: str,
        status: int = status.HTTP_400_BAD_REQUEST,
        field: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail=message, code=code)
        self.message = _sayable(message)
        self.code = code
        self.status_code = status
        self.field = _sayable(field)
        self.headers = headers or {}


def _sayable(text: str) -> str:
    """Return text without what UTF-8 or PostgreSQL cannot hold: a refusal quotes what somebody sent."""
    return text.encode("utf-8", "replace").decode().replace("\0", "?")


def not_found(message: str, *, field: str = "") -> Refusal:
    """Return the 404 for something that is not there or out of sight: nobody can tell which."""
    return Refusal(message, code="not_found", status=status.HTTP_404_NOT_FOUND, field=field)


@contextmanager
def refusing(
    *kinds: type[Exception], code: str = "refused", status: int = status.HTTP_400_BAD_REQUEST, field: str = ""
) -> Iterator[None]:
    """Turn errors of services, whose text is a sentence for people, into an answer of this status."""
    try:
        yield
    except kinds as error:
        raise Refusal(str(error), code=code, status=status, field=field) from error


def answer_error(error: Exception, context: dict[str, Any]) -> Response:
    """Return the answer to a request that ended with an error (REST framework's EXCEPTION_HANDLER)."""
    refusal = _refusal(error, context)
    told = {"code": refusal.code, "message": refusal.message}
    if refusal.field:
        told["field"] = refusal.field
    return Response({"error": told}, status=refusal.status_code, headers=dict(refusal.headers))


def _refusal(error: Exception, context: dict[str, Any]) -> Refusal:
    request, view = context["request"], context["view"]
    if isinstance(error, Refusal):
        return error
    if isinstance(error, AccessRefused):
        message = in_words(error, getattr(request, "principal", None))
        return Refusal(message, code="forbidden", status=status.HTTP_403_FORBIDDEN)
    if isinstance(error, UnreadablePostError):
        return Refusal(BROKEN_OFF, code="request_timeout", status=status.HTTP_408_REQUEST_TIMEOUT)
    if isinstance(error, exceptions.ValidationError):
        return _invalid(error.detail)
    if isinstance(error, exceptions.APIException):
        return _of_framework(error, view)
    return _of_django(error) or _fault(error, context)


def _of_django(error: Exception) -> Refusal | None:
    if isinstance(error, Http404):
        return not_found(NOTHING)
    if isinstance(error, TOO_LARGE):
        message = "There is more in this request than is taken in; send less of it at once."
        return Refusal(message, code="too_large", status=status.HTTP_413_REQUEST_ENTITY_TOO_LARGE)
    if isinstance(error, django_errors.SuspiciousOperation):
        return Refusal("This request cannot be read.", code="malformed")
    if isinstance(error, DataError):
        log.error("A value that the database can neither look for nor keep", exc_info=error)
        return Refusal("A text, number or moment in this request is none that can be.", code="invalid")
    if why := why_away(error):
        log.error("%s", why, exc_info=error)
        return Refusal(why, code="unavailable", status=503, headers={"Retry-After": SECONDS})
    return None


def _fault(error: Exception, context: dict[str, Any]) -> Refusal:
    """Log what is a fault of ours, tell whoever listens for such, and answer without a word of it."""
    request, view = context["request"], context["view"]
    log.error("%s %s failed", request.method, request.path, exc_info=error)
    got_request_exception.send(sender=type(view), request=request)
    return Refusal(FAILED, code="failed", status=status.HTTP_500_INTERNAL_SERVER_ERROR)


def in_words(error: AccessRefused, principal: Principal | None) -> str:
    """Return why somebody may not: their roles, or what tokens, or this token, may do at all."""
    verb = next((each for each in Verb if each.label == error.verb), None)
    if principal is None or principal.kind != PrincipalKind.TOKEN or verb is None:
        return str(error)
    roles = ", ".join(error.roles)
    if verb not in SCOPED_VERBS:
        return f"A token may not {error.verb}: sign in as a person for that. Who may: {roles}."
    if verb not in (principal.scopes or ()):
        return f"This token may not {error.verb}: it has not the scope {verb.value}. Who may: {roles}."
    return f"The person this token acts for may not {error.verb}. Who may: {roles}."


def _of_framework(error: exceptions.APIException, view: APIView) -> Refusal:
    code = next((code for kind, code in CODES.items() if isinstance(error, kind)), "refused")
    message, headers = str(error.detail), {}
    if isinstance(error, exceptions.NotAuthenticated):
        message = SIGN_IN
    if isinstance(error, exceptions.MethodNotAllowed):
        message = f"{view.request.method} is not possible here; allowed are {', '.join(view.allowed_methods)}."
        headers["Allow"] = ", ".join(view.allowed_methods)
    if isinstance(error, exceptions.UnsupportedMediaType):
        kinds = ", ".join(parser.media_type for parser in view.parser_classes)
        message = f"The body is {view.request.content_type or 'of no stated type'}; send {kinds}."
    if isinstance(error, exceptions.NotFound):
        message = NOTHING
    if isinstance(error, exceptions.Throttled):
        wait = int(getattr(error, "wait", None) or 1)
        message = f"These were too many requests; the next is answered in {wait} seconds."
        headers["Retry-After"] = str(wait)
    if header := getattr(error, "auth_header", ""):
        headers["WWW-Authenticate"] = header
    return Refusal(message, code=code, status=error.status_code, headers=headers)


def _invalid(detail: Any, place: str = "") -> Refusal:
    """Return the first fault of a body, with the place it is at, such as `findings.3`."""
    while isinstance(detail, dict | list):
        if isinstance(detail, dict):
            name, detail = next(iter(detail.items()))
            if name != "non_field_errors":
                place = f"{place}.{name}".strip(".")
        else:
            at = next((index for index, each in enumerate(detail) if each), 0)
            if len(detail) > 1 and isinstance(detail[at], dict | list):
                place = f"{place}.{at}".strip(".")
            detail = detail[at]
    return Refusal(f"{place}: {detail}" if place else str(detail), code="invalid", field=place)
