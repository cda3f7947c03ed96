"""APIs by REST: listed, narrowed, and what people state about one."""

from typing import Any

import pytest

from inventory.access.choices import OrganisationRole
from inventory.access.models import StateChange, Team
from inventory.jobs.models import Job
from inventory.models import Api, ApiTeam, BaseUrl, Fact
from tests.callers import Caller, token_of
from tests.inventory.access.people import person, team
from tests.posture.services.estates import make_api, make_finding
from tests.posture.views.pages import make_endpoint, score

pytestmark = pytest.mark.django_db


@pytest.fixture
def payments() -> Team:
    return team("Payments")


@pytest.fixture
def analyst() -> Caller:
    return Caller(user=person(OrganisationRole.ANALYST))


def names(caller: Caller, **asked: str) -> list[str]:
    return [row["name"] for row in caller.walk("apis/", **asked)]


def test_an_api_is_told_with_facts_people_addresses_score_and_open_findings(analyst: Caller, payments: Team) -> None:
    owner = person(member_of=payments)
    api = make_api(team=payments, name="Orders", version="2", reach="public", stage="deprecated", owner=owner)
    BaseUrl.objects.create(api=api, scheme="https", host="shop.example", port=8443, base_path="/v2")
    make_finding(api, severity=4)
    make_finding(api, severity=0)
    make_finding(api, status="closed")
    told = analyst.get(f"apis/{api.code}/")
    assert (told["score"], told["band"]) == (None, None)
    score(api)
    told = analyst.get(f"apis/{api.code}/")
    api.refresh_from_db()
    assert told == {
        "code": api.code, "name": "Orders", "version": "2", "kind": "rest", "environment": "unknown",
        "reach": "public", "criticality": "unknown", "sensitivity": "unknown", "stage": "deprecated",
        "team": payments.slug, "owner": owner.email, "deputy": None, "base_urls": ["https://shop.example:8443/v2"],
        "score": float(api.current_score.score), "band": api.current_score.band,
        "open_findings": {"critical": 1, "high": 0, "medium": 0, "low": 0},
        "first_seen": "2026-03-01T12:00:00Z", "last_seen": "2026-03-01T12:00:00Z",
    }  # fmt: skip
    assert analyst.get("apis/")["results"] == [told]


def test_the_list_is_narrowed_by_what_was_written_by_hand(analyst: Caller, payments: Team) -> None:
    orders = make_api(team=payments, name="Orders", reach="public", environment="production", criticality="high")
    make_api(name="Trains", reach="internal", sensitivity="restricted", owner=person())
    make_api(name="Old", stage="retired")
    make_endpoint(orders, "/baskets/{id}")
    make_finding(orders, severity=4, kev=True, cvss=10.0)
    score(orders)
    band = analyst.get(f"apis/{orders.code}/")["band"]
    assert names(analyst) == ["Orders", "Trains"]
    for asked, expected in (
        ({"stage": "retired"}, ["Old"]),
        ({"team": payments.slug}, ["Orders"]),
        ({"team": "none"}, ["Trains"]),
        ({"reach": "public"}, ["Orders"]),
        ({"environment": "production"}, ["Orders"]),
        ({"criticality": "high"}, ["Orders"]),
        ({"sensitivity": "restricted"}, ["Trains"]),
        ({"band": band}, ["Orders"]),
        ({"band": "unscored"}, ["Trains"]),
        ({"q": "BASKETS"}, ["Orders"]),
        ({"q": "tra"}, ["Trains"]),
        ({"q": "%"}, []),
        ({"reach": "public", "team": "none"}, []),
    ):
        assert names(analyst, **asked) == expected, asked
    for name, value in (("team", "no-such"), ("reach", "moon"), ("band", "High"), ("sort", "-risk"), ("page", "2")):
        refusal = analyst.get("apis/", **{name: value})["error"]
        assert (analyst.status, refusal["field"]) == (400, name)


def test_a_foreign_api_looks_exactly_like_none(payments: Team) -> None:
    logistics = team("Logistics")
    own, foreign = make_api(team=payments), make_api(team=logistics)
    member = Caller(user=person(member_of=payments))
    assert [row["code"] for row in member.walk("apis/")] == [own.code]
    for address, said in (("apis/{}/", None), ("apis/{}/score/", None), ("apis/{}/", {"reach": "public"})):
        told = [
            member.patch(address.format(code), **said) if said else member.get(address.format(code))
            for code in (foreign.code, "API-0")
        ]
        assert member.status == 404
        assert str(told[0]).replace(foreign.code, "API-0") == str(told[1])
    told = [member.get("apis/", team=slug) for slug in (logistics.slug, "no-such")]
    assert str(told[0]).replace(logistics.slug, "no-such") == str(told[1])


