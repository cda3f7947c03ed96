"""Questions about people: who somebody is today."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import IntegerField, Q, QuerySet, Value

from inventory.access.choices import OrganisationRole, PrincipalKind, TeamRole
from inventory.access.models import Membership, OrganisationRoleGrant, Team, Token, User
from inventory.access.records import SYSTEM, Principal
from inventory.access.rights import SCOPED_VERBS, Verb, may

Roles = tuple[frozenset[OrganisationRole], tuple[tuple[int, TeamRole], ...]]


def principal_of(user: User, *, now: datetime) -> Principal:
    """Return the person as a principal with the roles of this moment (one query); inactive people have none."""
    organisation_roles, team_roles = _roles(user.pk, now=now) if user.is_active else (frozenset(), ())
    return Principal(
        kind=PrincipalKind.USER,
        name=str(user),
        user_id=user.pk,
        organisation_roles=organisation_roles,
        team_roles=team_roles,
    )


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


def _roles(user_id: int, *, now: datetime) -> Roles:
    grants = OrganisationRoleGrant.objects.filter(Q(until=None) | Q(until__gt=now), user_id=user_id, scope__isnull=True)
    rows = (
        grants.order_by()
        .values_list(Value(None, output_field=IntegerField()), "role")
        .union(Membership.objects.filter(user_id=user_id).values_list("team_id", "role"), all=True)
    )
    organisation_roles, team_roles = set(), []
    for team_id, role in rows:
        if team_id is None:
            organisation_roles.add(OrganisationRole(role))
        else:
            team_roles.append((team_id, TeamRole(role)))
    return frozenset(organisation_roles), tuple(sorted(team_roles))


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
