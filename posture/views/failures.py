"""What is answered when a page fails, is not there, or cannot be read.

Django's own views for this read the form once more for its CSRF token; where that is what cannot be read, they fail.
"""

import sys
from typing import Final

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from inventory.access.away import CLOSED, DATABASE, FULL, NO_ROOM, SECONDS, why_away

HEADS: Final = {
    DATABASE: "Posture cannot reach its database",
    CLOSED: "Posture's database takes no changes",
    FULL: "The disk for documents is full",
    NO_ROOM: "The disk of the database is full",
}


OTHER_NAME: Final = (
    "Posture does not answer to the name it was asked by. Use another address of it, or have whoever runs it add this"
    " name to ALLOWED_HOSTS."
)


def not_understood(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that the request cannot be read, or asks by a name that is not ours (400)."""
    why = OTHER_NAME if isinstance(exception, DisallowedHost) else ""
    if request.path.startswith("/api/"):
        told = {"code": "malformed", "message": why or "This request cannot be read."}
        return JsonResponse({"error": told}, status=400)
    return HttpResponse(render_to_string("400.html", {"why": why}), status=400)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 -- Django gives it
    """Say that there is nothing for whoever asks (404)."""
    return render(request, "404.html", status=404)


def failed(request: HttpRequest) -> HttpResponse:
    """Say what is away, where that is why (503); else that Posture failed (500)."""
    why = why_away(sys.exc_info()[1])
    again = request.get_full_path() if request.method == "GET" else ""
    if not why:
        return HttpResponse(render_to_string("500.html", {"again": again}), status=500)
    answer: HttpResponse
    if request.path.startswith("/api/"):
        answer = JsonResponse({"error": {"code": "unavailable", "message": why}}, status=503)
    else:
        answer = HttpResponse(
            render_to_string("503.html", {"head": HEADS[why], "why": why, "again": again}), status=503
        )
    answer.headers["Retry-After"] = SECONDS
    return answer
