"""The pages of people: who there is, what each may, who is invited, and leaving."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from inventory.access.choices import OrganisationRole
from inventory.access.directory import (
    TOKENS,
    PeopleFilter,
    PersonRow,
    answers_of,
    code_of,
    live_tokens_of,
    number_of,
    open_invitations,
    people_page,
    person_row,
    sessions_of,
)
from inventory.access.errors import ChangeRefused
from inventory.access.forms.people import LeavingForm, RoleForm
from inventory.access.http import Request
from inventory.access.recent import fresh_sign_in
from inventory.access.rights import Verb
from inventory.access.routes import Scope, route
from inventory.access.selectors import person_in_sight, teams_in_sight
from inventory.access.services.leaving import close_account, open_account
from inventory.access.services.people import grant_organisation_role, revoke_organisation_role
from inventory.access.services.tokens import revoke_token
from inventory.access.views.lists import answer_list, place


@route(Scope.ORGANISATION, Verb.MANAGE_PEOPLE)
@require_safe
def people(request: Request) -> HttpResponse:
    """List everybody, and who is invited."""
    teams = [(team.slug, team.name) for team in teams_in_sight(request.principal).order_by("name")]
    narrowed, now = PeopleFilter(request.GET, teams=teams), timezone.now()
    context = {
        "page": people_page(principal=request.principal, narrowed=narrowed, now=now, **place(request)),
        "invitations": open_invitations(request.principal).count(),
    }
    return answer_list(
        request, narrowed, page="access/people.html", fragment="access/_people_table.html", context=context
    )


@route(Scope.ORGANISATION, Verb.MANAGE_PEOPLE)
@require_safe
def person(request: Request, code: str) -> HttpResponse:
    """Show somebody: roles, teams, what they answer for, and what they can sign in with."""
    return _shown(request, _person(request, code))


@route(Scope.ORGANISATION, Verb.MANAGE_PEOPLE)
@require_POST
@fresh_sign_in
def role_grant(request: Request, code: str) -> HttpResponse:
    """Give somebody a role for the whole organisation, or another end to one they have."""
    row, form = _person(request, code), RoleForm(request.POST)
    if form.is_valid():
        role = form.cleaned_data["role"]
        try:
            grant_organisation_role(
                user=row.user, role=role, until=form.end(), principal=request.principal, now=timezone.now()
            )
        except ChangeRefused as refusal:
            form.add_error("until", str(refusal))
        else:
            messages.success(request, f"{row.user} is {role.label.lower()}.")
            return redirect("access:person", code)
    return _shown(request, row, role_form=form)


@route(Scope.ORGANISATION, Verb.MANAGE_PEOPLE)
@require_POST
@fresh_sign_in
def role_revoke(request: Request, code: str, role: str) -> HttpResponse:
    """Take a role away from somebody."""
    row = _person(request, code)
    if role not in OrganisationRole.values:
        raise Http404
    taken = OrganisationRole(role)
    try:
        revoke_organisation_role(user=row.user, role=taken, principal=request.principal, now=timezone.now())
    except ChangeRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"{row.user} is no longer {taken.label.lower()}.")
    own = row.user.pk == request.principal.user_id and taken == OrganisationRole.ADMINISTRATOR
    return redirect("/") if own else redirect("access:person", code)


@route(Scope.ORGANISATION, Verb.MANAGE_PEOPLE)
@require_POST
@fresh_sign_in
def person_token_revoke(request: Request, code: str, token: str) -> HttpResponse:
    """End a token of somebody."""
    row = _person(request, code)
    found = live_tokens_of(row.user, now=timezone.now()).filter(pk=number_of(token, TOKENS)).first()
    if found is None:
        raise Http404
    revoke_token(token=found, principal=request.principal, now=timezone.now())
    messages.success(request, f"The token {found.name} is revoked.")
    return redirect("access:person", code)


@route(Scope.ORGANISATION, Verb.MANAGE_PEOPLE)
@require_http_methods(["GET", "HEAD", "POST"])
@fresh_sign_in
def person_leave(request: Request, code: str) -> HttpResponse:
    """Show what somebody answers for, ask who takes it over, and close the account."""
    row = _person(request, code)
    if not row.user.is_active:
        return redirect("access:person", code)
    form = LeavingForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        email, successor = form.cleaned_data["successor"], None
        if email:
            successor = person_in_sight(request.principal, email)
        if email and successor is None:
            form.add_error("successor", f"Nobody with an open account has the e-mail address {email}.")
        else:
            try:
                close_account(
                    user=row.user, successor=successor, leave_unowned=form.cleaned_data["nobody"],
                    principal=request.principal, now=timezone.now(),
                )  # fmt: skip
            except ChangeRefused as refusal:
                form.add_error("successor", str(refusal))
            else:
                messages.success(request, f"The account of {row.user} is closed.")
                return redirect("access:person", code)
    context = {"row": row, "form": form, "answers": answers_of(row.user), **_doors(row)}
    return render(request, "access/person_leave.html", context, status=422 if form.errors else 200)


@route(Scope.ORGANISATION, Verb.MANAGE_PEOPLE)
@require_POST
@fresh_sign_in
def person_return(request: Request, code: str) -> HttpResponse:
    """Open a closed account again; its roles are given anew."""
    row = _person(request, code)
    open_account(user=row.user, principal=request.principal, now=timezone.now())
    messages.success(request, f"The account of {row.user} is open again. Give it its roles and teams.")
    return redirect("access:person", code)


def _person(request: Request, code: str) -> PersonRow:
    row = person_row(principal=request.principal, code=code, now=timezone.now())
    if row is None:
        raise Http404
    return row


def _doors(row: PersonRow) -> dict[str, Any]:
    tokens = [(token, code_of(token.pk, TOKENS)) for token in live_tokens_of(row.user, now=timezone.now())]
    return {"tokens": tokens, "sessions": sessions_of(row.user)}


def _shown(request: Request, row: PersonRow, role_form: RoleForm | None = None) -> HttpResponse:
    context = {
        "row": row,
        "answers": answers_of(row.user),
        "role_form": role_form or RoleForm(),
        "is_self": row.user.pk == request.principal.user_id,
        **_doors(row),
    }
    return render(request, "access/person.html", context, status=422 if role_form else 200)
