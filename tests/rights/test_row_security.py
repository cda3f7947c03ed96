"""With row security switched on, every page says what it said before: nothing on it was out of sight."""

from collections.abc import Iterator

import pytest
from django.apps import apps
from django.db import connections
from django.db.models import Model
from pytest_django import DjangoDbBlocker

from inventory.access.models import User
from inventory.access.selectors import principal_of
from tests.callers import token_of
from tests.conftest import TOLD, RecordProperty
from tests.findings.reports import NOW
from tests.rights import policies
from tests.rights.test_interference import TOKENS, Answer, answers
from tests.rights.world import World, build_world

pytestmark = pytest.mark.xdist_group("interference")


@pytest.fixture(scope="module")
def world(module_database: str, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    with django_db_blocker.unblock():
        made = build_world(NOW)
        yield made


def readers(world: World) -> list[User]:
    return [world.own.owner, world.own.member, world.foreign.owner]


@pytest.fixture(scope="module")
def before(world: World) -> dict[str, Answer]:
    """Return what is answered without row security, to an owner; then switch it on."""
    owner = world.own.owner
    TOKENS[owner.pk] = token_of(owner, "see", "upload", "export")
    told = answers(owner, world.own, world)
    assert policies.switch_on() > 20
    return told


def scoped() -> list[type[Model]]:
    """Return every model that says who sees its rows."""
    return [model for model in apps.get_models() if hasattr(model._default_manager, "visible_to")]


@pytest.mark.slow
def test_no_page_shows_a_row_that_row_security_keeps_out(
    world: World, before: dict[str, Answer], record_property: RecordProperty
) -> None:
    policies.ask_as(world.own.owner.pk)
    try:
        after = answers(world.own.owner, world.own, world)
    finally:
        policies.ask_as(None)
    assert after.keys() == before.keys()
    differing = [f"{key}: {before[key][0]} {answer[0]}" for key, answer in after.items() if answer != before[key]]
    record_property(TOLD, f"Answers that row security changes: {len(differing)} of {len(before)}")
    assert differing == []


@pytest.mark.slow
def test_visible_to_lets_through_what_row_security_does(world: World, before: dict[str, Answer]) -> None:
    """Row for row, on every model that says who sees it and has a policy."""
    compared, leaks = 0, []
    for user in readers(world):
        principal = principal_of(user, now=NOW)
        for model in scoped():
            manager = model._default_manager
            shown = set(manager.visible_to(principal).values_list("pk", flat=True))  # type: ignore[attr-defined]
            policies.ask_as(user.pk)
            try:
                open_to = set(manager.values_list("pk", flat=True))
            finally:
                policies.ask_as(None)
            compared += len(shown)
            leaks += [f"{user.name} {model.__name__} {pk}" for pk in sorted(shown - open_to, key=str)]
    assert compared > 60
    assert leaks == []


@pytest.mark.slow
def test_the_policies_bite(world: World, before: dict[str, Answer]) -> None:
    with connections["default"].cursor() as cursor:
        counts = []
        for user in (None, world.own.member.pk, world.foreign.member.pk):
            policies.ask_as(user)
            cursor.execute("SELECT count(*) FROM findings_finding")
            counts.append(cursor.fetchone()[0])
        policies.ask_as(None)
    everything, ours, theirs = counts
    assert 0 < ours < everything
    assert 0 < theirs < everything
    assert ours + theirs <= everything
