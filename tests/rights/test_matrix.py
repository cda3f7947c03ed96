"""Who may do what, on every route: method x role x object, expected from the ruling's table and never from the code."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from django.db import transaction
from django.test import Client
from django.urls import get_resolver, reverse
from pytest_django import DjangoDbBlocker

from inventory.access.models import User
from inventory.access.routes import routes_of
from tests.callers import CSRF, token_of
from tests.conftest import TOLD, RecordProperty
from tests.findings.reports import NOW
from tests.inventory.access.people import signed_in
from tests.rights.world import Estate, World, build_world

HERE = Path(__file__).parent
RULING = HERE.parent / "inventory/access/rights.tsv"
ROUTES = HERE / "routes.tsv"
ORGANISATION = ("administrator", "security_manager", "analyst", "responder", "auditor")
ROLES = ("nobody", "stranger", *ORGANISATION, "owner", "member", "token")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
TOKEN_SCOPES = ("see", "upload")
BROUGHT_BY_ONE = {"job", "view", "token", "paper"}
"""What belongs to the person who made it, not to the team."""
NOBODY_ELSES = {"view", "token", "paper"}
"""What organisation roles do not see either."""
BY_PARTS = {"owner", "auditor"}
"""Who asks for the parts of pages too."""
BY_FORM = {"api:reports"}
"""What programs send as a form, not as JSON."""
ABSENT = {
    "api": "API-00000000",
    "finding": "FND-0000000000",
    "unmapped": "FND-0000000000",
    "connection": "CON-00000000",
    "job": "00000000-0000-0000-0000-000000000000",
    "report": "RPT-00000000",
    "rule": "MAP-00000000",
    "run": "RUN-00000000",
    "view": "VIEW-00000000",
    "decision": "DEC-AAAAAAAAAAAAA",
    "asked": "DEC-AAAAAAAAAAAAA",
    "team": "nowhere",
    "person": "AAAAAAAAAAAAA",
    "token": "AAAAAAAAAAAAA",
    "invitation": "AAAAAAAAAAAAA",
    "role": "nothing",
    "alert": "ALT-00000000",
    "incident": "INC-00000000",
    "case": "CAS-AAAAAAAAAAAAA",
    "evidence": "EVD-00000000",
    "exception": "999999",
    "paper": "REP-00000000",
    "table": "RPT-00000000",
}


@dataclass(frozen=True)
class Row:
    """One line of the table: a method of a route, the right it takes, what it is about and what is sent.

    `object` is the kind of what the address names, with what is named below it after a slash; `@` before it marks what
    only a right to all lets one see, and alone what is the organisation's as a whole.
    """

    route: str
    method: str
    verb: str
    object: str
    body: str

    @property
    def is_rest(self) -> bool:
        """Whether programs ask for it."""
        return self.route.startswith("api:")

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of what the address names, from the first."""
        return tuple(kind for kind in self.object.removeprefix("@").split("/") if kind)


@cache
def ruling() -> dict[str, dict[str, str]]:
    with RULING.open() as file:
        return {row["verb"]: row for row in csv.DictReader(file, delimiter="\t")}


@cache
def rows() -> tuple[Row, ...]:
    with ROUTES.open() as file:
        return tuple(Row(**line) for line in csv.DictReader(file, delimiter="\t"))


