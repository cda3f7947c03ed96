"""Lists as files: exactly the rows of the page, for those who may take them, and never without a trace."""

import csv
import io
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from inventory.access.choices import OrganisationRole
from inventory.access.models import StateChange, Team
from inventory.models import Api
from tests.inventory.access.people import person, team
from tests.posture.services.estates import make_api, make_finding
from tests.posture.views.pages import score, signed_in

pytestmark = pytest.mark.django_db
MARK = "\ufeff"


@pytest.fixture
def payments() -> Team:
    return team("Payments")


def table_of(client: Client, address: str) -> list[dict[str, str]]:
    answer: Any = client.get(address)
    assert answer.status_code == 200, answer
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    text = b"".join(answer.streaming_content).decode()
    assert text.startswith(MARK)
    return list(csv.DictReader(io.StringIO(text.removeprefix(MARK), newline="")))


def codes_on_page(client: Client, address: str, word: str) -> list[str]:
    """Return the codes of all pages of a list, in their order, as its links name them."""
    found: list[str] = []
    while address:
        context = client.get(address).context
        page = context["list"].page if word == "apis" else context["page"]
        found += [row.code for row in page.rows]
        base = address.partition("?")[0]
        asked = context["request"].GET.copy()
        asked["after"] = page.next
        address = f"{base}?{asked.urlencode()}" if page.next else ""
    return found


def estate(payments: Team) -> list[Api]:
    apis = []
    for number in range(32):
        holder = payments if number % 2 else None
        apis.append(make_api(team=holder, name=f"Api {number:02}", reach="public" if number % 3 else "internal"))
    for number, api in enumerate(apis):
        for _ in range(number % 4):
            make_finding(api)
    score(*apis[:25])
    make_api(name="Old", stage="retired")
    return apis


@pytest.mark.parametrize(
    "asked", ["", "?sort=name", "?sort=-open", "?sort=team", "?reach=public", "?band=unscored", "?q=api+1",
              "?stage=retired", "?team=none&sort=-name", "?reach=moon&sort=sideways", "?q=no+such"],
)  # fmt: skip
def test_the_apis_in_the_file_are_those_of_the_page_in_its_order(payments: Team, asked: str) -> None:
    estate(payments)
    client = signed_in(person(OrganisationRole.ANALYST))
    taken = [row["Code"] for row in table_of(client, f"/export/apis.csv{asked}")]
    assert taken == codes_on_page(client, f"/apis/{asked}", "apis")


def test_a_row_says_what_the_page_says(payments: Team) -> None:
    api = make_api(team=payments, name="=Orders()", version="2.1", reach="public", environment="staging")
    make_finding(api)
    score(api)
    (row,) = table_of(signed_in(person(OrganisationRole.ANALYST)), "/export/apis.csv")
    assert row["API"] == "'=Orders()"
    assert (row["Version"], row["Reach"], row["Team"], row["High"], row["Low"]) == (
        "2.1",
        "Public",
        "Payments",
        "1",
        "0",
    )
    assert (row["Risk"], row["Coverage"], row["Marks"]) == (api.current_score.band, "no data", "Staging")
    assert float(row["Risk score"]) == float(api.current_score.score)


@pytest.mark.parametrize("asked", ["", "?status=any", "?severity=low", "?q=x", "?status=closed", "?severity=moon"])
def test_the_findings_in_the_file_are_those_of_the_page_in_its_order(payments: Team, asked: str) -> None:
    api = make_api(team=payments)
    for number in range(40):
        status, title = ("new", "x") if number % 7 else ("closed", "y")
        make_finding(api, severity=number % 5, status=status, title=title)
    make_finding(make_api())
    client = signed_in(person(OrganisationRole.ANALYST))
    taken = [row["Code"] for row in table_of(client, f"/export/apis/{api.code}/findings.csv{asked}")]
    assert taken == codes_on_page(client, f"/apis/{api.code}/findings/{asked}", "findings")
    assert bool(taken)


