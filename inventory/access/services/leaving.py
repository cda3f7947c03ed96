"""Leaving: an account is closed, nothing it opened stays open, and what it answered for is handed on in the open."""

from datetime import datetime

from django.db import transaction

from inventory.access.belongings import floors
from inventory.access.errors import ChangeRefused
from inventory.access.models import Membership, OrganisationRoleGrant, Token, User
from inventory.access.records import Principal
from inventory.access.rights import Verb, require
from inventory.access.services.people import keep_one_administrator
from inventory.access.services.sessions import end_other_sessions
from inventory.access.services.tokens import revoke_token
from inventory.access.services.trail import record_change


@transaction.atomic
def close_account(
    *, user: User, successor: User | None, leave_unowned: bool, principal: Principal, now: datetime
) -> None:
    """Close somebody's account: sessions and tokens end, roles and memberships go, what they answer for is handed on.

    The rows that name them stay. Raises AccessRefused, and ChangeRefused for oneself, for the last administrator, and
    where they answer for something and neither a successor is named nor `leave_unowned` says that nobody is.
    """
    require(principal, Verb.MANAGE_PEOPLE, team_id=None)
    concerned = [user.pk, *([successor.pk] if successor else [])]
    rows = {row.pk: row for row in User.objects.select_for_update().filter(pk__in=concerned).order_by("pk")}
    held, successor = rows[user.pk], rows[successor.pk] if successor else None
    if not held.is_active:
        return
    _check(held, successor, principal)
    if successor is None and not leave_unowned and any(floor.of_person(held.pk) for floor in floors()):
        msg = f"{held} answers for what is listed here. Name a successor, or say that nobody takes it over."
        raise ChangeRefused(msg)
    for floor in floors():
        floor.hand_over(leaver=held, successor=successor, principal=principal, now=now)
    for token in Token.objects.filter(user=held, revoked_at=None).select_related("user", "team").order_by("pk"):
        revoke_token(token=token, principal=principal, now=now)
    end_other_sessions(user=held, but="", principal=principal, now=now)
    old = _give_up(held)
    held.is_active = False
    held.save(update_fields=["is_active"])
    new = {"successor": successor.email if successor else None}
    record_change(principal=principal, kind="person", code=held.email, verb="close account", old=old, new=new, now=now)


@transaction.atomic
def open_account(*, user: User, principal: Principal, now: datetime) -> None:
    """Open a closed account again, without any of the roles it had. Raises AccessRefused."""
    require(principal, Verb.MANAGE_PEOPLE, team_id=None)
    if User.objects.filter(pk=user.pk, is_active=False).update(is_active=True):
        record_change(
            principal=principal, kind="person", code=user.email, verb="open account", old=None, new=None, now=now
        )


def _check(leaving: User, successor: User | None, principal: Principal) -> None:
    if leaving.pk == principal.user_id:
        msg = "Nobody closes their own account; ask another administrator."
        raise ChangeRefused(msg)
    if successor is not None and (successor.pk == leaving.pk or not successor.is_active):
        msg = "A successor is somebody else whose account is open."
        raise ChangeRefused(msg)
    keep_one_administrator(leaving)


def _give_up(user: User) -> dict[str, list[str]]:
    """Take all roles and memberships away and return what they were."""
    grants = OrganisationRoleGrant.objects.filter(user=user).order_by("role")
    memberships = Membership.objects.filter(user=user).select_related("team").order_by("team__slug")
    old = {
        "roles": [grant.role for grant in grants],
        "teams": [f"{row.team.slug} ({row.role})" for row in memberships],
    }
    grants.delete()
    memberships.delete()
    return old
