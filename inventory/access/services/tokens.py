"""Tokens for programs: made once and shown once, looked up by their digest, revoked."""

import hashlib
import hmac
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q

from inventory.access.choices import PrincipalKind
from inventory.access.errors import ChangeRefused, TokenRefused
from inventory.access.models import Team, Token, User
from inventory.access.records import AGAIN, Principal
from inventory.access.rights import SCOPED_VERBS, Verb, require
from inventory.access.selectors import principal_of
from inventory.access.services.trail import record_change

MARK: Final = "posture_"
"""How every token begins, so that people and scanners of secrets know one when they see it."""
SECRET_BYTES: Final = 32
SHOWN: Final = len(MARK) + 6
LONGEST_DAYS: Final = 366
USE_WRITTEN_EVERY: Final = timedelta(minutes=1)
DEFAULT_SCOPES: Final = (Verb.SEE.value, Verb.UPLOAD.value, Verb.EXPORT.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewToken:
    """A token just made. `secret` is what opens the door; it is kept nowhere, so this is the one time it is known."""

    token: Token
    secret: str


@transaction.atomic
def create_token(  # noqa: PLR0913 -- what a token is, by name
    *,
    user: User,
    name: str,
    days: int,
    principal: Principal,
    now: datetime,
    scopes: Collection[str] = DEFAULT_SCOPES,
    team: Team | None = None,
) -> NewToken:
    """Make a token that acts for a person within scopes for some days, in one team if one is named.

    People make their own; Posture itself (a command) makes one for anybody. Raises AccessRefused for anybody else, and
    ChangeRefused for a person, scope, team or time that cannot be, and for what a person sends twice.
    """
    own = principal.kind == PrincipalKind.USER and principal.user_id == user.pk
    if not own and principal.kind != PrincipalKind.SYSTEM:
        require(principal, Verb.MANAGE_PEOPLE, team_id=None)
    scopes = sorted(set(scopes))
    _check(user, scopes, days, team, now)
    name = name[:120] or f"Token of {now:%Y-%m-%d}"
    if own:
        _refuse_a_second(user, name, now)
    secret = MARK + secrets.token_urlsafe(SECRET_BYTES)
    token = Token.objects.create(
        user=user,
        name=name,
        digest=_digest(secret),
        prefix=secret[:SHOWN],
        scopes=scopes,
        team=team,
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    record_change(
        principal=principal, kind="token", code=token.prefix, verb="create", old=None, new=_told(token), now=now
    )
    return NewToken(token=token, secret=secret)


@transaction.atomic
def revoke_token(*, token: Token, principal: Principal, now: datetime) -> bool:
    """End a token at once and return whether it still lived. Raises AccessRefused for somebody else's."""
    if principal.kind != PrincipalKind.USER or principal.user_id != token.user_id:
        require(principal, Verb.MANAGE_PEOPLE, team_id=None)
    if not Token.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=now):
        return False
    record_change(
        principal=principal, kind="token", code=token.prefix, verb="revoke", old=_told(token), new=None, now=now
    )
    return True


def find_token(*, secret: str, now: datetime) -> Token:
    """Return the live token with this secret, its person loaded, and note its use, at most once a minute.

    The look-up is by digest, so that how long it takes tells nothing of a secret. Raises TokenRefused with the reason,
    which only somebody who holds the token gets to know.
    """
    digest = _digest(secret)
    token = Token.objects.select_related("user").filter(digest=digest).first()
    if token is None or not hmac.compare_digest(token.digest, digest):
        msg = "This token is not known here; make one with `manage.py create_token`."
        raise TokenRefused(msg)
    if token.revoked_at is not None:
        msg = f"This token was revoked on {token.revoked_at:%Y-%m-%d}; make another one."
        raise TokenRefused(msg)
    if token.expires_at <= now:
        msg = f"This token expired on {token.expires_at:%Y-%m-%d}; make another one."
        raise TokenRefused(msg)
    if not token.user.is_active:
        msg = "The account this token acts for is closed."
        raise TokenRefused(msg)
    if token.last_used_at is None or token.last_used_at <= now - USE_WRITTEN_EVERY:
        due = Q(last_used_at=None) | Q(last_used_at__lte=now - USE_WRITTEN_EVERY)
        Token.objects.filter(due, pk=token.pk).update(last_used_at=now)
    return token


def _refuse_a_second(user: User, name: str, now: datetime) -> None:
    """Refuse the form that is sent twice: nobody keeps the secret of the first, so it cannot be shown again."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)  # of two at once the second sees the first
    if Token.objects.filter(user=user, name=name, revoked_at=None, created_at__gt=now - AGAIN).exists():
        msg = (
            f"The token “{name}” was made a moment ago, and its secret was shown then. If you did not get it, revoke "
            "that token and make another one."
        )
        raise ChangeRefused(msg)


def _check(user: User, scopes: list[str], days: int, team: Team | None, now: datetime) -> None:
    if not user.is_active:
        msg = f"The account of {user.email} is closed; a token acts for somebody who may sign in."
        raise ChangeRefused(msg)
    unknown = [scope for scope in scopes if scope not in SCOPED_VERBS]
    if unknown or not scopes:
        what = f"“{unknown[0]}” is no scope" if unknown else "A token needs a scope"
        msg = f"{what}; the scopes are {', '.join(sorted(SCOPED_VERBS))}."
        raise ChangeRefused(msg)
    if not 1 <= days <= LONGEST_DAYS:
        msg = f"A token lives for 1 to {LONGEST_DAYS} days, not {days}."
        raise ChangeRefused(msg)
    person = principal_of(user, now=now)
    if team is not None and not person.sees_all and team.pk not in person.team_ids:
        msg = f"{user.email} is not in the team {team.slug}, so a token of theirs cannot be bound to it."
        raise ChangeRefused(msg)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _told(token: Token) -> dict[str, object]:
    """Return what the trail keeps of a token: all but what opens the door."""
    return {
        "name": token.name,
        "for": token.user.email,
        "scopes": token.scopes,
        "team": token.team.slug if token.team else None,
        "expires_at": token.expires_at,
    }
