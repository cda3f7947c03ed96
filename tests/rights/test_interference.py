"""What another team does leaves no trace: the same answers to the byte, before and after, on every address."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from findings.models import Finding
from findings.services.decide import Statement, Target, decide
from findings.status import DecisionKind
from inventory.access.choices import TeamRole
from inventory.access.models import User
from inventory.access.records import SYSTEM
from inventory.access.selectors import principal_of
from inventory.access.services.people import add_member, create_team
from inventory.access.services.tokens import create_token
from inventory.models import Api
from inventory.services.classify import classify_api
from tests.callers import token_of
from tests.conftest import TOLD, RecordProperty
from tests.findings.reports import NOW, settle, take_in
from tests.rights.test_matrix import ABSENT, rows
from tests.rights.world import Estate, World, build_world, described, scanned, somebody

QUESTIONS = ("", "q=walrus", "q=heron", "sort=-risk", "severity=high")
"""What lists are asked: what they do not know they refuse, alike before and after."""
MASKS = (
    re.compile(rb'name="csrfmiddlewaretoken" value="[^"]+"'),
    re.compile(rb'<meta name="csrf-token" content="[^"]+"'),
    re.compile(rb'data-request="[^"]+"'),
)
"""All that may differ: the CSRF token and the request's id."""
pytestmark = pytest.mark.xdist_group("interference")
Answer = tuple[int, bytes]
"""Status and body."""
LATER = datetime.now(UTC)
"""When everything is read."""
TOKENS: dict[int, str] = {}
"""The token of each reader, made once: its name and start stand on pages."""
PLANTED = (
    "{0} API", "{0}-rule-a", "{0} message a", "/{0}/things/{{id}}", "{0} decided", "{0} asks", "{0} feed", "{0} team",
    "{0}_owner person", "{0} nightly", "{0}.sarif", "{0} reason", "1.{0}", "{0}Beside", "{0}Loose-rule-a",
    "src/{0}/a.py",
)  # fmt: skip


