"""The page where findings without an API get one."""

from http import HTTPStatus

import pytest
from django.test import Client

from findings.models import Finding, MappingRule, Series
from inventory.access.choices import OrganisationRole
from inventory.access.models import Team
from inventory.jobs.models import Job
from inventory.models import Api
from tests.inventory.access.people import person, team
from tests.posture.services.estates import NOW, make_api
from tests.posture.views.pages import rows_of, signed_in, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager() -> Client:
    return signed_in(person(OrganisationRole.SECURITY_MANAGER))


@pytest.fixture
def ours() -> Team:
    return team("ours")


@pytest.fixture
def orders(ours: Team) -> Api:
    return make_api(name="Orders", team=ours)


def unmapped(count: int = 1, *, held_by: Team | None = None, series: str = "nightly", **values: str) -> None:
    held, _ = Series.objects.get_or_create(source_kind="scanner", name=series, team=held_by)
    for _number in range(count):
        number = Finding.objects.count()
        Finding.objects.create(
            code=f"FND-{number}", fingerprint=f"{number:064}", weakness_key="w", source_kind="scanner", rule="r",
            title=f"Weakness {number}", severity=3, record_digest="d", first_seen=NOW, series=held, **values,
        )  # fmt: skip


def test_with_nothing_unmapped_the_page_says_so(manager: Client) -> None:
    text = text_of(manager.get("/mapping/").content)
    assert "Every finding has its API" in text
    assert "No rule yet." in text


def test_unmapped_findings_are_grouped_by_what_a_rule_could_look_at(manager: Client) -> None:
    unmapped(3, repository="https://github.com/shop/Orders.git")
    unmapped(2, url="https://Api.Shop.example:8443/orders?x=1")
    unmapped(1, series="weekly")
    page = manager.get("/mapping/").content
    assert "Unmapped 6 findings" in text_of(page)
    assert [row.split(" Map ")[0] for row in rows_of(page)] == [
        "github.com/shop/orders Repository scanner nightly 3",
        "api.shop.example Host scanner nightly 2",
        "weekly Series scanner weekly 1",
    ]
    assert "?kind=host&amp;pattern=api.shop.example" in page.decode()
    chosen = manager.get("/mapping/?kind=host&pattern=api.shop.example").content.decode()
    assert 'value="api.shop.example"' in chosen


def test_a_preview_counts_and_makes_nothing(manager: Client, orders: Api) -> None:
    unmapped(7, url="https://api.shop.example/orders")
    text = text_of(manager.post("/mapping/", {"kind": "host", "pattern": "api.shop.example", "do": "preview"}).content)
    assert "The rule would tie 7 findings" in text
    assert "5 of them" in text
    assert not MappingRule.objects.exists()


def test_a_rule_is_made_told_of_and_ended(manager: Client, orders: Api) -> None:
    form = {"kind": "host", "pattern": "https://api.shop.example/", "api": "orders", "do": "create"}
    answer = manager.post("/mapping/", form)
    assert answer.headers["Location"] == f"/jobs/{Job.objects.get(kind='findings.map').pk}/"
    rule = MappingRule.objects.get()
    assert (rule.pattern, rule.api) == ("api.shop.example", orders)
    assert any("api.shop.example" in row and "Orders" in row for row in rows_of(manager.get("/mapping/").content))
    again = manager.post("/mapping/", form)
    assert again.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "already" in text_of(again.content)
    manager.post(f"/mapping/{rule.code}/end/")
    rule.refresh_from_db()
    assert rule.ended_at
    assert "No rule yet." in text_of(manager.get("/mapping/").content)


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"kind": "host", "pattern": "", "do": "preview"}, "Say which one the rule is for."),
        ({"kind": "moon", "pattern": "x", "do": "preview"}, "moon"),
        ({"kind": "host", "pattern": "x", "api": "no such", "do": "create"}, "There is no API “no such”"),
        ({"kind": "host", "pattern": "x", "api": " ", "do": "create"}, "Say which API they belong to."),
    ],
)
def test_what_cannot_be_is_said_on_the_page(form: dict[str, str], words: str, manager: Client) -> None:
    answer = manager.post("/mapping/", form)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert words in text_of(answer.content)


def test_a_team_sees_its_own_and_only_its_owner_maps(ours: Team, orders: Api) -> None:
    theirs = team("theirs")
    foreign = make_api(name="Foreign", team=theirs)
    unmapped(1, held_by=ours, repository="ours")
    unmapped(1, held_by=theirs, repository="theirs")
    member, owner = signed_in(person(member_of=ours)), signed_in(person(owner_of=ours))
    text = text_of(member.get("/mapping/").content)
    assert "Unmapped 1 finding" in text
    assert "theirs" not in text
    assert "Make the rule" not in text
    form = {"kind": "repository", "pattern": "ours", "api": "Orders", "do": "create"}
    assert member.post("/mapping/", form).status_code == HTTPStatus.FORBIDDEN
    assert "no API “Foreign”" in text_of(owner.post("/mapping/", {**form, "api": "Foreign"}).content)
    assert owner.post("/mapping/", form).status_code == HTTPStatus.FOUND
    rule = MappingRule.objects.get()
    assert member.post(f"/mapping/{rule.code}/end/").status_code == HTTPStatus.FORBIDDEN
    stranger = signed_in(person(owner_of=theirs))
    assert stranger.post(f"/mapping/{rule.code}/end/").status_code == HTTPStatus.NOT_FOUND
    assert foreign.mapping_rules.count() == 0
