"""Who somebody is today."""

import json
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from pytest_django import DjangoAssertNumQueries

from inventory.access.choices import OrganisationRole, PrincipalKind, TeamRole
from inventory.access.errors import AccessRefused
from inventory.access.models import FactorRule, Membership, OrganisationRoleGrant, Team, Token, User
from inventory.access.records import SYSTEM, Principal
from inventory.access.rights import Verb, may
from inventory.access.selectors import factor_rules, principal_of, principal_of_token, resolve_principal, who_acts
from tests.inventory.access.people import NOW, app_of, person, team

pytestmark = pytest.mark.django_db
SOON = timedelta(hours=1)


def token(user: User, *scopes: str, within: Team | None = None, **fields: Any) -> Token:
    fields = {"created_at": NOW, "expires_at": NOW + SOON, **fields}
    return Token.objects.create(
        user=user, name="Nightly", digest=f"{user.pk:064}", prefix="pst_abc", scopes=list(scopes), team=within, **fields
    )


def test_a_person_acts_with_all_their_roles(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    payments, logistics = team("Payments"), team("Logistics")
    user = person(OrganisationRole.ANALYST, OrganisationRole.AUDITOR, owner_of=payments, member_of=logistics)
    person(OrganisationRole.ADMINISTRATOR, owner_of=logistics)
    with django_assert_num_queries(1):
        principal = principal_of(user, now=NOW)
    assert principal == Principal(
        kind=PrincipalKind.USER,
        name=user.name,
        user_id=user.pk,
        organisation_roles=frozenset({OrganisationRole.ANALYST, OrganisationRole.AUDITOR}),
        team_roles=((payments.pk, TeamRole.OWNER), (logistics.pk, TeamRole.MEMBER)),
    )


def test_a_role_ends_at_its_moment() -> None:
    user = person()
    OrganisationRoleGrant.objects.create(user=user, role=OrganisationRole.AUDITOR, until=NOW)
    assert principal_of(user, now=NOW - SOON).sees_all
    assert not principal_of(user, now=NOW).sees_all


@pytest.mark.parametrize("scope", [{"frameworks": ["pci"]}, {}, []])
def test_a_narrowed_role_gives_nothing_where_the_narrowing_is_not_understood(scope: object) -> None:
    user = person()
    OrganisationRoleGrant.objects.create(user=user, role=OrganisationRole.AUDITOR, scope=scope)
    assert not principal_of(user, now=NOW).sees_all


def test_an_inactive_person_has_no_roles() -> None:
    user = person(OrganisationRole.ADMINISTRATOR, owner_of=team(), is_active=False)
    principal = principal_of(user, now=NOW)
    assert (principal.organisation_roles, principal.team_roles) == (frozenset(), ())


def test_a_job_acts_with_the_roles_of_the_day_it_runs(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    payments = team()
    user = person(OrganisationRole.ANALYST, member_of=payments)
    stored = json.loads(json.dumps(principal_of(user, now=NOW).stored()))
    OrganisationRoleGrant.objects.all().delete()
    Membership.objects.update(role=TeamRole.OWNER)
    with django_assert_num_queries(2):
        principal = resolve_principal(stored, now=NOW)
    assert not principal.sees_all
    assert principal.team_roles == ((payments.pk, TeamRole.OWNER),)


def test_a_token_is_resolved_in_two_queries_and_again_narrowed(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    user = person(OrganisationRole.ANALYST)
    stored = principal_of_token(token(user, "upload"), now=NOW).stored()
    with django_assert_num_queries(2):
        principal = resolve_principal(stored, now=NOW)
    assert principal.on_behalf_of == f"user:{user.pk}"
    assert may(principal, Verb.UPLOAD, team_id=None)
    assert not may(principal, Verb.EXPORT, team_id=None)
    assert not may(resolve_principal(stored, now=NOW + SOON), Verb.UPLOAD, team_id=None)


def test_a_token_cannot_hold_a_right_that_no_token_has() -> None:
    principal = principal_of_token(token(person(OrganisationRole.SECURITY_MANAGER), "decide", "see"), now=NOW)
    assert principal.scopes == frozenset({"see"})


def test_a_token_of_a_team_sees_that_team_alone_though_its_person_sees_all() -> None:
    payments, logistics = team("Payments"), team("Logistics")
    principal = principal_of_token(
        token(person(OrganisationRole.ADMINISTRATOR), "upload", "export", within=payments), now=NOW
    )
    assert not principal.sees_all
    assert may(principal, Verb.UPLOAD, team_id=payments.pk)
    assert not may(principal, Verb.UPLOAD, team_id=logistics.pk)
    assert not may(principal, Verb.EXPORT, team_id=payments.pk), "an administrator may not export"


def test_a_token_of_a_team_its_person_left_sees_nothing() -> None:
    payments, logistics = team("Payments"), team("Logistics")
    principal = principal_of_token(token(person(owner_of=logistics), "see", within=payments), now=NOW)
    assert principal.team_ids == frozenset()


@pytest.mark.parametrize("fields", [{"expires_at": NOW}, {"revoked_at": NOW}])
def test_an_expired_or_revoked_token_may_nothing(fields: dict[str, Any]) -> None:
    principal = principal_of_token(token(person(OrganisationRole.ANALYST), "see", **fields), now=NOW)
    assert not principal.sees_all
    assert not may(principal, Verb.SEE, team_id=None)


def test_posture_and_connections_come_back_as_they_were() -> None:
    connection = Principal(
        kind=PrincipalKind.CONNECTION,
        name="Gateway",
        connection_id=4,
        organisation_roles=frozenset({OrganisationRole.ANALYST}),
        team_roles=((3, TeamRole.MEMBER),),
        scopes=frozenset({"upload"}),
    )
    assert resolve_principal(connection.stored(), now=NOW) == connection
    assert resolve_principal(SYSTEM.stored(), now=NOW) == SYSTEM


@pytest.mark.parametrize(
    "stored", [{"kind": "user", "name": "Gone", "user_id": 0}, {"kind": "token", "name": "Gone", "token_id": 0}]
)
def test_somebody_who_is_gone_sees_nothing(stored: dict[str, Any]) -> None:
    principal = resolve_principal(stored, now=NOW)
    assert not principal.sees_all
    assert not any(may(principal, verb, team_id=None) for verb in Verb)


def test_who_owes_a_second_factor_is_told_with_who_they_are_in_one_query(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    user = person(OrganisationRole.AUDITOR, member_of=team())
    FactorRule.objects.create(role="owner")
    with django_assert_num_queries(1):
        principal, owes = who_acts(user, now=NOW)
    assert (principal, owes) == (principal_of(user, now=NOW), False)
    FactorRule.objects.create(role="auditor")
    assert who_acts(user, now=NOW)[1]
    RecoveryCodes.activate(user)
    assert who_acts(user, now=NOW)[1], "recovery codes alone are no second factor"
    app_of(user)
    assert not who_acts(user, now=NOW)[1]


def test_the_rules_count_who_has_no_second_factor_by_role() -> None:
    administrator, closed = person(OrganisationRole.ADMINISTRATOR), person(OrganisationRole.AUDITOR, is_active=False)
    first, second = team(), team("Logistics")
    both = person(member_of=first)
    Membership.objects.create(user=both, team=second, role=TeamRole.MEMBER)
    app_of(person(OrganisationRole.AUDITOR))
    OrganisationRoleGrant.objects.create(user=both, role=OrganisationRole.ANALYST, until=NOW)
    counts = {role.value: count for role, _, count in factor_rules(principal_of(administrator, now=NOW), now=NOW)}
    assert {role: count for role, count in counts.items() if count} == {"administrator": 1, "member": 1}
    with pytest.raises(AccessRefused):
        factor_rules(principal_of(closed, now=NOW), now=NOW)
