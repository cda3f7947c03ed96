"""Wherever something else can be named, what another team has is answered as what nobody has, and nothing is stored."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoDbBlocker

from inventory.access.models import User
from posture.services.digest import digest_here
from tests.callers import CSRF
from tests.conftest import TOLD, RecordProperty
from tests.findings.reports import NOW, result, sarif
from tests.inventory.access.people import signed_in
from tests.rights.test_interference import MASKS, difference
from tests.rights.test_matrix import ABSENT, BY_FORM
from tests.rights.world import World, build_world

RELATIONS = Path(__file__).with_name("relations.tsv")
JOB = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
LISTS = {"findings", "scopes"}
NOBODY = "walrus.nobody@rights.example"


@pytest.fixture(scope="module")
def world(module_database: str, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    with django_db_blocker.unblock():
        yield build_world(NOW)


def nested(row: dict[str, str], name: str, world: World) -> dict[str, Any]:
    """Return what is sent, with a name in the field in question; `a.b` is a field inside another."""
    said: dict[str, Any] = {}
    for field, value in [*parse_qsl(row["body"].format(**plain(world))), (row["field"], name)]:
        outer, _, inner = field.partition(".")
        held = [value] if field in LISTS and row["route"] not in BY_FORM else value
        said[outer] = {**said.get(outer, {}), inner: value} if inner else held
    return said


def plain(world: World) -> dict[str, str]:
    return {kind.replace(" ", "_"): name for kind, name in world.own.objects.items()}


def ask(client: Client, row: dict[str, str], name: str, world: World) -> tuple[int, bytes, str, bool]:
    """Return status, body without the name, place it leads to, and whether the state changed; nothing stays."""
    address = reverse(row["route"], args=[world.own.objects[row["object"]]] if row["object"] else [])
    said = nested(row, name, world)
    is_json = row["route"].startswith("api:") and row["route"] not in BY_FORM and row["method"] != "GET"
    kind = {"content_type": "application/json"} if is_json else {}
    if row["route"] in {"findings:upload", "api:reports"}:
        said["file"] = SimpleUploadedFile("own.sarif", sarif(result("r", "a.py")))
    if row["route"] == "inventory:connection-new":
        address += "?kind=url"
    client.cookies.pop("messages", None)
    with transaction.atomic():
        before = digest_here(now=NOW)[0]
        answer: Any = getattr(client, row["method"].lower())(address, said, headers={"X-CSRFToken": CSRF}, **kind)
        changed = digest_here(now=NOW)[0] != before
        transaction.set_rollback(True)
    body = answer.content.replace(name.encode(), b"")
    for mask in MASKS:
        body = mask.sub(b"", body)
    return answer.status_code, body, JOB.sub("", answer.headers.get("Location", "").replace(name, "")), changed


def names(row: dict[str, str], world: World) -> tuple[str, str]:
    """Return what another team has and what nobody has, of one length."""
    if row["kind"] == "email":
        return world.foreign.owner.email, NOBODY
    foreign = world.foreign.objects[row["kind"]]
    return foreign, ABSENT[row["kind"]]


@pytest.mark.parametrize("role", ["owner", "member"])
def test_what_another_team_has_is_answered_as_what_nobody_has(
    world: World, role: str, record_property: RecordProperty
) -> None:
    person: User = getattr(world.own, role)
    client = signed_in(person)
    client.cookies["csrftoken"] = CSRF
    with RELATIONS.open() as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    wrong = []
    for row in rows:
        foreign, absent = (ask(client, row, name, world) for name in names(row, world))
        if foreign != absent or foreign[3] or foreign[0] >= 500:
            told = difference(absent[:2], foreign[:2])
            wrong.append(f"{row['method']} {row['route']} {row['field']}: {told}, {absent[2:]} became {foreign[2:]}")
    record_property(TOLD, f"Relations: {len(rows)} fields named by {role}, {len(wrong)} wrong.")
    assert not wrong, "\n".join(wrong)
