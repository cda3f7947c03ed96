"""Every address of the API, for every role: it answers, or says no, as the ruling has it."""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.urls import get_resolver
from pytest_django.fixtures import Settings

from findings.models import Decision
from inventory.access.choices import OrganisationRole
from inventory.access.models import Team, User
from inventory.access.routes import routes_of
from tests.callers import Caller, token_of
from tests.inventory.access.people import person, team
from tests.posture.api.world import (
    ACTS,
    NO_ROW,
    READS,
    ROW_IN_BODY,
    SUMS,
    Act,
    World,
    build,
)

pytestmark = pytest.mark.django_db
# Written by hand from the ruling, row by row.
RULING = Path(__file__).parents[2] / "inventory/access/rights.tsv"
ROLES = ("administrator", "security_manager", "analyst", "owner", "member", "responder", "auditor")


@pytest.fixture
def world(tmp_path: Path, settings: Settings) -> World:
    settings.CONNECT_FOLDERS = (tmp_path,)
    return build(team("Payments"))


OTHERWISE = {"api:jobs", "api:job", "api:job-cancel", "api:schema", "api:nowhere"}
"""One's own jobs (tests of jobs), the schema and what is nowhere (their own tests)."""


def ruling() -> dict[str, dict[str, str]]:
    with RULING.open() as file:
        return {row["verb"]: row for row in csv.DictReader(file, delimiter="\t")}


def somebody(role: str, held: Team) -> User:
    if role == "owner":
        return person(owner_of=held)
    if role == "member":
        return person(member_of=held)
    return person(OrganisationRole(role))


def names_of(address: Any) -> str:
    return getattr(address, "__name__", str(address))


@contextmanager
def undone() -> Iterator[None]:
    """Take back what happens inside, so that each role finds the same world."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def test_every_route_has_its_row_here() -> None:
    names = {name for _, name, _ in routes_of(get_resolver()) if name.startswith("api:")}
    assert names == {*READS, *(route for route, _ in ACTS.values()), *OTHERWISE}


@pytest.mark.parametrize("role", ROLES)
def test_every_role_sees_what_the_ruling_says_in_person_and_by_token(world: World, role: str) -> None:
    reach = ruling()["see"][role]
    foreign = build(team("Logistics"))
    user = somebody(role, world.team)
    for caller in (Caller(user=user), Caller(token=token_of(user))):
        for name, address in READS.items():
            caller.get(address(world))
            assert caller.status == 200, name
            told = caller.get(address(foreign))
            expected = 200 if reach == "all" or "results" in told or name in SUMS else 404
            assert caller.status == expected, name
            if reach == "own" and "results" in told:
                codes = {
                    foreign.finding,
                    foreign.decision,
                    foreign.report,
                    foreign.connection,
                    foreign.run,
                    foreign.rule,
                    foreign.alert,
                    foreign.incident,
                }
                hidden = {foreign.team.slug, foreign.api.code, *codes}
                shown = {str(value) for row in told["results"] for value in row.values()}
                assert not hidden & shown, name


@pytest.mark.parametrize("act", ACTS, ids=names_of)
def test_every_act_is_done_or_refused_as_the_ruling_says(world: World, act: Act) -> None:
    row = ruling()[ACTS[act][1]]
    for role in ROLES:
        caller = Caller(user=somebody(role, world.team))
        with undone():
            told = act(caller, world)
        if row[role] == "-":
            assert (caller.status, told["error"]["code"]) == (403, "forbidden"), role
            assert "Who may: " in told["error"]["message"]
        else:
            assert caller.status in {200, 201, 202}, (role, told)


@pytest.mark.parametrize("act", ACTS, ids=names_of)
def test_a_token_does_an_act_only_where_the_ruling_gives_it_a_scope(world: World, act: Act) -> None:
    verb = ACTS[act][1]
    user = person(OrganisationRole.SECURITY_MANAGER)
    caller = Caller(token=token_of(user))
    told = act(caller, world)
    if ruling()[verb]["token"] == "scope":
        assert caller.status in {200, 202}, told
        caller = Caller(token=token_of(user, *(scope for scope in ("see", "upload", "export") if scope != verb)))
        told = act(caller, world)
    assert (caller.status, told["error"]["code"]) == (403, "forbidden")


@pytest.mark.parametrize("act", [act for act in ACTS if act not in NO_ROW], ids=names_of)
def test_an_act_on_what_is_out_of_sight_is_404_whatever_one_may(world: World, act: Act) -> None:
    foreign = build(team("Logistics"))
    for role in ("owner", "member"):
        caller = Caller(user=somebody(role, world.team))
        told = act(caller, foreign)
        shut = act in ROW_IN_BODY and ruling()[ACTS[act][1]][role] == "-"
        assert (caller.status, told["error"]["code"]) == ((403, "forbidden") if shut else (404, "not_found")), act
    nobody = Caller(user=person())
    act(nobody, foreign)
    assert nobody.status == (403 if act in ROW_IN_BODY else 404)
    assert Decision.objects.filter(finding__code=foreign.finding).count() == 2


def test_nothing_is_open_to_somebody_unknown(world: World) -> None:
    caller = Caller()
    for told in (*(caller.get(address(world)) for address in READS.values()), *(act(caller, world) for act in ACTS)):
        assert (caller.status, told["error"]["code"]) == (401, "unauthenticated")
