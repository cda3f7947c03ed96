"""Invitations: a one-time link for somebody who is nobody here yet, by mail and from hand to hand."""

import hashlib
import logging
import secrets
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.urls import reverse

from inventory.access.choices import OrganisationRole, TeamRole
from inventory.access.errors import AccessRefused, ChangeRefused, LinkRefused
from inventory.access.models import Invitation, Team, User
from inventory.access.records import Principal
from inventory.access.rights import Verb, require
from inventory.access.selectors import principal_of
from inventory.access.services.people import add_member, create_person, grant_organisation_role
from inventory.access.services.trail import record_change

log = logging.getLogger(__name__)

LIFE: Final = timedelta(days=7)
REFUSED: Final = "This link is wrong, used, withdrawn or older than 7 days."


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited:
    """An invitation just sent. `link` opens the door once and is kept nowhere; `mailed` tells whether it was mailed."""

    invitation: Invitation
    link: str = field(repr=False)
    mailed: bool


def invite(  # noqa: PLR0913 -- who is invited to what, by name
    *,
    email: str,
    name: str,
    principal: Principal,
    now: datetime,
    roles: Collection[OrganisationRole] = (),
    team: Team | None = None,
    team_role: TeamRole = TeamRole.MEMBER,
) -> Invited:
    """Invite somebody, with the roles they will have, and mail the link if there is a way out for mail.

    Raises AccessRefused, and ChangeRefused for somebody who is here or is invited already.
    """
    require(principal, Verb.MANAGE_PEOPLE, team_id=None)
    if principal.user_id is None:
        msg = "An invitation comes from a person; sign in to send it."
        raise ChangeRefused(msg)
    address, token = email.strip().lower(), secrets.token_urlsafe(32)
    with transaction.atomic():
        if User.objects.filter(email=address).exists():
            msg = f"Somebody with the e-mail address {address} is here already; change their roles instead."
            raise ChangeRefused(msg)
        Invitation.objects.filter(email=address, used_at=None, withdrawn_at=None, expires_at__lte=now).update(
            withdrawn_at=now
        )
        invitation = Invitation(
            digest=_digest(token), email=address, name=name, roles=sorted(roles), team=team,
            team_role=team_role if team else "", invited_by_id=principal.user_id, created_at=now, sent_at=now,
            expires_at=now + LIFE,
        )  # fmt: skip
        try:
            with transaction.atomic():
                invitation.save(force_insert=True)
        except IntegrityError as error:
            msg = f"{address} is invited already; send that invitation again, or withdraw it."
            raise ChangeRefused(msg) from error
        _record(invitation, "invite", None, _told(invitation), principal, now)
    return _sent(invitation, token)


def send_again(*, invitation: Invitation, principal: Principal, now: datetime) -> Invited:
    """Make a new link, good from now on, which ends the one before. Raises AccessRefused, ChangeRefused."""
    require(principal, Verb.MANAGE_PEOPLE, team_id=None)
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        held = _open(invitation)
        held.digest, held.sent_at, held.expires_at = _digest(token), now, now + LIFE
        held.invited_by_id = principal.user_id or held.invited_by_id
        held.save(update_fields=["digest", "sent_at", "expires_at", "invited_by"])
        _record(held, "invite again", None, _told(held), principal, now)
    return _sent(held, token)


@transaction.atomic
def withdraw(*, invitation: Invitation, principal: Principal, now: datetime) -> None:
    """End an invitation. Raises AccessRefused, and ChangeRefused for one that was taken up or withdrawn."""
    require(principal, Verb.MANAGE_PEOPLE, team_id=None)
    held = _open(invitation)
    held.withdrawn_at = now
    held.save(update_fields=["withdrawn_at"])
    _record(held, "withdraw invitation", _told(held), None, principal, now)


def find_invitation(*, token: str, now: datetime) -> Invitation:
    """Return the invitation that a link opens now. Raises LinkRefused."""
    good = Invitation.objects.filter(digest=_digest(token), used_at=None, withdrawn_at=None, expires_at__gt=now)
    found = good.select_related("team", "invited_by").first()
    if found is None:
        raise LinkRefused(REFUSED)
    return found


@transaction.atomic
def accept(*, token: str, name: str, password: str, zone: str, now: datetime) -> User:
    """Store the person an invitation is for, with its roles, and end its link. Of two at once exactly one succeeds.

    It counts as done by who invited, so it takes their right at this moment. Raises LinkRefused.
    """
    found = find_invitation(token=token, now=now)
    held = Invitation.objects.select_for_update(of=("self",)).select_related("team", "invited_by").get(pk=found.pk)
    if held.used_at is not None or held.withdrawn_at is not None or held.digest != _digest(token):
        raise LinkRefused(REFUSED)
    host = principal_of(held.invited_by, now=now)
    try:
        user = create_person(email=held.email, name=name, password=password, zone=zone, principal=host, now=now)
        for role in held.roles:
            grant_organisation_role(user=user, role=OrganisationRole(role), principal=host, now=now)
        if held.team is not None:
            add_member(user=user, team=held.team, role=TeamRole(held.team_role), principal=host, now=now)
    except AccessRefused as error:
        msg = "Whoever invited you may no longer invite people."
        raise LinkRefused(msg) from error
    except ChangeRefused as error:
        raise LinkRefused(REFUSED) from error
    held.used_at = now
    held.save(update_fields=["used_at"])
    _record(held, "accept invitation", None, None, principal_of(user, now=now), now)
    return user


def _open(invitation: Invitation) -> Invitation:
    held = Invitation.objects.select_for_update(of=("self",)).select_related("team", "invited_by").get(pk=invitation.pk)
    if held.used_at is not None or held.withdrawn_at is not None:
        msg = f"The invitation of {held.email} was taken up or withdrawn meanwhile."
        raise ChangeRefused(msg)
    return held


def _sent(invitation: Invitation, token: str) -> Invited:
    link = settings.BASE_URL + reverse("access:join", args=[token])
    return Invited(invitation=invitation, link=link, mailed=_mail(invitation, link))


def _mail(invitation: Invitation, link: str) -> bool:
    """Mail the link and return whether that worked; without mail the administrator hands it over."""
    if not settings.SENDS_MAIL:
        return False
    told = {"invitation": invitation, "link": link, "organisation": settings.ORGANISATION_NAME}
    message = EmailMessage(
        subject=f"Your account in Posture ({settings.ORGANISATION_NAME})",
        body=render_to_string("access/mail/invitation.txt", told),
        to=[invitation.email],
    )
    try:
        return message.send() == 1
    except OSError as error:
        log.warning("An invitation was not mailed: %s", type(error).__name__)
        return False


def _told(invitation: Invitation) -> dict[str, object]:
    team = {"team": invitation.team.slug, "as": invitation.team_role} if invitation.team else {}
    return {"name": invitation.name, "roles": list(invitation.roles), **team}


def _record(invitation: Invitation, verb: str, old: object, new: object, principal: Principal, now: datetime) -> None:
    record_change(principal=principal, kind="person", code=invitation.email, verb=verb, old=old, new=new, now=now)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
