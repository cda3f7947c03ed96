"""Invitations: sent, sent again and withdrawn by an administrator; taken up by whoever has the link."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from inventory.access.directory import INVITATIONS, code_of, number_of, open_invitations
from inventory.access.errors import ChangeRefused, LinkRefused
from inventory.access.forms.people import InvitationForm
from inventory.access.forms.welcome import JoinForm
from inventory.access.http import PublicRequest, Request
from inventory.access.models import Invitation
from inventory.access.recent import fresh_sign_in
from inventory.access.rights import Verb
from inventory.access.routes import Scope, route
from inventory.access.selectors import teams_in_sight
from inventory.access.services.invitations import accept, find_invitation, invite, send_again, withdraw
from inventory.access.services.sessions import enter

MOST = 200
"""Open invitations that are listed; there are few, as each ends after days."""


@route(Scope.ORGANISATION, Verb.MANAGE_PEOPLE)
@require_safe
def invitations(request: Request) -> HttpResponse:
    """Show who is invited."""
    rows = [(row, code_of(row.pk, INVITATIONS)) for row in open_invitations(request.principal)[:MOST]]
    return render(request, "access/invitations.html", {"rows": rows, "most": MOST})


@route(Scope.ORGANISATION, Verb.MANAGE_PEOPLE)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@fresh_sign_in
def invitation_new(request: Request) -> HttpResponse:
    """Invite somebody; the link is shown this once."""
    teams = list(teams_in_sight(request.principal).order_by("name"))
    choices = [(team.slug, team.name) for team in teams]
    form = InvitationForm(request.POST if request.method == "POST" else None, teams=choices)
    if request.method != "POST" or not form.is_valid():
        return render(request, "access/invitation_new.html", {"form": form}, status=422 if form.errors else 200)
    said = form.cleaned_data
    try:
        invited = invite(
            email=said["email"],
            name=said["name"],
            roles=said["roles"],
            team=next((team for team in teams if team.slug == said["team"]), None),
            team_role=said["team_role"],
            principal=request.principal,
            now=timezone.now(),
        )
    except ChangeRefused as refusal:
        form.add_error("email", str(refusal))
        return render(request, "access/invitation_new.html", {"form": form}, status=422)
    return render(request, "access/invitation_sent.html", {"invited": invited})


@route(Scope.ORGANISATION, Verb.MANAGE_PEOPLE)
@require_POST
@never_cache
@fresh_sign_in
def invitation_again(request: Request, code: str) -> HttpResponse:
    """Make a new link for an invitation, mail it and show it this once; the old link ends."""
    found = _open(request, code)
    try:
        invited = send_again(invitation=found, principal=request.principal, now=timezone.now())
    except ChangeRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("access:invitations")
    return render(request, "access/invitation_sent.html", {"invited": invited})


@route(Scope.ORGANISATION, Verb.MANAGE_PEOPLE)
@require_POST
def invitation_withdraw(request: Request, code: str) -> HttpResponse:
    """End an invitation before it is taken up."""
    found = _open(request, code)
    try:
        withdraw(invitation=found, principal=request.principal, now=timezone.now())
    except ChangeRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"The invitation of {found.email} is withdrawn.")
    return redirect("access:invitations")


@route(Scope.PUBLIC)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@sensitive_post_parameters("password")
@sensitive_variables("token")
def join(request: PublicRequest, token: str) -> HttpResponse:
    """Take an invitation up: choose a name and a password, and be signed in."""
    now = timezone.now()
    try:
        invitation = find_invitation(token=token, now=now)
        initial = {"name": invitation.name, "zone": "UTC"}
        form = JoinForm(request.POST or None, initial=initial, email=invitation.email)
        if not form.is_valid():
            # Never an error status: those are logged with the address, and the address still opens the door.
            return render(request, "access/join.html", {"form": form, "invitation": invitation})
        user = accept(token=token, **form.cleaned_data, now=now)
    except LinkRefused as refusal:
        return render(request, "access/invitation_refused.html", {"sentence": str(refusal)}, status=404)
    enter(request, user, now=now)
    return redirect("/")


def _open(request: Request, code: str) -> Invitation:
    found = open_invitations(request.principal).filter(pk=number_of(code, INVITATIONS)).first()
    if found is None:
        raise Http404
    return found
