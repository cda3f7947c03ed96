"""Sessions: where somebody is signed in, noted as they go about, and ended."""

from datetime import datetime
from typing import Final

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import record_authentication
from allauth.usersessions.models import UserSession
from django.contrib.auth import login
from django.db import DatabaseError, transaction

from inventory.access.away import CLOSED, NO_ROOM, why_away
from inventory.access.http import PublicRequest
from inventory.access.models import User
from inventory.access.records import Principal
from inventory.access.rights import Verb, require
from inventory.access.services.trail import record_change

BACKEND: Final = "allauth.account.auth_backends.AuthenticationBackend"
SEEN: Final = "seen"
NOTED_EVERY: Final = 300
"""Seconds between two notes of one session, so that a page costs no write."""
LONGEST_AGENT: Final = 200


def enter(request: PublicRequest, user: User, *, now: datetime) -> None:
    """Sign in somebody who just set their password behind a link of ours: a proof as fresh as the sign-in page's."""
    record_authentication(request, user, "password")
    login(request, user, backend=BACKEND)
    request.session[SEEN] = 0
    note_activity(request, now=now)


def note_activity(request: PublicRequest, *, now: datetime) -> None:
    """Note where and when a session is used, every five minutes at most.

    Where the database takes no changes, nothing is noted: what stands there can be read all the same.
    """
    moment = int(now.timestamp())
    if moment - request.session.get(SEEN, 0) < NOTED_EVERY or not request.session.session_key:
        return
    try:
        UserSession.objects.update_or_create(
            session_key=request.session.session_key,
            defaults={
                "user_id": request.user.pk,
                "ip": get_adapter().get_client_ip(request),
                "user_agent": request.headers.get("User-Agent", "")[:LONGEST_AGENT],
                "last_seen_at": now,
            },
        )
    except DatabaseError as error:
        if why_away(error) not in {CLOSED, NO_ROOM}:
            raise
    else:
        request.session[SEEN] = moment


@transaction.atomic
def end_session(*, user: User, number: int, but: str, principal: Principal, now: datetime) -> bool:
    """End one session, unless it is the one with the key `but`, and return whether there was one to end.

    Raises AccessRefused for somebody else's.
    """
    _own(user, principal)
    found = UserSession.objects.select_for_update().filter(user=user, pk=number).exclude(session_key=but)
    return _end(list(found), principal, user, now) > 0


@transaction.atomic
def end_other_sessions(*, user: User, but: str, principal: Principal, now: datetime) -> int:
    """End all sessions but the one with this key and return how many. Raises AccessRefused for somebody else's."""
    _own(user, principal)
    others = UserSession.objects.select_for_update().filter(user=user).exclude(session_key=but)
    return _end(list(others), principal, user, now)


def _end(sessions: list[UserSession], principal: Principal, user: User, now: datetime) -> int:
    for session in sessions:
        session.end()
    if sessions:
        old = [{"address": session.ip, "device": session.user_agent} for session in sessions]
        record_change(
            principal=principal, kind="person", code=user.email, verb="end sessions", old=old, new=None, now=now
        )
    return len(sessions)


def _own(user: User, principal: Principal) -> None:
    if principal.user_id != user.pk:
        require(principal, Verb.MANAGE_PEOPLE, team_id=None)