def test_text_of_a_tool_is_no_formula_in_the_file(payments: Team) -> None:
    api = make_api(team=payments)
    make_finding(
        api, title='=HYPERLINK("http://evil.example")', rule="@r", message="\t=1", remedy="two\nlines", cwe=[79]
    )
    (row,) = table_of(signed_in(person(OrganisationRole.ANALYST)), f"/export/apis/{api.code}/findings.csv")
    assert row["Title"] == '\'=HYPERLINK("http://evil.example")'
    assert (row["Rule"], row["Message"], row["Remedy"], row["CWE"]) == ("'@r", "'\t=1", "two\nlines", "CWE-79")


def test_taking_a_list_leaves_a_line_in_the_trail(payments: Team) -> None:
    user = person(OrganisationRole.AUDITOR)
    api = make_api(team=payments)
    client = signed_in(user)
    table_of(client, "/export/apis.csv?reach=public&sort=name&q=a")
    table_of(client, f"/export/apis/{api.code}/findings.csv?status=any")
    rows = StateChange.objects.filter(kind="export").order_by("id")
    assert [(row.actor, row.code, row.verb, row.api_id) for row in rows] == [
        (f"user:{user.pk}", "apis", "export APIs", None),
        (f"user:{user.pk}", api.code, "export findings", api.pk),
    ]
    assert rows[0].new == {"format": "csv", "filter": {"q": "a", "reach": "public"}, "sort": "name"}


def test_who_may_not_export_gets_403_and_what_is_out_of_sight_404(payments: Team) -> None:
    own, foreign = make_api(team=payments), make_api()
    for user, address, status in (
        (person(OrganisationRole.RESPONDER), "/export/apis.csv", 403),
        (person(OrganisationRole.ADMINISTRATOR), "/export/apis.csv", 403),
        (person(OrganisationRole.RESPONDER), f"/export/apis/{own.code}/findings.csv", 403),
        (person(), "/export/apis.csv", 403),
        (person(member_of=payments), f"/export/apis/{foreign.code}/findings.csv", 404),
        (person(member_of=payments), "/export/apis/API-0/findings.csv", 404),
        (person(member_of=payments), f"/export/apis/{own.code}/findings.csv", 200),
    ):
        assert signed_in(user).get(address).status_code == status, address
    assert not StateChange.objects.filter(kind="export").exclude(code=own.code).exists()
    assert Client().get("/export/apis.csv").status_code == 302
    assert signed_in(person(OrganisationRole.ANALYST)).post("/export/apis.csv").status_code == 405


def test_who_sees_more_than_they_may_export_exports_less(payments: Team) -> None:
    own = make_api(team=payments)
    foreign = make_api()
    client = signed_in(person(OrganisationRole.RESPONDER, member_of=payments))
    assert client.get(f"/apis/{foreign.code}/").status_code == 200
    assert [row["Code"] for row in table_of(client, "/export/apis.csv")] == [own.code]
    assert client.get(f"/export/apis/{foreign.code}/findings.csv").status_code == 403


def test_the_rows_come_through_a_cursor_of_the_database(payments: Team) -> None:
    api = make_api(team=payments)
    for _ in range(30):
        make_finding(api)
    client = signed_in(person(OrganisationRole.ANALYST))
    with CaptureQueriesContext(connection) as queries:
        assert len(table_of(client, f"/export/apis/{api.code}/findings.csv")) == 30
    assert any("DECLARE" in query["sql"] and "findings_finding" in query["sql"] for query in queries)
    with CaptureQueriesContext(connection) as queries:
        table_of(client, "/export/apis.csv")
    few = len(queries)
    for _ in range(20):
        make_api(team=payments)
    with CaptureQueriesContext(connection) as queries:
        table_of(client, "/export/apis.csv")
    assert len(queries) == few
