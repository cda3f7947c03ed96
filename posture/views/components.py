"""The parts that pages are made of, on one page for developers and for the tests in the browser."""

from datetime import timedelta

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from inventory.access.http import Request
from inventory.access.routes import Scope, route
from posture.charts import score_history

SEVERITIES = ("critical", "high", "medium", "low", "info")
BANDS = (("critical", 60.0), ("high", 30.0), ("medium", 10.0), ("low", 0.0))


@route(Scope.SELF)
@require_safe
def components(request: Request) -> HttpResponse:
    """Show every part in each of its states; there is no such page unless `COMPONENTS` or `DEBUG` is set."""
    if not (settings.COMPONENTS or settings.DEBUG):
        raise Http404
    now = timezone.now()
    days = tuple(now - timedelta(days=number) for number in (60, 40, 5))
    context = {
        "severities": SEVERITIES,
        "scores": ((87, "critical"), (42, "high"), (21, "medium"), (4, "low"), (0, "none"), (None, "")),
        "counts": {"critical": 2, "high": 11, "medium": 0, "low": 340},
        "rising": (40, 41, 40, 44, 62),
        "falling": (62, 60, 44, 40),
        "parts": (("critical", 3), ("high", 5), ("medium", 8)),
        "changes": (13, -4, 0),
        "late": now - timedelta(days=1, hours=4),
        "soon": now + timedelta(hours=6),
        "early": now + timedelta(days=6),
        "long": "A name that goes on and on " * 11,
        "chart": score_history(tuple(zip(days, (35.0, 52.0, 71.0), strict=True)), bands=BANDS, now=now),
        "now": now,
    }
    return render(request, "posture/components.html", context)
