"""The score by REST: what the stored score says, with reasons that add up and a plan."""

from datetime import timedelta
from typing import Any

import pytest

from findings.models import Finding
from inventory.access.choices import OrganisationRole
from inventory.access.models import Team
from tests.callers import Caller, token_of
from tests.inventory.access.people import person, team
from tests.posture.services.estates import NOW, make_api, make_finding
from tests.posture.views.pages import score

pytestmark = pytest.mark.django_db


@pytest.fixture
def payments() -> Team:
    return team("Payments")


@pytest.fixture
def caller() -> Caller:
    return Caller(token=token_of(person(OrganisationRole.ANALYST)))


def test_an_api_without_a_score_says_so(caller: Caller, payments: Team) -> None:
    api = make_api(team=payments)
    told = caller.get(f"apis/{api.code}/score/")
    assert told == {
        "api": api.code, "score": None, "inherent": None, "coverage": None, "band": None, "model_version": None,
        "computed_at": None, "factors": [], "plan": [],
    }  # fmt: skip


def test_a_score_is_told_with_factors_that_add_up_and_a_plan_that_ends_where_it_says(
    caller: Caller, payments: Team
) -> None:
    api = make_api(team=payments, reach="public", environment="production", criticality="high")
    found = [
        make_finding(api, severity=severity, weakness_class=kind)
        for severity, kind in ((4, "CWE-89"), (3, "CWE-79"), (3, "CWE-79"), (2, "CWE-1"))
    ]
    make_finding(api, severity=4, status="accepted", weakness_class="CWE-5")
    score(api, now=NOW + timedelta(hours=1))
    told = caller.get(f"apis/{api.code}/score/")
    assert (told["model_version"], told["coverage"], told["computed_at"]) == (1, None, "2026-03-01T13:00:00Z")
    assert 0 < told["score"] < told["inherent"] <= 100
    assert round(told["score"], 2) == told["score"]
    codes = {finding.code for finding in found}
    assert {(factor["kind"], factor["key"]) for factor in told["factors"]} == {("finding", code) for code in codes}
    assert sum(factor["points"] for factor in told["factors"]) == pytest.approx(told["score"], abs=0.006)
    points = [factor["points"] for factor in told["factors"]]
    assert points == sorted(points, reverse=True)
    assert {factor["class"] for factor in told["factors"]} == {"CWE-89", "CWE-79", "CWE-1"}
    assert all(0 < factor["if_fixed"] <= told["score"] for factor in told["factors"])
    assert {step["key"] for step in told["plan"]} == codes
    assert {step["kind"] for step in told["plan"]} == {"finding"}
    left = told["score"]
    for step in told["plan"]:
        left -= step["gain"]
        assert step["score"] == pytest.approx(left, abs=0.02)
    assert left == pytest.approx(0, abs=0.02)


def test_the_first_step_of_the_plan_does_what_it_promises(caller: Caller, payments: Team) -> None:
    api = make_api(team=payments, reach="public")
    for severity in (4, 3, 2):
        make_finding(api, severity=severity, weakness_class=f"CWE-{severity}")
    score(api)
    step = caller.get(f"apis/{api.code}/score/")["plan"][0]
    Finding.objects.filter(code=step["key"]).update(status="closed")
    score(api, now=NOW + timedelta(hours=1))
    assert caller.get(f"apis/{api.code}/score/")["score"] == pytest.approx(step["score"], abs=0.01)


def test_a_score_takes_few_queries(caller: Caller, payments: Team, django_assert_max_num_queries: Any) -> None:
    api = make_api(team=payments)
    for _ in range(120):
        make_finding(api)
    score(api)
    caller.get(f"apis/{api.code}/score/")
    with django_assert_max_num_queries(7):
        told = caller.get(f"apis/{api.code}/score/")
    assert sum(factor["count"] for factor in told["factors"]) == 120
