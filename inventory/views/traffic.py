"""The page of traffic: hosts that are called and have no API, the logs that were read, and what the states mean."""

from typing import Final

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from inventory.access.http import Request
from inventory.access.rights import Verb, may
from inventory.access.routes import Scope, route
from inventory.choices import Discovery
from inventory.discovery import DEFINITIONS, LEAST_DAYS, MOST_DAYS
from inventory.errors import InventoryRefused
from inventory.models import TrafficLog
from inventory.models.traffic import discovery_days
from inventory.services.candidates import adopt_host, candidates
from inventory.services.discovery import set_discovery_days

LOGS_SHOWN: Final = 30


@require_safe
@route(Scope.ORGANISATION)
def traffic(request: Request) -> HttpResponse:
    """Show what logs tell of the organisation as a whole."""
    hosts, total = candidates(request.principal)
    days = discovery_days()
    context = {
        "hosts": hosts,
        "total": total,
        "logs": TrafficLog.objects.visible_to(request.principal).order_by("-taken_at", "-pk")[:LOGS_SHOWN],
        "days": days,
        "least": LEAST_DAYS,
        "most": MOST_DAYS,
        "meanings": [(Discovery(state).label, words.format(days=days)) for state, words in DEFINITIONS.items()],
        "may_adopt": may(request.principal, Verb.CLASSIFY, team_id=None),
        "may_set": may(request.principal, Verb.SET_POLICY, team_id=None),
    }
    return render(request, "inventory/traffic.html", context)


@require_POST
@route(Scope.ORGANISATION, Verb.CLASSIFY)
def traffic_adopt(request: Request) -> HttpResponse:
    """Make an API of a host and go to the job that ties its calls to it."""
    host = request.POST.get("host", "")[:255].replace("\0", "")
    try:
        api, job = adopt_host(host=host, team=None, principal=request.principal, now=timezone.now())
    except InventoryRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("inventory:traffic")
    messages.success(request, f"{api.name} is an API now. Give it a team, and say what it is.")
    return redirect("jobs:job", job.pk)


@require_POST
@route(Scope.ORGANISATION, Verb.SET_POLICY)
def traffic_policy(request: Request) -> HttpResponse:
    """Set after how many observed days without a call an endpoint is an orphan or unused."""
    text = request.POST.get("days", "")
    try:
        days = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0  # noqa: PLR2004 - far past the most
        set_discovery_days(days=days, principal=request.principal, now=timezone.now())
    except InventoryRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"Endpoints are judged by {days} observed days now.")
    return redirect("inventory:traffic")
