"""What is answered when a page fails."""

import sys
from typing import Final

from django.http import HttpRequest, HttpResponse, HttpResponseServerError, JsonResponse
from django.template.loader import render_to_string
from django.views.defaults import server_error

from inventory.access.away import CLOSED, DATABASE, FULL, NO_ROOM, SECONDS, why_away

HEADS: Final = {
    DATABASE: "Posture cannot reach its database",
    CLOSED: "Posture's database takes no changes",
    FULL: "The disk for documents is full",
    NO_ROOM: "The disk of the database is full",
}


def failed(request: HttpRequest) -> HttpResponse | HttpResponseServerError:
    """Say what is away, where that is why (503); else that Posture failed (500)."""
    why = why_away(sys.exc_info()[1])
    if not why:
        return server_error(request)
    answer: HttpResponse
    if request.path.startswith("/api/"):
        answer = JsonResponse({"error": {"code": "unavailable", "message": why}}, status=503)
    else:
        answer = HttpResponse(render_to_string("503.html", {"head": HEADS[why], "why": why}), status=503)
    answer.headers["Retry-After"] = SECONDS
    return answer
