"""Lists as CSV for programs: the scope to export, the rows of the page, no byte-order mark."""

import csv
import io

import pytest

from inventory.access.choices import OrganisationRole
from inventory.access.models import StateChange, Team
from tests.callers import Caller, token_of
from tests.inventory.access.people import person, team
from tests.posture.services.estates import make_api, make_finding

pytestmark = pytest.mark.django_db


@pytest.fixture
def payments() -> Team:
    return team("Payments")


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_a_token_with_the_scope_takes_what_the_page_shows(payments: Team) -> None:
    api = make_api(team=payments, name="B", reach="public")
    make_api(name="A", reach="public")
    make_finding(api, severity=4)
    make_finding(api, severity=1, status="closed")
    user = person(OrganisationRole.AUDITOR)
    caller = Caller(token=token_of(user))
    assert [row["API"] for row in rows_of(caller.get("export/apis.csv", reach="public", sort="name"))] == ["A", "B"]
    assert caller.answer["Content-Type"] == "text/csv; charset=utf-8"
    found = rows_of(caller.get(f"export/apis/{api.code}/findings.csv"))
    assert [row["Severity"] for row in found] == ["critical"]
    assert len(rows_of(caller.get(f"export/apis/{api.code}/findings.csv", status="any"))) == 2
    bound = Caller(token=token_of(user, team=payments))
    assert [row["API"] for row in rows_of(bound.get("export/apis.csv"))] == ["B"]
    trail = StateChange.objects.filter(kind="export").order_by("id").first()
    assert trail is not None
    assert trail.actor.startswith("token:")
    assert trail.on_behalf_of == f"user:{user.pk}"


def test_without_the_scope_or_the_right_nothing_is_given(payments: Team) -> None:
    api = make_api(team=payments)
    scoped = Caller(token=token_of(person(OrganisationRole.AUDITOR), "see", "upload"))
    person_only = Caller(token=token_of(person(OrganisationRole.RESPONDER)))
    for caller, words in ((scoped, "it has not the scope export"), (person_only, "The person this token acts for")):
        for address in ("export/apis.csv", f"export/apis/{api.code}/findings.csv"):
            refusal = caller.get(address)["error"]
            assert caller.status == 403
            assert words in refusal["message"]
    member = Caller(token=token_of(person(member_of=payments)))
    member.get(f"export/apis/{make_api().code}/findings.csv")
    assert member.status == 404
    assert not StateChange.objects.filter(kind="export").exists()


@pytest.mark.parametrize(
    ("address", "name", "value"),
    [
        ("export/apis.csv", "reach", "moon"),
        ("export/apis.csv", "sort", "sideways"),
        ("export/apis.csv", "team", "no-such"),
        ("export/apis.csv", "page_size", "3"),
        ("export/apis/{}/findings.csv", "status", "open"),
        ("export/apis/{}/findings.csv", "severity", "worst"),
    ],
)
def test_what_cannot_be_asked_is_refused_rather_than_left_out(address: str, name: str, value: str) -> None:
    caller = Caller(token=token_of(person(OrganisationRole.ANALYST)))
    refusal = caller.get(address.format(make_api().code), **{name: value})["error"]
    assert (caller.status, refusal["field"]) == (400, name)
