"""The list of incidents, declaring one, its room, and what is taken out of it."""

from http import HTTPStatus
from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from incidents.choices import WRITTEN, Level
from incidents.errors import IncidentRefused
from incidents.filters import IncidentFilter
from incidents.forms import DeclareForm
from incidents.models import Episode, Evidence, Incident
from incidents.playbooks.shelf import playbook_for, shelf
from incidents.selectors.alert_page import visible_alert
from incidents.selectors.incident_list import incidents_in_sight
from incidents.selectors.room import room_of, visible_incident
from incidents.services.evidence import hand_out
from incidents.services.incidents import Declared, declare_once
from incidents.services.timeline import export_timeline
from inventory.access.http import Request, wants_fragment
from inventory.access.rights import Verb, may, may_somewhere, roles_that_may
from inventory.access.routes import Scope, route
from inventory.access.views.lists import answer_list, place
from inventory.errors import InventoryRefused
from inventory.models import Api
from inventory.selectors.apis import apis_for, find_api

MOST_APIS: Final = 200


@route(Scope.TEAM)
@require_safe
def incident_list(request: Request) -> HttpResponse:
    """List the incidents somebody may see, the newest first."""
    form = IncidentFilter(request.GET, me=request.principal.user_id)
    page = incidents_in_sight(principal=request.principal, narrowed=form, **place(request))
    context = {"page": page, "may_declare": may_somewhere(request.principal, Verb.DECLARE_INCIDENT)}
    return answer_list(
        request, form, page="incidents/incidents.html", fragment="incidents/_incident_list.html", context=context
    )


@route(Scope.TEAM, Verb.DECLARE_INCIDENT)
@require_http_methods(["GET", "HEAD", "POST"])
def incident_new(request: Request) -> HttpResponse:
    """Declare an incident, from an alert or by hand."""
    told = request.POST if request.method == "POST" else request.GET
    alert = _alert(request, told.get("alert", ""))
    known = alert is not None and alert.api is not None
    needs_api = not known and not may(request.principal, Verb.DECLARE_INCIDENT, team_id=None)
    if request.method != "POST":
        return _form(request, alert, DeclareForm(initial=_suggested(alert), needs_api=needs_api))
    form = DeclareForm(request.POST, needs_api=needs_api)
    if not form.is_valid():
        return _form(request, alert, form, error=str(next(iter(form.errors.values()))[0]))
    given = form.cleaned_data
    try:
        apis = (_api(request, given["api"]),) if given["api"].strip() else ()
        said = Declared(
            title=given["title"], level=given["level"], summary=given["summary"], restricted=given["restricted"],
            apis=apis, alerts=(alert,) if alert else (),
        )  # fmt: skip
        incident = declare_once(said=said, principal=request.principal, now=timezone.now())
    except (IncidentRefused, InventoryRefused) as refusal:
        return _form(request, alert, form, error=str(refusal))
    commands = may(request.principal, Verb.ACT_ON_INCIDENT, team_id=None)
    more = "" if commands else " Nobody commands it yet: all who could are told."
    messages.success(request, f"{incident.code} is declared. You are in the room.{more}")
    return redirect("incidents:incident", incident.code)


@route(Scope.TEAM)
@require_safe
def incident_room(request: Request, code: str) -> HttpResponse:
    """Show the room; asked for as a part with what it has seen, it answers only when something happened since."""
    incident = found(request, code)
    if wants_fragment(request):
        if request.GET.get("seen") == str(incident.revision):
            return HttpResponse(status=HTTPStatus.NO_CONTENT)
        return render(request, "incidents/_room.html", context_of(request, incident))
    return shown(request, incident)


@route(Scope.TEAM, Verb.EXPORT_INCIDENTS)
@require_GET
def timeline_csv(request: Request, code: str) -> StreamingHttpResponse:
    """Give the timeline as a file, the oldest entry first."""
    incident = found(request, code)
    pieces = export_timeline(incident=incident, principal=request.principal, now=timezone.now(), for_spreadsheets=True)
    headers = {"Content-Disposition": f'attachment; filename="timeline-{incident.code}.csv"'}
    return StreamingHttpResponse(pieces, content_type="text/csv; charset=utf-8", headers=headers)


@route(Scope.TEAM, Verb.EXPORT_INCIDENTS)
@require_GET
def evidence_json(request: Request, code: str) -> HttpResponse:
    """Give frozen evidence as it was; its SHA-256 is that of the file."""
    try:
        evidence = Evidence.objects.visible_to(request.principal).select_related("incident").get(code=code)
    except Evidence.DoesNotExist as error:
        raise Http404 from error
    body = hand_out(evidence=evidence, principal=request.principal, now=timezone.now())
    headers = {"Content-Disposition": f'attachment; filename="{evidence.code}.json"'}
    return HttpResponse(body, content_type="application/json; charset=utf-8", headers=headers)


def found(request: Request, code: str) -> Incident:
    """Return the incident with this code; foreign and absent are the same: Http404."""
    try:
        return visible_incident(principal=request.principal, code=code)
    except Incident.DoesNotExist as error:
        raise Http404 from error


def shown(request: Request, incident: Incident, *, status: int = HTTPStatus.OK, **more: Any) -> HttpResponse:
    """Return the page of the room as it stands."""
    return render(request, "incidents/incident.html", context_of(request, incident) | more, status=status)


def context_of(request: Request, incident: Incident) -> dict[str, Any]:
    """Return what the page and its part are drawn from."""
    return {
        "room": room_of(principal=request.principal, incident=incident, now=timezone.now()),
        "kinds": WRITTEN,
        "levels": tuple(Level),
        "actors": roles_that_may(Verb.ACT_ON_INCIDENT),
        "show": "decision" if request.GET.get("show") == "decision" else "",
    }


def _alert(request: Request, code: str) -> Episode | None:
    try:
        return visible_alert(principal=request.principal, code=code) if code else None
    except Episode.DoesNotExist as error:
        raise Http404 from error


def _suggested(alert: Episode | None) -> dict[str, Any]:
    """Return what the form is filled with: of an alert its title, and the severity of the playbook that fits."""
    if alert is None:
        return {"level": Level.SEV3.value}
    slug = playbook_for(alert.category)
    passed = alert.outcome in {"succeeded", "allowed"}
    level = shelf()[slug].level if slug and passed else Level.SEV3.value
    where = f" on {alert.api.name}" if alert.api else ""
    return {"level": level, "title": f"{alert.title}{where}"[:300], "api": alert.api.code if alert.api else ""}


def _api(request: Request, reference: str) -> Api:
    return find_api(principal=request.principal, reference=reference.strip(), verb=Verb.DECLARE_INCIDENT)


def _form(request: Request, alert: Episode | None, form: DeclareForm, *, error: str = "") -> HttpResponse:
    offered = apis_for(request.principal, Verb.DECLARE_INCIDENT).order_by("name", "pk")
    context = {
        "form": form, "alert": alert, "error": error, "levels": tuple(Level),
        "apis": offered.values_list("code", "name")[:MOST_APIS],
    }  # fmt: skip
    status = HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK
    return render(request, "incidents/incident_new.html", context, status=status)
