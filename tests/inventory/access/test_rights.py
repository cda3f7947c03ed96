"""The table of rights, against the ruling it was written from."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from inventory.access.choices import OrganisationRole, PrincipalKind, TeamRole
from inventory.access.errors import AccessRefused
from inventory.access.records import SYSTEM, Principal
from inventory.access.rights import Verb, may, may_somewhere, require, roles_that_may

# Written by hand from the ruling, row by row; a row with two halves or a limit stands as several.
RULING = Path(__file__).with_name("rights.tsv")
OWN, FOREIGN = 7, 8
REACHES = {"all": {OWN, FOREIGN, None}, "own": {OWN}, "-": set()}
NAMES = {
    "administrator": "Administrator",
    "security_manager": "Security manager",
    "analyst": "Analyst",
    "owner": "Team owner",
    "member": "Team member",
    "responder": "Responder",
    "auditor": "Auditor",
}


def ruling() -> list[dict[str, str]]:
    with RULING.open() as file:
        return list(csv.DictReader(file, delimiter="\t"))


def cells() -> Iterator[tuple[str, str, str]]:
    for row in ruling():
        for role in NAMES:
            yield row["verb"], role, row[role]


def acting(role: str, kind: PrincipalKind = PrincipalKind.USER, scopes: frozenset[str] | None = None) -> Principal:
    if role in {"owner", "member"}:
        return Principal(kind=kind, name="Somebody", user_id=1, team_roles=((OWN, TeamRole(role)),), scopes=scopes)
    roles = frozenset({OrganisationRole(role)})
    return Principal(kind=kind, name="Somebody", user_id=1, organisation_roles=roles, scopes=scopes)


@pytest.mark.parametrize(("verb", "role", "reach"), list(cells()))
def test_each_role_reaches_as_far_as_the_ruling_says(verb: str, role: str, reach: str) -> None:
    reached = {team for team in (OWN, FOREIGN, None) if may(acting(role), Verb(verb), team_id=team)}
    assert reached == REACHES[reach]
    assert may_somewhere(acting(role), Verb(verb)) is (reach != "-")


@pytest.mark.parametrize("row", ruling(), ids=lambda row: row["verb"])
def test_a_token_does_what_its_person_may_within_its_scope_and_never_more(row: dict[str, str]) -> None:
    verb = Verb(row["verb"])
    for kind in (PrincipalKind.TOKEN, PrincipalKind.CONNECTION):
        for role in NAMES:
            scoped = acting(role, kind, frozenset({row["verb"]}))
            allowed = row["token"] == "scope" and may(acting(role), verb, team_id=OWN)
            assert may(scoped, verb, team_id=OWN) is allowed
            everything_else = frozenset(Verb.values) - {row["verb"]}
            assert not may(acting(role, kind, everything_else), verb, team_id=OWN)
            assert not may(acting(role, kind, None), verb, team_id=OWN)


def test_the_ruling_and_the_table_name_the_same_verbs() -> None:
    assert sorted(row["verb"] for row in ruling()) == sorted(Verb.values)


@pytest.mark.parametrize("row", ruling(), ids=lambda row: row["verb"])
def test_a_refusal_names_the_roles_of_the_ruling_in_its_order(row: dict[str, str]) -> None:
    expected = tuple(name for role, name in NAMES.items() if row[role] != "-")
    assert roles_that_may(Verb(row["verb"])) == expected


def test_rights_of_several_roles_add_up() -> None:
    both = Principal(
        kind=PrincipalKind.USER,
        name="Both",
        user_id=1,
        organisation_roles=frozenset({OrganisationRole.ADMINISTRATOR}),
        team_roles=((OWN, TeamRole.MEMBER),),
    )
    assert may(both, Verb.MANAGE_PEOPLE, team_id=None)
    assert may(both, Verb.DECIDE, team_id=OWN)
    assert not may(both, Verb.DECIDE, team_id=FOREIGN)


def test_somebody_without_a_role_may_nothing_and_posture_itself_all() -> None:
    nobody = Principal(kind=PrincipalKind.USER, name="New", user_id=1)
    assert not any(may(nobody, verb, team_id=team) for verb in Verb for team in (OWN, None))
    assert all(may(SYSTEM, verb, team_id=team) for verb in Verb for team in (OWN, None))


def test_a_refusal_reads_as_one_sentence_about_what_and_who() -> None:
    with pytest.raises(AccessRefused) as refusal:
        require(acting("auditor"), Verb.DECIDE, team_id=OWN)
    assert str(refusal.value) == (
        "Your roles do not let you decide on findings and comment. "
        "Who may: Security manager, Analyst, Team owner, Team member."
    )
    require(acting("analyst"), Verb.DECIDE, team_id=OWN)


def test_a_refusal_beyond_one_s_own_teams_names_no_role_that_one_has_already() -> None:
    owner = Principal(kind=PrincipalKind.USER, name="Own", user_id=1, team_roles=((OWN, TeamRole.OWNER),))
    with pytest.raises(AccessRefused) as refusal:
        require(owner, Verb.UPLOAD, team_id=None)
    assert str(refusal.value) == (
        "Your roles do not let you upload reports and run connections for the whole organisation. "
        "Who may: Administrator, Security manager, Analyst."
    )
