"""Who answers for an API, and its specification: two pages of an API."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from inventory.access.http import Request
from inventory.access.rights import Verb, may, require, roles_that_may
from inventory.access.routes import Scope, route
from inventory.access.selectors import person_in_sight, teams_in_sight
from inventory.errors import InventoryChanged, InventoryRefused
from inventory.models import Api
from inventory.services.classify import Person, assign_person, assign_team
from posture.forms import PeopleForm
from posture.selectors.api_page import head_of
from posture.selectors.api_people import people_of
from posture.selectors.api_specification import specification_of
from posture.views.apis import found


@route(Scope.TEAM)
@require_safe
def api_specification(request: Request, code: str) -> HttpResponse:
    """Show the versions of an API's specification and what each changed; the document itself stays sealed."""
    api = found(request, code)
    context = {"head": head_of(api), "specification": specification_of(api=api)}
    return render(request, "posture/api_specification.html", context)


@route(Scope.TEAM)
@require_http_methods(["GET", "HEAD", "POST"])
def api_people(request: Request, code: str) -> HttpResponse:
    """Show who answers for an API; name an owner or deputy, or hand it to another team."""
    api, status = found(request, code), HTTPStatus.OK
    team_id = head_of(api).team_id
    may_assign = may(request.principal, Verb.CLASSIFY, team_id=team_id)
    form = PeopleForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        require(request.principal, Verb.CLASSIFY, team_id=team_id)
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        if form.is_valid():
            try:
                return _assign(request, api, form)
            except InventoryRefused as refusal:
                form.add_error(None, str(refusal))
                if isinstance(refusal, InventoryChanged):
                    status = HTTPStatus.CONFLICT
                api = found(request, code)
    context = {
        "head": head_of(api),
        "people": people_of(principal=request.principal, api=api, may_assign=may_assign),
        "roles": (
            (Person.OWNER.value, "Owner", str(api.owner or ""), api.owner.email if api.owner else ""),
            (Person.DEPUTY.value, "Deputy", str(api.deputy or ""), api.deputy.email if api.deputy else ""),
        ),
        "form": form,
        "owner_email": api.owner.email if api.owner else "",
        "may_assign": may_assign,
        "assigners": roles_that_may(Verb.CLASSIFY),
    }
    return render(request, "posture/api_people.html", context, status=status)


def _assign(request: Request, api: Api, form: PeopleForm) -> HttpResponse:
    told, now = form.cleaned_data, timezone.now()
    if told["what"] == "team":
        return _hand_over(request, api, form)
    user = person_in_sight(request.principal, told["value"]) if told["value"] else None
    if told["value"] and user is None:
        msg = f"Nobody whom you may name has the address {told['value']}; choose one of the list."
        raise InventoryRefused(msg)
    role = Person(told["what"])
    changed = assign_person(
        api=api, role=role, user=user, principal=request.principal, now=now, reason=told["reason"], stood=told["stood"]
    )
    said = f"{user or 'Nobody'} is now the {role} of {api.name}." if changed else "Nothing was changed."
    messages.success(request, said)
    return redirect("posture:api-people", api.code)


def _hand_over(request: Request, api: Api, form: PeopleForm) -> HttpResponse:
    told, principal = form.cleaned_data, request.principal
    team = teams_in_sight(principal).filter(slug=told["value"]).first() if told["value"] else None
    if told["value"] and team is None:
        msg = "There is no such team in sight; choose one of the list."
        raise InventoryRefused(msg)
    changed = assign_team(
        api=api, team=team, principal=principal, now=timezone.now(), reason=told["reason"], stood=told["stood"]
    )
    if not Api.objects.visible_to(principal).filter(pk=api.pk).exists():
        messages.success(request, f"{api.name} now belongs to another team, so you no longer see it.")
        return redirect("posture:apis")
    said = f"{api.name} now belongs to {team or 'no team'}." if changed else "Nothing was changed."
    messages.success(request, said)
    return redirect("posture:api-people", api.code)
