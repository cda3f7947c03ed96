"""Second factors: authenticator apps, passkeys, recovery codes; each change written to the trail."""

from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, validate_totp_code
from allauth.mfa.webauthn.internal.auth import WebAuthn
from django.db import transaction

from inventory.access.errors import ChangeRefused
from inventory.access.models import FactorRule, User
from inventory.access.records import Principal
from inventory.access.rights import COLUMNS, Verb, require
from inventory.access.selectors import FACTORS, principal_of
from inventory.access.services.trail import record_change

NAMES = {
    Authenticator.Type.TOTP: "authenticator app",
    Authenticator.Type.WEBAUTHN: "passkey",
    Authenticator.Type.RECOVERY_CODES: "recovery codes",
}


@transaction.atomic
def add_app(*, user: User, secret: str, code: str, principal: Principal, now: datetime) -> bool:
    """Make an authenticator app a second factor once a code of it fits; return whether recovery codes were made too.

    Raises AccessRefused, and ChangeRefused when the code does not fit or there is an app already.
    """
    _own(user, principal)
    _lock(user)
    if Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists():
        msg = "There is an authenticator app already; remove it first."
        raise ChangeRefused(msg)
    if not validate_totp_code(secret, code.strip()):
        msg = "This code does not fit. Check that the clock of the phone is right, and take the code shown now."
        raise ChangeRefused(msg)
    _record(principal, user, "add factor", None, _told(TOTP.activate(user, secret).instance), now)
    return _ensure_codes(user, principal, now)


@transaction.atomic
def add_passkey(*, user: User, name: str, credential: dict[str, Any], principal: Principal, now: datetime) -> bool:
    """Store a passkey that was verified; return whether recovery codes were made too. Raises AccessRefused."""
    _own(user, principal)
    _lock(user)
    count = Authenticator.objects.filter(user=user, type=Authenticator.Type.WEBAUTHN).count()
    added = WebAuthn.add(user, name.strip() or f"Passkey {count + 1}", credential).instance
    _record(principal, user, "add factor", None, _told(added), now)
    return _ensure_codes(user, principal, now)


@transaction.atomic
def remove_factor(*, user: User, number: int, principal: Principal, now: datetime) -> bool:
    """Take an app or a passkey away and return whether it was there; recovery codes go with the last one.

    Raises AccessRefused, and ChangeRefused where a role of the person asks for the last one.
    """
    _own(user, principal)
    _lock(user)
    factors = list(Authenticator.objects.filter(user=user, type__in=FACTORS))
    factor = next((factor for factor in factors if factor.pk == number), None)
    if factor is None:
        return False
    if len(factors) == 1:
        _refuse_where_asked(user, now)
        Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).delete()
    factor.delete()
    _record(principal, user, "remove factor", _told(factor), None, now)
    return True


@transaction.atomic
def make_recovery_codes(*, user: User, principal: Principal, now: datetime) -> None:
    """Replace the recovery codes, which ends the old ones. Raises AccessRefused, and ChangeRefused without a factor."""
    _own(user, principal)
    _lock(user)
    if not Authenticator.objects.filter(user=user, type__in=FACTORS).exists():
        msg = "Recovery codes stand in for a second factor; set one up first."
        raise ChangeRefused(msg)
    Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).delete()
    RecoveryCodes.activate(user)
    _record(principal, user, "make recovery codes", None, None, now)


@transaction.atomic
def reset_factors(*, user: User, principal: Principal, now: datetime) -> int:
    """Take all factors of somebody who lost them, and return how many there were; they sign in by password again.

    Raises AccessRefused: an administrator does this for somebody else, nobody for themselves.
    """
    require(principal, Verb.MANAGE_PEOPLE, team_id=None)
    if principal.user_id == user.pk:
        msg = "Nobody resets their own factors; remove them on the page of your security, or ask another administrator."
        raise ChangeRefused(msg)
    _lock(user)
    factors = list(Authenticator.objects.filter(user=user))
    Authenticator.objects.filter(user=user).delete()
    if factors:
        _record(principal, user, "reset factors", [_told(factor) for factor in factors], None, now)
    return len(factors)


@transaction.atomic
def set_factor_rules(*, roles: set[str], principal: Principal, now: datetime) -> None:
    """Say which roles sign in with a second factor. Raises AccessRefused, and ChangeRefused for what is no role."""
    require(principal, Verb.MANAGE_PEOPLE, team_id=None)
    if unknown := roles - {role.value for role in COLUMNS}:
        msg = f"“{min(unknown)}” is no role."
        raise ChangeRefused(msg)
    old = sorted(FactorRule.objects.select_for_update().values_list("role", flat=True))
    if set(old) == roles:
        return
    FactorRule.objects.exclude(role__in=roles).delete()
    FactorRule.objects.bulk_create([FactorRule(role=role) for role in sorted(roles)], ignore_conflicts=True)
    record_change(
        principal=principal, kind="policy", code="second factor", verb="set", old=old, new=sorted(roles), now=now
    )


def _ensure_codes(user: User, principal: Principal, now: datetime) -> bool:
    if Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).exists():
        return False
    RecoveryCodes.activate(user)
    _record(principal, user, "make recovery codes", None, None, now)
    return True


def _refuse_where_asked(user: User, now: datetime) -> None:
    person = principal_of(user, now=now)
    own = {*person.organisation_roles, *(role for _, role in person.team_roles)}
    if asked := sorted(set(FactorRule.objects.values_list("role", flat=True)) & own):
        labels = ", ".join(str(role.label) for role in COLUMNS if role in asked)
        msg = f"The role {labels} asks for a second factor. Add another one before you remove this one."
        raise ChangeRefused(msg)


def _own(user: User, principal: Principal) -> None:
    """Refuse to touch somebody else's factors: who adds one to an account can sign in as that person."""
    if principal.user_id != user.pk or principal.token_id is not None:
        require(principal, Verb.MANAGE_PEOPLE, team_id=None)
        msg = f"Only {user} sets up their own sign-in."
        raise ChangeRefused(msg)


def _lock(user: User) -> None:
    """Let one change at a time pass, so that of two at once the second sees what the first did."""
    User.objects.select_for_update().get(pk=user.pk)


def _told(factor: Authenticator) -> dict[str, str]:
    """Return what the trail keeps of a factor: what it is, never what it is made of."""
    kind = NAMES[Authenticator.Type(factor.type)]
    name = factor.data.get("name", "") if factor.type == Authenticator.Type.WEBAUTHN else ""
    return {"kind": kind, "name": name} if name else {"kind": kind}


def _record(principal: Principal, user: User, verb: str, old: Any, new: Any, now: datetime) -> None:
    record_change(principal=principal, kind="person", code=user.email, verb=verb, old=old, new=new, now=now)
