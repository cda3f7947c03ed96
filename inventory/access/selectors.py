"""Questions about people: who somebody is today."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db.models import Exists, Q, QuerySet, Value

from inventory.access.choices import OrganisationRole, PrincipalKind, TeamRole
from inventory.access.devices import device_of
from inventory.access.models import FactorRule, Membership, OrganisationRoleGrant, Team, Token, User
from inventory.access.records import SYSTEM, Principal
from inventory.access.rights import COLUMNS, SCOPED_VERBS, Verb, may, require
from inventory.access.seals import BrokenSealError

Roles = tuple[frozenset[OrganisationRole], tuple[tuple[int, TeamRole], ...], frozenset[str]]
_NO_ROLES: Final[Roles] = (frozenset(), (), frozenset())
_ORGANISATION: Final = 0
_RULE: Final = -1
"""What stands for a team's number in the rows of `_roles_and_rules`; teams count from 1."""

FACTORS: Final = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
"""What counts as a second factor: recovery codes are only kept for the day it is lost."""


def who_acts(user: User, *, now: datetime) -> tuple[Principal, bool]:
    """Return the person as a principal, and whether a role of theirs asks for a second factor they do not have.

    One query, for every page asks it.
    """
    organisation_roles, team_roles, asked = _roles_and_rules(user.pk, now=now) if user.is_active else _NO_ROLES
    principal = Principal(
        kind=PrincipalKind.USER,
        name=str(user),
        user_id=user.pk,
        organisation_roles=organisation_roles,
        team_roles=team_roles,
    )
    return principal, not asked.isdisjoint({*organisation_roles, *(role for _, role in team_roles)})


def principal_of(user: User, *, now: datetime) -> Principal:
    """Return the person as a principal with the roles of this moment (one query); inactive people have none."""
    return who_acts(user, now=now)[0]


def principal_of_token(token: Token, *, now: datetime) -> Principal:
    """Return the token as a principal: at most what its person may, in its team if it has one, within its scopes.

    An expired or revoked token may nothing. One query, if the token's person is loaded.
    """
    person = principal_of(token.user, now=now)
    alive = token.revoked_at is None and now < token.expires_at
    scopes = frozenset(scope for scope in token.scopes if scope in SCOPED_VERBS) if alive else frozenset()
    narrowed = Principal(
        kind=PrincipalKind.TOKEN,
        name=token.name,
        user_id=token.user_id,
        token_id=token.pk,
        organisation_roles=person.organisation_roles if alive else frozenset(),
        team_roles=person.team_roles if alive else (),
        scopes=scopes,
    )
    return narrowed if token.team_id is None or not alive else _within_team(narrowed, token.team_id)


def resolve_principal(stored: Mapping[str, Any], *, now: datetime) -> Principal:
    """Return the principal a job kept (`Principal.stored`) with the roles of this moment, in two queries at most.

    Somebody who is gone or inactive comes back without roles: they see nothing any more.
    """
    match stored["kind"]:
        case PrincipalKind.SYSTEM:
            return SYSTEM
        case PrincipalKind.USER:
            user = User.objects.filter(pk=stored["user_id"]).first()
            return principal_of(user, now=now) if user else _gone(stored)
        case PrincipalKind.TOKEN:
            token = Token.objects.select_related("user").filter(pk=stored["token_id"]).first()
            return principal_of_token(token, now=now) if token else _gone(stored)
        case _:
            return Principal(
                kind=PrincipalKind.CONNECTION,
                name=stored["name"],
                connection_id=stored["connection_id"],
                organisation_roles=frozenset(map(OrganisationRole, stored["organisation_roles"])),
                team_roles=tuple((team_id, TeamRole(role)) for team_id, role in stored["team_roles"]),
                scopes=None if stored["scopes"] is None else frozenset(stored["scopes"]),
            )


def teams_in_sight(principal: Principal) -> QuerySet[Team]:
    """Return the teams whose APIs the principal may see."""
    return Team.objects.all() if principal.sees_all else Team.objects.filter(pk__in=principal.team_ids)


def person_in_sight(principal: Principal, email: str) -> User | None:
    """Return the person with this address whom the principal may name as an owner: anybody active, else a team mate."""
    people = User.objects.filter(email=email.strip().lower(), is_active=True)
    if not principal.sees_all:
        people = people.filter(memberships__team__in=principal.team_ids)
    return people.distinct().first()


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnFactor:
    """An authenticator app or a passkey of one's own."""

    number: int
    is_app: bool
    name: str
    added: datetime
    used: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnSession:
    """Somewhere one is signed in; `is_this` is the session that asks."""

    number: int
    device: str
    address: str
    began: datetime
    seen: datetime
    is_this: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnSecurity:
    """How somebody signs in, and where they are signed in. `codes_left` is None without recovery codes."""

    has_password: bool
    app: OwnFactor | None
    passkeys: tuple[OwnFactor, ...]
    codes_left: int | None
    sessions: tuple[OwnSession, ...]

    @property
    def has_factor(self) -> bool:
        """Whether a password alone opens nothing."""
        return bool(self.app or self.passkeys)


