"""The list of all findings somebody may see, and the same list as a file."""

import csv
from http import HTTPStatus
from io import StringIO

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from findings.models import Series
from inventory.access.choices import OrganisationRole
from inventory.access.models import StateChange
from tests.inventory.access.people import person, team
from tests.posture.services.estates import later, make_api, make_finding
from tests.posture.views.pages import FRAGMENT, rows_of, signed_in, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def analyst() -> Client:
    return signed_in(person(OrganisationRole.ANALYST))


def test_a_person_sees_the_open_findings_of_their_teams_and_their_own_unmapped_ones_worst_first() -> None:
    ours, theirs = team("Payments"), team("Logistics")
    user = person(owner_of=ours)
    mine = make_api(team=ours, name="Refunds")
    make_finding(mine, title="Low one", severity=1)
    make_finding(mine, title="Bad one", severity=4)
    make_finding(mine, title="Closed one", status="closed")
    make_finding(None, title="Lost one", severity=2, series=Series.objects.create(source_kind="t", uploader=user))
    make_finding(make_api(team=theirs), title="Theirs")
    make_finding(make_api(), title="Of no team")
    make_finding(mine, title="Moved", moved_to=make_finding(mine, title="Arrived", severity=3))
    page = signed_in(user).get("/findings/").content
    titles = [next(word for word in ("Bad", "Arrived", "Lost", "Low") if word in row) for row in rows_of(page)]
    assert titles == ["Bad", "Arrived", "Lost", "Low"]
    assert "4 open findings, worst first" in text_of(page)
    assert "Unmapped" in rows_of(page)[2]
    assert "Refunds" in rows_of(page)[0]


def test_every_filter_narrows_and_is_a_chip_that_takes_it_away(analyst: Client) -> None:
    ours = team("Payments")
    api = make_api(team=ours)
    Series.objects.create(source_kind="zap", api=api)
    make_finding(api, title="The one", severity=4, source_kind="zap", weakness_class="CWE-614", status="triaged")
    make_finding(make_api(), title="Another", severity=1)
    make_finding(None, title="Unmapped one")
    for asked, chip in (
        ("severity=critical", "Severity is Critical"),
        ("status=triaged", "Status is Triaged"),
        ("source=zap", "Source is zap"),
        (f"team={ours.slug}", "Team is Payments"),
        (f"api={api.code}", f"API is {api.code}"),
        ("class=CWE-614", "Class is CWE-614"),
        ("q=the+one", ""),
    ):
        page = analyst.get(f"/findings/?{asked}").content
        assert ["The one" in row for row in rows_of(page)] == [True], asked
        assert chip in text_of(page)
    assert ["Unmapped one" in row for row in rows_of(analyst.get("/findings/?mapped=no").content)] == [True]
    assert "No finding matches" in text_of(analyst.get("/findings/?q=zzz").content)
    assert "No open findings" in text_of(signed_in(person(owner_of=team("Empty"))).get("/findings/").content)


def test_pages_follow_one_another_without_a_gap_or_a_double(analyst: Client) -> None:
    api = make_api()
    for number in range(60):
        make_finding(api, title=f"Number {number:03}", severity=number % 3, first_seen=later(minutes=number // 4))
    seen: list[str] = []
    address = "/findings/"
    for _ in range(3):
        page = analyst.get(address).content
        seen += rows_of(page)
        following = page.decode().partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0]
        address = f"/findings/{following}"
    assert len(seen) == 60
    assert len(set(seen)) == 60


def test_htmx_gets_the_table_alone(analyst: Client) -> None:
    answer = analyst.get("/findings/?severity=high", headers=FRAGMENT)
    assert answer.content.decode().lstrip().startswith('<div id="finding-table"')
    assert answer.headers["HX-Push-Url"] == "/findings/?severity=high"


def test_the_list_takes_no_more_queries_for_more_rows(
    analyst: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(30):
        api = make_api(team=team(f"T{number}"))
        make_finding(api)
        Series.objects.create(source_kind=f"tool {number}", api=api)
    with django_assert_max_num_queries(12):
        assert len(rows_of(analyst.get("/findings/").content)) == 25


def test_the_file_holds_what_one_may_export_and_the_trail_says_who_took_it() -> None:
    ours = team("Payments")
    api = make_api(team=ours, name="Refunds")
    make_finding(api, title="=cmd()", severity=4)
    make_finding(api, title="Small", severity=1)
    make_finding(make_api(), title="Theirs", severity=4)
    answer = signed_in(person(owner_of=ours)).get("/export/findings.csv?severity=critical")
    rows = list(csv.DictReader(StringIO(answer.getvalue().decode("utf-8-sig"))))
    assert [(row["API"], row["API code"], row["Title"]) for row in rows] == [("Refunds", api.code, "'=cmd()")]
    assert StateChange.objects.get(kind="export").verb == "export findings"


def test_a_responder_who_is_in_a_team_exports_the_findings_of_that_team_alone() -> None:
    ours = team("Payments")
    make_finding(make_api(team=ours), title="Ours")
    make_finding(make_api(), title="Others")
    make_finding(None, title="Unmapped")
    both = signed_in(person(OrganisationRole.RESPONDER, owner_of=ours))
    assert len(rows_of(both.get("/findings/").content)) == 3
    text = both.get("/export/findings.csv").getvalue().decode()
    assert "Ours" in text
    assert "Others" not in text
    assert "Unmapped" not in text
    assert signed_in(person(OrganisationRole.RESPONDER)).get("/export/findings.csv").status_code == HTTPStatus.FORBIDDEN


def test_the_side_bar_marks_where_one_is(analyst: Client) -> None:
    page = analyst.get("/findings/").content.decode()
    assert '<a href="/findings/" data-go="f" aria-current="page">' in page
    assert '<a href="/apis/" data-go="a">' in page