@pytest.fixture(scope="module")
def world(module_database: str, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    with django_db_blocker.unblock():
        made = build_world(NOW)
        readers = (made.own.owner, made.own.member, made.foreign.owner)
        TOKENS.update({user.pk: token_of(user, "see", "upload", "export") for user in readers})
        yield made


@pytest.fixture(scope="module")
def before(world: World) -> dict[str, dict[str, Answer]]:
    """Return what one's own people see before anything else happens, by name."""
    return {user.name: answers(user, world.own, world) for user in (world.own.owner, world.own.member)}


def addresses(estate: Estate, world: World) -> Iterator[tuple[str, bool]]:
    """Yield each address that is read, and whether it is a program's: with own objects, and with others' and none."""
    for row in rows():
        if row.method != "GET":
            continue
        if not row.kinds:
            yield from ((f"{reverse(row.route)}?{question}", row.is_rest) for question in QUESTIONS)
            continue
        theirs = world.foreign if estate is world.own else world.own
        for names in (estate.objects, theirs.objects, ABSENT):
            yield reverse(row.route, args=[names[kind] for kind in row.kinds]), row.is_rest


def answers(user: User, estate: Estate, world: World) -> dict[str, Answer]:
    """Return status and masked body of every address, as a page, as a fragment and, for programs, with a token.

    What reading writes (an export is on the trail) is taken back, as it is no other team's doing; time stands still.
    """
    with transaction.atomic(), patch.object(timezone, "now", return_value=LATER):
        found = dict(read(user, estate, world))
        transaction.set_rollback(True)
    return found


def read(user: User, estate: Estate, world: World) -> Iterator[tuple[str, Answer]]:
    page, program = Client(), {"Authorization": f"Bearer {TOKENS[user.pk]}"}
    page.force_login(user)
    for address, is_rest in addresses(estate, world):
        kinds = {"program": program} if is_rest else {"page": {}, "fragment": {"HX-Request": "true"}}
        for kind, headers in kinds.items():
            answer: Any = (Client() if is_rest else page).get(address, headers=headers)
            body = b"".join(answer.streaming_content) if answer.streaming else answer.content
            for mask in MASKS:
                body = mask.sub(b"", body)
            yield f"{kind} {address}", (answer.status_code, body)


def stir(world: World) -> None:
    """Let the other team, a new team and nobody's API change in every way there is."""
    acting = principal_of(world.foreign.owner, now=NOW)
    mark, later = "Walrus", NOW + timedelta(hours=1)
    take_in(described("Walrus second", "WalrusSecond"), "second.json", acting, now=later)
    take_in(described("Walrus nested", "WalrusNested", "https://heron.example/heron"), "n.json", acting, now=later)
    api = Api.objects.get(code=world.foreign.objects["api"])
    take_in(scanned("WalrusMore", "src"), "more.sarif", acting, now=later, api=api.code, series=f"{mark} nightly")
    take_in(scanned("WalrusLost", "heron"), "lost.sarif", acting, now=later, series="Heron loose")
    settle(now=later)
    classify_api(api=api, changes={"criticality": "low"}, principal=acting, now=later, reason="Walrus again")
    finding = Finding.objects.filter(api=api, moved_to=None).order_by("-pk")[0]
    statement = Statement(kind=DecisionKind.FALSE_POSITIVE, reason="Walrus no")
    decide(target=Target(finding_ids=(finding.pk,)), statement=statement, principal=acting, now=later)
    new = create_team(name="Walrus third team", principal=SYSTEM, now=later)
    add_member(user=somebody("Walrus_new", later), team=new, role=TeamRole.OWNER, principal=SYSTEM, now=later)
    create_token(user=world.foreign.owner, name="Walrus more", days=30, principal=acting, now=later)
    settle(now=later)


def test_another_teams_data_changes_no_byte_of_ones_own_pages(
    world: World, before: dict[str, dict[str, Answer]], record_property: RecordProperty
) -> None:
    own = world.own
    statuses = [status for answered in before.values() for status, _ in answered.values()]
    assert statuses.count(200) > 100
    assert not [status for status in statuses if status >= 500]
    stir(world)
    differing = []
    for user in (own.owner, own.member):
        after = answers(user, own, world)
        assert after.keys() == before[user.name].keys()
        differing += [
            f"{user.name} {key}: {difference(before[user.name][key], answer)}"
            for key, answer in after.items()
            if answer != before[user.name][key]
        ]
        leaking = [key for key, (_, body) in after.items() if b"walrus" in said(body, key)]
        differing += [f"{user.name} {key} names the other team's" for key in leaking]
    told = f"Non-interference: {len(statuses)} answers of two people compared, {len(differing)} differ."
    record_property(TOLD, told)
    assert not differing, "\n".join(differing)


def difference(old: Answer, new: Answer) -> str:
    """Return the first place where two answers differ, with a little around it."""
    if old[0] != new[0]:
        return f"{old[0]} became {new[0]}"
    at = next((n for n in range(len(old[1])) if old[1][n : n + 1] != new[1][n : n + 1]), len(old[1]))
    around = slice(max(0, at - 60), at + 40)
    return f"{old[1][around]!r} became {new[1][around]!r}"


def said(body: bytes, key: str) -> bytes:
    """Return a body in lower case without what the asker typed, which may stand there again."""
    lowered = body.lower()
    for typed in (b"q=walrus", b"walrus-team"):
        if typed in key.encode():
            lowered = lowered.replace(typed.removeprefix(b"q="), b"")
    return lowered


def test_what_the_marks_mark_does_arrive_where_it_is_allowed(
    world: World, before: dict[str, dict[str, Answer]]
) -> None:
    foreign = answers(world.foreign.owner, world.foreign, world)
    for estate, answered in ((world.own, before[world.own.owner.name]), (world.foreign, foreign)):
        shown = b"\n".join(body for _, body in answered.values()).decode(errors="replace")
        wanted = [text.format(estate.mark) for text in PLANTED if estate is world.foreign or "Beside" not in text]
        assert [text for text in wanted if text not in shown] == []
