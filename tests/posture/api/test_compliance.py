"""Compliance by REST: numbers that add up to the results behind them, now and as of a second that is past."""

from datetime import UTC, datetime, timedelta

import pytest

from inventory.access.choices import OrganisationRole
from inventory.models import Api
from posture.models import Compliance
from tests.callers import Caller, token_of
from tests.inventory.access.people import person, team
from tests.posture.services.estates import make_api

pytestmark = pytest.mark.django_db
THEN = datetime(2026, 1, 10, 12, tzinfo=UTC)


def said(api: Api, requirement: str, state: str, *, since: datetime = THEN, until: datetime | None = None) -> None:
    Compliance.objects.create(
        framework="owasp-api-2023", requirement=requirement, api=api, state=state, open=int(state == "not_met"),
        accepted=0, judged=1, unknown=0, failing=[["FND-1", "Title", 3, "GET /", False]] if state == "not_met" else [],
        since=since, until=until,
    )  # fmt: skip


def analyst() -> Caller:
    return Caller(token=token_of(person(OrganisationRole.ANALYST)))


def test_numbers_are_those_of_the_results_now_and_at_a_second_that_is_past() -> None:
    caller, one, other = analyst(), make_api(), make_api()
    later = THEN + timedelta(days=1)
    said(one, "API1", "not_met", until=later)
    said(one, "API1", "met", since=later)
    said(other, "API1", "not_met")
    first = caller.get("compliance/", at="2026-01-10T13:00:00Z")
    now = caller.get("compliance/")
    assert (first["at"], first["apis"]) == ("2026-01-10T13:00:00Z", 2)
    assert first["digest"] != now["digest"]
    assert caller.get("compliance/", at="2026-01-10T14:00:00+01:00")["digest"] == first["digest"]
    [row] = [row for row in now["requirements"] if row["requirement"] == "API1"]
    assert (row["state"], row["met"], row["total"], row["open"]) == ("not_met", 1, 2, 1)
    assert row["states"] == {"not_met": 1, "accepted": 0, "partly": 0, "not_tested": 0, "met": 1}
    assert caller.get("compliance/", api=one.code)["requirements"][0]["total"] == 1
    rows = caller.walk("compliance/results/", at="2026-01-10T13:00:00Z", state="not_met", page_size=1)
    assert [(row["api"], row["findings"]) for row in rows] == [(one.code, ["FND-1"]), (other.code, ["FND-1"])]
    assert [row["api"] for row in caller.walk("compliance/results/", state="met")] == [one.code]


def test_what_is_out_of_sight_counts_in_nothing_and_cannot_be_asked_for() -> None:
    crew = team("Payments")
    own, foreign = make_api(team=crew), make_api(team=team("Logistics"))
    said(own, "API1", "met")
    said(foreign, "API1", "not_met")
    caller = Caller(token=token_of(person(member_of=crew)))
    told = caller.get("compliance/")
    assert (told["apis"], told["requirements"][0]["state"]) == (1, "met")
    assert [row["api"] for row in caller.walk("compliance/results/")] == [own.code]
    for address in ("compliance/", "compliance/results/", "checks/"):
        caller.get(address, api=foreign.code)
        assert caller.status == 400


@pytest.mark.parametrize(
    "wrong", ["yesterday", "2026-01-10T12:00:00", "2026-13-10T12:00:00Z", "0001-01-01T00:00:00+23:00"]
)
def test_what_is_no_moment_is_refused_with_one_that_is(wrong: str) -> None:
    caller = analyst()
    answer = caller.get("compliance/", at=wrong)
    assert caller.status == 400
    assert "2026-01-31T12:00:00Z" in str(answer)


def test_a_second_to_come_is_now() -> None:
    assert analyst().get("compliance/", at="2099-01-01T00:00:00Z")["at"] < "2099"
