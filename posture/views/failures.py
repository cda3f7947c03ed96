"""What is answered when a page fails."""

import sys
from typing import Final

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseServerError, JsonResponse
from django.template.loader import render_to_string
from django.views.defaults import server_error

SAID: Final = "Posture cannot reach its database now, and changed nothing. Try again in a moment."
SECONDS: Final = "5"


def failed(request: HttpRequest) -> HttpResponse | HttpResponseServerError:
    """Say that the database does not answer, where that is why (503); else that Posture failed (500)."""
    if not isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return server_error(request)
    answer: HttpResponse
    if request.path.startswith("/api/"):
        answer = JsonResponse({"error": {"code": "unavailable", "message": SAID}}, status=503)
    else:
        answer = HttpResponse(render_to_string("503.html"), status=503)
    answer.headers["Retry-After"] = SECONDS
    return answer
