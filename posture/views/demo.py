"""The page that takes the demo away and loads it anew."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from inventory.access.http import Request
from inventory.access.recent import fresh_sign_in
from inventory.access.rights import Verb
from inventory.access.routes import Scope, route
from posture.services.demo.resetting import ResetRefused, going, is_demo, reset_demo


@route(Scope.ORGANISATION, Verb.MANAGE_PEOPLE)
@fresh_sign_in
@require_http_methods(["GET", "HEAD", "POST"])
def demo_reset(request: Request) -> HttpResponse:
    """Show what a reset of the demo deletes, and do it."""
    refusal = ""
    if request.method == "POST" and request.POST.get("sure") != "yes":
        refusal = "Tick the box first: what is deleted does not come back."
    elif request.method == "POST":
        try:
            reset_demo(principal=request.principal, now=timezone.now())
        except ResetRefused as refused:
            refusal = str(refused)
        else:
            messages.success(request, "The demo is deleted and is being loaded anew.")
            return redirect("posture:demo-reset")
    shown = {"refusal": refusal, "is_demo": is_demo(), "going": going()}
    return render(request, "posture/demo.html", shown, status=422 if refusal else 200)
