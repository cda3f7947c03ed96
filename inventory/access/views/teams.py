"""The pages of teams: which there are, and who is in one as what."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from inventory.access.directory import PEOPLE, TeamFilter, held_by, members_of, number_of, teams_page
from inventory.access.errors import ChangeRefused
from inventory.access.forms.people import MemberForm, TeamForm
from inventory.access.http import Request
from inventory.access.models import Team
from inventory.access.records import Principal
from inventory.access.rights import Verb, may, refused, require
from inventory.access.routes import Scope, route
from inventory.access.selectors import teams_in_sight
from inventory.access.services.people import add_member, create_team, member_named, remove_member
from inventory.access.services.teams import rename_team
from inventory.access.views.lists import answer_list, place


@route(Scope.TEAM)
@require_http_methods(["GET", "HEAD", "POST"])
def teams(request: Request) -> HttpResponse:
    """List the teams in sight, and make one."""
    may_make = may(request.principal, Verb.MANAGE_PEOPLE, team_id=None)
    if request.method == "POST" and not may_make:
        raise refused(Verb.MANAGE_PEOPLE)
    form = TeamForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            team = create_team(name=form.cleaned_data["name"], principal=request.principal, now=timezone.now())
        except ChangeRefused as refusal:
            form.add_error("name", str(refusal))
        else:
            messages.success(request, f"{team.name} is there. Add its owner.")
            return redirect("access:team", team.slug)
    narrowed = TeamFilter(request.GET)
    context = {
        "page": teams_page(principal=request.principal, narrowed=narrowed, **place(request)),
        "new": form if may_make else None,
    }
    response = answer_list(
        request, narrowed, page="access/teams.html", fragment="access/_team_table.html", context=context
    )
    response.status_code = 422 if form.errors else 200
    return response


@route(Scope.TEAM)
@require_http_methods(["GET", "HEAD"])
def team(request: Request, slug: str) -> HttpResponse:
    """Show a team: what it holds, who is in it."""
    return _shown(request, _team(request, slug))


@route(Scope.TEAM, Verb.MANAGE_MEMBERS)
@require_POST
def member_set(request: Request, slug: str) -> HttpResponse:
    """Add somebody to a team, or make a member an owner and back."""
    found = _team(request, slug)
    _require_members(request.principal, found)
    form = MemberForm(request.POST)
    if form.is_valid():
        try:
            user = member_named(email=form.cleaned_data["email"], team=found, principal=request.principal)
            role = form.cleaned_data["role"]
            add_member(user=user, team=found, role=role, principal=request.principal, now=timezone.now())
        except ChangeRefused as refusal:
            form.add_error("email", str(refusal))
        else:
            messages.success(request, f"{user} is {role.label.lower()} of {found.name}.")
            return redirect("access:team", found.slug)
    return _shown(request, found, members_form=form)


@route(Scope.TEAM, Verb.MANAGE_MEMBERS)
@require_POST
def member_remove(request: Request, slug: str, code: str) -> HttpResponse:
    """Take somebody out of a team."""
    found = _team(request, slug)
    _require_members(request.principal, found)
    row = get_object_or_404(found.memberships.select_related("user"), user_id=number_of(code, PEOPLE))
    try:
        remove_member(user=row.user, team=found, principal=request.principal, now=timezone.now())
    except ChangeRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"{row.user} is no longer in {found.name}.")
    # Somebody who leaves the only team they were in sees it no more.
    still = row.user_id != request.principal.user_id or request.principal.sees_all
    return redirect("access:team", found.slug) if still else redirect("access:teams")


@route(Scope.TEAM, Verb.MANAGE_PEOPLE)
@require_POST
def team_rename(request: Request, slug: str) -> HttpResponse:
    """Give a team another name; its address stays."""
    found = _team(request, slug)
    require(request.principal, Verb.MANAGE_PEOPLE, team_id=None)
    form = TeamForm(request.POST)
    if not form.is_valid():
        return _shown(request, found, rename=form)
    name = form.cleaned_data["name"]
    if rename_team(team=found, name=name, principal=request.principal, now=timezone.now()):
        messages.success(request, f"The team is called {name} now.")
    return redirect("access:team", found.slug)


def _team(request: Request, slug: str) -> Team:
    return get_object_or_404(teams_in_sight(request.principal), slug=slug)


def _require_members(principal: Principal, team: Team) -> None:
    if not may(principal, Verb.MANAGE_MEMBERS, team_id=team.pk):
        raise refused(Verb.MANAGE_MEMBERS)


def _shown(request: Request, team: Team, **forms: Any) -> HttpResponse:
    principal = request.principal
    may_rename = may(principal, Verb.MANAGE_PEOPLE, team_id=None)
    context = {
        "team": team,
        "members": members_of(team),
        "apis": held_by([team.pk]).get(team.pk, 0),
        "may_set": may(principal, Verb.MANAGE_MEMBERS, team_id=team.pk),
        "may_rename": may_rename,
        "members_form": forms.get("members_form", MemberForm()),
        "rename": forms.get("rename", TeamForm(initial={"name": team.name})),
    }
    return render(request, "access/team.html", context, status=422 if forms else 200)
