"""Where senders deliver: open to anybody, guarded by the signature alone."""

from http import HTTPStatus
from typing import Final

from django.http import HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from findings.errors import FindingsRefused
from incidents.errors import DeliveryRefused
from incidents.services.deliveries import receive_delivery
from inventory.access.errors import AccessRefused
from inventory.access.http import PublicRequest
from inventory.access.routes import Scope, route
from inventory.errors import InventoryRefused
from inventory.jobs.documents import DocumentError

LARGEST: Final = 1 << 20
"""Bytes of one delivery."""


@csrf_exempt
@require_POST
@route(Scope.PUBLIC)
def receive(request: PublicRequest, code: str) -> HttpResponse:
    """Take in a signed delivery: 202. What is not signed as it should be is 401, and is told nothing more."""
    length = request.headers.get("Content-Length", "")
    if not length.isascii() or not length.isdigit():
        return HttpResponse(status=HTTPStatus.LENGTH_REQUIRED)
    if len(length) > len(str(LARGEST)) or int(length) > LARGEST:
        return HttpResponse(status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    headers = {name.lower(): value for name, value in request.headers.items()}
    try:
        receive_delivery(code=code.replace("\0", ""), headers=headers, body=request.body, now=timezone.now())
    except DeliveryRefused:
        return HttpResponse(status=HTTPStatus.UNAUTHORIZED)
    except (FindingsRefused, InventoryRefused, AccessRefused, DocumentError) as refusal:
        return JsonResponse({"error": str(refusal)}, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return JsonResponse({"accepted": True}, status=HTTPStatus.ACCEPTED)
