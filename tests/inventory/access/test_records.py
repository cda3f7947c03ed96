"""Who acts, as a record."""

import json

import pytest

from inventory.access.choices import OrganisationRole, PrincipalKind, TeamRole
from inventory.access.records import SYSTEM, Principal


def acting(kind: PrincipalKind, **fields: object) -> Principal:
    return Principal(kind=kind, name="Somebody", **fields)  # type: ignore[arg-type]  # as each test says


@pytest.mark.parametrize("role", OrganisationRole)
def test_every_organisation_role_sees_all(role: OrganisationRole) -> None:
    assert acting(PrincipalKind.USER, user_id=1, organisation_roles=frozenset({role})).sees_all


def test_a_team_sees_its_own_and_posture_itself_all() -> None:
    member = acting(PrincipalKind.USER, user_id=1, team_roles=((3, TeamRole.OWNER), (5, TeamRole.MEMBER)))
    assert not member.sees_all
    assert member.team_ids == {3, 5}
    assert SYSTEM.sees_all


def test_the_trail_names_who_acts_and_for_whom() -> None:
    names = [
        (acting(PrincipalKind.USER, user_id=12), "user:12", ""),
        (acting(PrincipalKind.TOKEN, user_id=12, token_id=3), "token:3", "user:12"),
        (acting(PrincipalKind.CONNECTION, connection_id=7), "connection:7", ""),
        (SYSTEM, "system", ""),
    ]
    assert [(one.reference, one.on_behalf_of) for one, _, _ in names] == [(a, b) for _, a, b in names]


def test_a_job_keeps_who_asked_without_their_roles() -> None:
    person = acting(PrincipalKind.USER, user_id=1, organisation_roles=frozenset({OrganisationRole.ANALYST}))
    assert person.stored() == {"kind": "user", "name": "Somebody", "user_id": 1}


def test_a_job_keeps_the_rights_of_a_connection_in_json() -> None:
    connection = acting(
        PrincipalKind.CONNECTION, connection_id=7, team_roles=((3, TeamRole.MEMBER),), scopes=frozenset({"upload"})
    )
    assert json.loads(json.dumps(connection.stored())) == {
        "kind": "connection",
        "name": "Somebody",
        "connection_id": 7,
        "organisation_roles": [],
        "team_roles": [[3, "member"]],
        "scopes": ["upload"],
    }