@pytest.fixture(scope="module")
def world(module_database: str, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    with django_db_blocker.unblock():
        yield build_world(NOW)


def reach_of(role: str, verb: str) -> str:
    """Return all, own or - as the table has it, the least of several rights; `self` is anybody's who is signed in."""
    if "+" in verb:
        return min((reach_of(role, each) for each in verb.split("+")), key=("-", "own", "all").index)
    if role in {"nobody", "stranger"}:
        return "all" if verb == "self" and role == "stranger" else "-"
    if verb == "self":
        return "all"
    if role == "token":
        return ruling()[verb]["owner"] if ruling()[verb]["token"] == "scope" and verb in TOKEN_SCOPES else "-"
    return ruling()[verb][role]


def expected(role: str, row: Row, place: str) -> str:
    """Return what the ruling wants: `sign in`, `yes`, `403` or `404`."""
    if role == "nobody" or (role == "token" and not row.is_rest):
        return "sign in"
    if not row.object:
        return "yes" if reach_of(role, row.verb) != "-" or row.verb == "see" else "403"
    if row.object.startswith("@"):
        return "403" if reach_of(role, row.verb) != "all" else "404" if place == "absent" else "yes"
    kind = row.kinds[0]
    own = place == "own" and (kind not in BROUGHT_BY_ONE or role == "owner")
    seen = reach_of(role, "see") if kind not in NOBODY_ELSES or role == "owner" else "-"
    if place == "absent" or not (seen == "all" or (seen == "own" and own)):
        return "404"
    reach = reach_of(role, row.verb)
    return "yes" if reach == "all" or (reach == "own" and own) else "403"


def places_of(row: Row) -> tuple[str, ...]:
    if not row.kinds:
        return ("-",)
    shared = ("shared",) if row.object in {"api", "finding"} else ()
    return ("own", "foreign", *shared, "absent")


def names_of(world: World, row: Row, place: str) -> list[str]:
    estate: Estate = world.own if place == "own" else world.foreign
    if place == "absent":
        return [ABSENT[kind] for kind in row.kinds]
    return [estate.objects[f"shared {kind}" if place == "shared" else kind] for kind in row.kinds]


def person_of(world: World, role: str) -> User | None:
    if role in {"owner", "token"}:
        return world.own.owner
    if role == "member":
        return world.own.member
    return world.people[role] if role in ORGANISATION else None


class Asker:
    """Asks for addresses as one role; nothing it does stays."""

    def __init__(self, world: World, role: str) -> None:
        self.world, self.role = world, role
        self.client = Client(enforce_csrf_checks=True)
        self.headers = {"X-CSRFToken": CSRF}
        user = person_of(world, role)
        if role == "stranger":
            user = User.objects.get_or_create(email="stranger@rights.example", defaults={"name": "stranger"})[0]
        if role == "token":
            assert user
            self.headers["Authorization"] = f"Bearer {token_of(user, *TOKEN_SCOPES)}"
        elif user:
            self.client.cookies = signed_in(user).cookies
        self.client.cookies["csrftoken"] = CSRF

    def ask(self, row: Row, method: str, place: str, *, fragment: bool = False) -> str:
        """Return what came of it, in the words of `expected` or as a status."""
        address = reverse(row.route, args=names_of(self.world, row, place))
        names = {key.replace(" ", "_"): value for key, value in self.world.own.objects.items()}
        body = dict(parse_qsl("" if method != row.method else row.body.format(**names), keep_blank_values=True))
        headers = self.headers | ({"HX-Request": "true"} if fragment else {})
        is_json = row.is_rest and method != "GET" and row.route not in BY_FORM
        kind = {"content_type": "application/json"} if is_json else {}
        data = body if method in {"POST", "GET"} or is_json else ""
        with transaction.atomic():
            answer = getattr(self.client, method.lower())(address, data, headers=headers, **kind)
            status = answer.status_code
            if answer.streaming:
                b"".join(answer.streaming_content)
            transaction.set_rollback(True)
        to = answer.headers.get("HX-Redirect", "") or answer.headers.get("Location", "")
        if status == 401 or to.startswith("/login/"):
            return "sign in"
        return str(status) if status in {403, 404, 405} or status >= 500 else "yes"


@pytest.mark.parametrize("role", ROLES)
def test_each_route_answers_each_role_as_the_ruling_says(
    world: World, role: str, record_property: RecordProperty
) -> None:
    asker = Asker(world, role)
    wrong: list[str] = []
    count = 0
    for row, place in ((each, where) for each in rows() for where in places_of(each)):
        wanted = expected(role, row, place)
        for fragment in (False, True) if row.method == "GET" and not row.is_rest and role in BY_PARTS else (False,):
            got = asker.ask(row, row.method, place, fragment=fragment)
            count += 1
            if got != wanted:
                wrong.append(f"{row.method} {row.route} {place}{' fragment' * fragment}: {got}, not {wanted}")
    record_property(TOLD, f"Matrix: {count} cells for {role}, {len(wrong)} wrong.")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("role", ["security_manager", "owner"])
def test_a_method_that_a_route_does_not_have_is_answered_with_405(world: World, role: str) -> None:
    asker = Asker(world, role)
    had = {(row.route, row.method) for row in rows()}
    wrong = []
    for row in {row.route: row for row in rows()}.values():
        for method in METHODS:
            if (row.route, method) in had:
                continue
            got = asker.ask(Row(row.route, method, row.verb, row.object, ""), method, "own" if row.object else "-")
            if got not in {"405", "403"}:
                wrong.append(f"{method} {row.route}: {got}")
    assert not wrong, "\n".join(wrong)


def test_every_route_is_in_the_table() -> None:
    named = {row.route for row in rows()}
    there = {name for _, name, _ in routes_of(get_resolver())}
    assert named - there == set()
    assert sorted(there - named - ELSEWHERE) == []


ELSEWHERE = {
    "access:app", "access:app-image", "access:codes", "access:codes-file", "access:confirm-options",
    "access:factor-remove", "access:passkey", "access:passkey-options", "access:passkey-sign-in",
    "access:join", "access:session-end", "access:welcome", "account_change_password", "account_login", "account_logout",
    "account_reauthenticate", "account_reset_password", "account_reset_password_from_key", "api:nowhere",
    "incidents:hook", "mfa_authenticate", "posture:components", "posture:notice-open",
}  # fmt: skip
"""Routes of the sign-in, of one's own factors of signed deliveries and for
developers, which have tests of their own."""
