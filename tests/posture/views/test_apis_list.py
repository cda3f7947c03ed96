"""The list of APIs: its order, what it is narrowed to, its pages, and the part of it that htmx swaps."""

import re

import pytest
from django.test import Client

from inventory.access.choices import OrganisationRole
from inventory.access.pages import page_of
from tests.inventory.access.people import person, team
from tests.posture.services.estates import NOW, make_api, make_finding
from tests.posture.views.pages import FRAGMENT, make_endpoint, rows_of, score, signed_in, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def analyst() -> Client:
    return signed_in(person(OrganisationRole.ANALYST))


def test_the_first_page_ever_leads_to_the_upload_where_one_may(analyst: Client) -> None:
    assert 'href="/upload/"' in analyst.get("/apis/").content.decode()
    page = signed_in(person(OrganisationRole.AUDITOR)).get("/apis/").content.decode()
    assert 'href="/upload/"' not in page
    assert "an analyst, or a member of the team" in page


def test_apis_stand_by_risk_and_those_without_a_score_last(analyst: Client) -> None:
    safe, bad, middle, _unscored = (make_api(name=name, reach="public") for name in ("A", "B", "C", "D"))
    make_finding(bad, severity=4)
    make_finding(middle, severity=3)
    score(safe, bad, middle)
    names = re.findall(r'class="name"[^>]*>(\w)<', analyst.get("/apis/").content.decode())
    assert names == ["B", "C", "A", "D"]
    assert "–" in rows_of(analyst.get("/apis/").content)[3]


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("risk", "DACB"), ("-risk", "BCAD"), ("name", "ABCD"), ("-name", "DCBA"), ("open", "ADCB"), ("-open", "BCAD"),
        ("team", "ACBD"), ("-team", "DBAC"), ("nonsense", "BCAD"),
    ],
)  # fmt: skip
def test_the_list_sorts_both_ways_and_walks_in_every_order(
    analyst: Client, monkeypatch: pytest.MonkeyPatch, sort: str, order: str
) -> None:
    monkeypatch.setattr("inventory.access.pages.SIZE", 2)
    monkeypatch.setattr("inventory.access.pages.page_of.__kwdefaults__", {**(page_of.__kwdefaults__ or {}), "size": 2})
    a, b, c, d = (make_api(name=name, reach="public") for name in ("A", "B", "C", "D"))
    score(a)
    for api, number in ((b, 2), (c, 1)):
        for _ in range(number):
            make_finding(api)
        score(api)
    for api, name in ((b, "Aqua"), (d, "zinc")):
        api.team_rows.create(team=team(name), since=NOW)
    page = analyst.get(f"/apis/?sort={sort}").content.decode()
    names = re.findall(r'class="name"[^>]*>(\w)<', page)
    following = re.search(r'href="([^"]+)" rel="next"', page)
    assert following
    second = analyst.get("/apis/" + following[1].replace("&amp;", "&")).content.decode()
    assert "".join(names + re.findall(r'class="name"[^>]*>(\w)<', second)) == order
    back = re.search(r'href="([^"]+)" rel="prev"', second)
    assert back
    assert (
        re.findall(r'class="name"[^>]*>(\w)<', analyst.get("/apis/" + back[1].replace("&amp;", "&")).content.decode())
        == names
    )


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ("q=refu", "R"), ("q=REFU", "R"), ("q=/cards", "R"), ("q=aqua", "F"), ("q=%25", ""), ("q=_", ""),
        ("reach=public", "R"), ("reach=nonsense", "FR"), ("environment=staging", "F"), ("team=none", "R"),
        ("band=unscored", "F"), ("band=none", "R"), ("stage=retired", "O"), ("reach=public&environment=staging", ""),
        ("q=%00", "FR"), ("q=" + "x" * 300, "FR"), ("team=other", "FR"),
    ],
)  # fmt: skip
def test_the_list_is_narrowed_by_search_and_choices(analyst: Client, asked: str, names: str) -> None:
    refunds = make_api(name="Refunds", reach="public")
    make_endpoint(refunds, "/v1/cards")
    make_api(name="Freight", environment="staging", team=team("Aqua"))
    make_api(name="Old", stage="retired")
    score(refunds)
    page = analyst.get(f"/apis/?{asked}").content.decode()
    assert "".join(sorted(name[0] for name in re.findall(r'class="name"[^>]*>(\w+)<', page))) == names
    if not names:
        assert "No API matches" in page


def test_each_choice_is_a_chip_that_can_be_taken_off_again(analyst: Client) -> None:
    make_api(name="Refunds", reach="public", environment="staging")
    page = analyst.get("/apis/?q=ref&reach=public&environment=staging&after=x").content
    assert "Reach is Public" in text_of(page)
    off = re.search(r'href="([^"]+)" aria-label="Remove Reach filter"', page.decode())
    assert off
    assert off[1].replace("&amp;", "&") == "/apis/?q=ref&environment=staging"


def test_htmx_gets_the_table_alone_with_a_tidy_address(analyst: Client) -> None:
    make_api(name="Refunds")
    answer = analyst.get("/apis/?q=ref&reach=&sort=name", headers=FRAGMENT)
    text = answer.content.decode().lstrip()
    assert text.startswith('<div id="api-table"')
    assert "<html" not in text
    assert answer.headers["HX-Push-Url"] == "/apis/?q=ref&sort=name"
    assert "HX-Request" in answer.headers["Vary"]
    whole = analyst.get("/apis/?q=ref", headers={**FRAGMENT, "HX-Boosted": "true"}).content.decode()
    assert "<html" in whole
