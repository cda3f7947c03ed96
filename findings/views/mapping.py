"""The page of findings that no API holds yet, and of the rules that tie them to one."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from findings.errors import FindingsRefused
from findings.forms import MappingForm
from findings.models import MappingRule, Report
from findings.selectors import names_in_sight, unmapped_groups, unmapped_reports
from findings.services.mapping import create_rule, end_rule, preview_rule, tie_report
from inventory.access.http import Request
from inventory.access.rights import Verb, may_somewhere, refused
from inventory.access.routes import Scope, route
from inventory.errors import InventoryRefused
from inventory.selectors.apis import find_api


@route(Scope.TEAM)
@require_http_methods(["GET", "HEAD", "POST"])
def mapping(request: Request) -> HttpResponse:
    """Show what is unmapped and the rules; preview a rule, or make it and go to the job that applies it."""
    sent = request.method == "POST"
    may_map = may_somewhere(request.principal, Verb.CONNECT)
    if sent and not may_map:
        raise refused(Verb.CONNECT)
    chosen = {name: request.GET.get(name, "") for name in ("kind", "pattern", "api")}
    form = MappingForm(data=request.POST if sent else None, initial=chosen)
    context: dict[str, Any] = {"form": form}
    creates = request.POST.get("do") == "create"
    if sent and (form.is_valid() if creates else form.is_previewable()):
        try:
            if creates:
                return _create(request, form)
            context["preview"] = preview_rule(
                kind=form.cleaned_data["kind"], pattern=form.cleaned_data["pattern"], principal=request.principal
            )
        except (FindingsRefused, InventoryRefused) as refusal:
            form.add_error(None, str(refusal))
    groups, total = unmapped_groups(request.principal)
    rules = MappingRule.objects.visible_to(request.principal).filter(ended_at=None).select_related("api", "created_by")
    context |= {
        "groups": groups,
        "total": total,
        "rules": rules.order_by("-created_at", "-pk"),
        "may_map": may_map,
        "reports": unmapped_reports(request.principal) if total else [],
        "may_tie": may_somewhere(request.principal, Verb.UPLOAD),
        "names": names_in_sight(request.principal),
    }
    return render(request, "findings/mapping.html", context, status=422 if form.errors else 200)


@require_POST
@route(Scope.TEAM, Verb.UPLOAD)
def report_tie(request: Request, code: str) -> HttpResponse:
    """Tie what a report says of no API yet to the one named, and go to the job that does it."""
    report = get_object_or_404(Report.objects.visible_to(request.principal), code=code)
    if not may_somewhere(request.principal, Verb.UPLOAD):
        raise refused(Verb.UPLOAD)
    try:
        api = find_api(principal=request.principal, reference=request.POST.get("api", "").strip(), verb=Verb.UPLOAD)
        job = tie_report(report=report, api=api, principal=request.principal, now=timezone.now())
    except (FindingsRefused, InventoryRefused) as refusal:
        messages.error(request, str(refusal))
        return redirect("findings:mapping")
    return redirect("jobs:job", job.pk)


def _create(request: Request, form: MappingForm) -> HttpResponse:
    api = find_api(principal=request.principal, reference=form.cleaned_data["api"], verb=Verb.CONNECT)
    _, job = create_rule(
        kind=form.cleaned_data["kind"],
        pattern=form.cleaned_data["pattern"],
        api=api,
        principal=request.principal,
        now=timezone.now(),
    )
    return redirect("jobs:job", job.pk)


@require_POST
@route(Scope.TEAM, Verb.CONNECT)
def mapping_end(request: Request, code: str) -> HttpResponse:
    """End a rule: it ties nothing more, and what it tied stays."""
    rules = MappingRule.objects.visible_to(request.principal).select_related("api")
    rule = get_object_or_404(rules, code=code)
    end_rule(rule=rule, principal=request.principal, now=timezone.now())
    messages.success(request, f"The rule for {rule.pattern} has ended. What it tied stays with {rule.api.name}.")
    return redirect("findings:mapping")