def test_what_a_person_states_is_shown_kept_and_scored(analyst: Caller, payments: Team) -> None:
    api, owner = make_api(team=payments, reach="internal"), person()
    told = analyst.patch(
        f"apis/{api.code}/", reach="public", criticality="high", owner=owner.email.upper(), reason="Asked around."
    )
    assert analyst.status == 200
    assert (told["reach"], told["criticality"], told["owner"], told["team"]) == (
        "public",
        "high",
        owner.email,
        payments.slug,
    )
    rows = StateChange.objects.filter(api_id=api.pk).order_by("id")
    assert [(row.verb, row.new, row.reason) for row in rows] == [
        ("set reach", "public", "Asked around."),
        ("set criticality", "high", "Asked around."),
        ("set owner", owner.email, "Asked around."),
    ]
    assert Job.objects.filter(kind="posture.score").exists()
    told = analyst.patch(f"apis/{api.code}/", reach=None, owner=None)
    assert (told["reach"], told["owner"]) == ("unknown", None)
    assert not Fact.objects.filter(api=api, attribute="reach").exists()
    assert analyst.patch(f"apis/{api.code}/")["criticality"] == "high"


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"reach": "moon"}, "reach"),
        ({"reach": ["public"]}, "reach"),
        ({"name": "New"}, "name"),
        ({"score": 0}, "score"),
        ({"team": "no-such"}, "team"),
        ({"owner": "nobody@test.example"}, "owner"),
        ({"owner": "no address"}, "owner"),
        ({"reason": "x" * 1001}, "reason"),
        ({"criticality": "low", "deputy": "nobody@test.example"}, "deputy"),
    ],
)
def test_what_cannot_be_stated_is_400_and_changes_nothing(analyst: Caller, said: dict[str, Any], field: str) -> None:
    api = make_api()
    refusal = analyst.patch(f"apis/{api.code}/", **said)["error"]
    assert (analyst.status, refusal["field"]) == (400, field)
    api.refresh_from_db()
    assert api.criticality == "unknown"
    assert not StateChange.objects.filter(api_id=api.pk).exists()


def test_an_api_given_to_a_team_out_of_sight_is_gone_after_all_else_was_done(payments: Team) -> None:
    logistics = team("Logistics")
    api, both = make_api(team=payments), person(member_of=payments)
    both.memberships.create(team=logistics, role="member")
    member, other = Caller(user=person(member_of=payments)), Caller(user=both)
    refusal = member.patch(f"apis/{api.code}/", team=logistics.slug)["error"]
    assert (member.status, refusal["field"]) == (400, "team")
    told = other.patch(f"apis/{api.code}/", reach="public", team=logistics.slug)
    assert (other.status, told["team"], told["reach"]) == (200, logistics.slug, "public")
    member.get(f"apis/{api.code}/")
    assert member.status == 404
    other.patch(f"apis/{api.code}/", team=None, reach="partner")
    assert (other.status, other.answer.content) == (204, b"")
    assert not ApiTeam.objects.filter(api=api, until=None).exists()
    assert Api.objects.get(pk=api.pk).reach == "partner"


def test_people_of_other_teams_cannot_be_guessed(payments: Team) -> None:
    api, stranger, mate = make_api(team=payments), person(), person(member_of=payments)
    member = Caller(user=person(member_of=payments))
    told = member.patch(f"apis/{api.code}/", owner=stranger.email)
    assert member.status == 400
    absent = member.patch(f"apis/{api.code}/", owner="nobody@test.example")
    assert str(told).replace(stranger.email, "nobody@test.example") == str(absent)
    assert member.patch(f"apis/{api.code}/", owner=mate.email)["owner"] == mate.email


def test_a_token_states_nothing_and_says_who_may(payments: Team) -> None:
    api = make_api(team=payments)
    token = Caller(token=token_of(person(OrganisationRole.SECURITY_MANAGER)))
    refusal = token.patch(f"apis/{api.code}/", reach="public")["error"]
    assert (token.status, refusal["code"]) == (403, "forbidden")
    assert refusal["message"].startswith("A token may not map, classify, set facts and assign: sign in as a person")
    token.patch("apis/API-0/", reach="public")
    assert token.status == 404
    auditor = Caller(user=person(OrganisationRole.AUDITOR))
    refusal = auditor.patch(f"apis/{api.code}/", reach="public")["error"]
    assert (auditor.status, refusal["message"].partition(".")[0]) == (
        403,
        "Your roles do not let you map, classify, set facts and assign",
    )


def test_a_token_bound_to_a_team_sees_its_apis_only(payments: Team) -> None:
    own, other = make_api(team=payments), make_api()
    bound = Caller(token=token_of(person(OrganisationRole.ANALYST), team=payments))
    assert [row["code"] for row in bound.walk("apis/")] == [own.code]
    bound.get(f"apis/{other.code}/")
    assert bound.status == 404


def test_a_page_takes_as_many_queries_for_many_rows_as_for_one(
    payments: Team, django_assert_max_num_queries: Any
) -> None:
    for _ in range(40):
        api = make_api(team=payments, owner=person())
        BaseUrl.objects.create(api=api, host="h")
    score(*Api.objects.all())
    caller = Caller(token=token_of(person(OrganisationRole.ANALYST)))
    caller.get("apis/")
    for size in (1, 40):
        with django_assert_max_num_queries(6):  # who asks (2), numbers, rows, addresses, open findings
            assert len(caller.get("apis/", page_size=size)["results"]) == size