def own_security(principal: Principal, *, session_key: str) -> OwnSecurity:
    """Return what the principal set up for signing in; sessions that ended are left out, the present one is first."""
    user = User.objects.get(pk=principal.user_id or 0)
    factors, codes_left = [], None
    for row in Authenticator.objects.filter(user=user).order_by("created_at"):
        if row.type == Authenticator.Type.RECOVERY_CODES:
            codes_left = len(own_recovery_codes(principal) or ())
            continue
        is_app = row.type == Authenticator.Type.TOTP
        name = "Authenticator app" if is_app else row.data["name"]
        factors.append(OwnFactor(number=row.pk, is_app=is_app, name=name, added=row.created_at, used=row.last_used_at))
    sessions = [
        OwnSession(
            number=row.pk,
            device=device_of(row.user_agent),
            address=row.ip,
            began=row.created_at,
            seen=row.last_seen_at,
            is_this=row.session_key == session_key,
        )
        for row in UserSession.objects.purge_and_list(user)
    ]
    return OwnSecurity(
        has_password=user.has_usable_password(),
        app=next((factor for factor in factors if factor.is_app), None),
        passkeys=tuple(factor for factor in factors if not factor.is_app),
        codes_left=codes_left,
        sessions=tuple(sorted(sessions, key=lambda row: (not row.is_this, -row.seen.timestamp()))),
    )


def own_recovery_codes(principal: Principal) -> list[str] | None:
    """Return the principal's recovery codes that were not used yet; None where there never were any.

    Codes whose key is gone from the key list are as good as used.
    """
    row = Authenticator.objects.filter(user=principal.user_id, type=Authenticator.Type.RECOVERY_CODES).first()
    try:
        return None if row is None else list(row.wrap().get_unused_codes())
    except BrokenSealError:
        return []


def factor_rules(principal: Principal, *, now: datetime) -> list[tuple[OrganisationRole | TeamRole, bool, int]]:
    """Return each role, whether it asks for a second factor, and how many active people in it have none.

    Raises AccessRefused for those who do not manage people.
    """
    require(principal, Verb.MANAGE_PEOPLE, team_id=None)
    asked = set(FactorRule.objects.values_list("role", flat=True))
    without = User.objects.filter(is_active=True).exclude(
        pk__in=Authenticator.objects.filter(type__in=FACTORS).values("user_id")
    )
    grants = OrganisationRoleGrant.objects.filter(Q(until=None) | Q(until__gt=now), user__in=without)
    members = Membership.objects.filter(user__in=without)
    counts = Counter(grants.values_list("role", flat=True))
    counts.update(role for role, _ in members.values_list("role", "user_id").distinct())
    return [(role, role.value in asked, counts[role.value]) for role in COLUMNS]


def _roles_and_rules(user_id: int, *, now: datetime) -> Roles:
    """Return the roles of a person and, for somebody without a second factor, the roles that ask for one."""
    grants = OrganisationRoleGrant.objects.filter(Q(until=None) | Q(until__gt=now), user_id=user_id, scope__isnull=True)
    factors = Authenticator.objects.filter(user_id=user_id, type__in=FACTORS)
    rules = FactorRule.objects.filter(~Exists(factors))
    rows = (
        grants.order_by()
        .values_list(Value(_ORGANISATION), "role")
        .union(
            Membership.objects.filter(user_id=user_id).values_list("team_id", "role"),
            rules.values_list(Value(_RULE), "role"),
            all=True,
        )
    )
    organisation_roles, team_roles, asked = set(), [], set()
    for kind, role in rows:
        if kind == _ORGANISATION:
            organisation_roles.add(OrganisationRole(role))
        elif kind == _RULE:
            asked.add(role)
        else:
            team_roles.append((kind, TeamRole(role)))
    return frozenset(organisation_roles), tuple(sorted(team_roles)), frozenset(asked)


def _within_team(token: Principal, team_id: int) -> Principal:
    """Narrow a token to one team; what its person may there by an organisation role is kept as scopes."""
    scopes = frozenset(scope for scope in token.scopes or () if may(token, Verb(scope), team_id=team_id))
    return Principal(
        kind=token.kind,
        name=token.name,
        user_id=token.user_id,
        token_id=token.token_id,
        team_roles=((team_id, TeamRole.MEMBER),) if scopes else (),
        scopes=scopes,
        bound=True,
    )


def _gone(stored: Mapping[str, Any]) -> Principal:
    return Principal(
        kind=PrincipalKind(stored["kind"]),
        name=stored["name"],
        user_id=stored.get("user_id"),
        token_id=stored.get("token_id"),
        scopes=frozenset(),
    )
