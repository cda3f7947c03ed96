"""Cases: what meets on one endpoint, why, and in which order."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client
from django.utils import timezone

from findings.models import CheckResult
from incidents.filters import CaseFilter
from incidents.models import Episode
from incidents.selectors.cases import cases_in_sight, page_of_case, visible_case
from inventory.access.choices import OrganisationRole
from inventory.access.selectors import principal_of
from inventory.models import Endpoint
from tests.inventory.access.people import person, team
from tests.posture.services.estates import make_api, make_finding
from tests.posture.services.test_runtime import attack, endpoint
from tests.posture.views.pages import signed_in, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def now() -> datetime:
    return timezone.now()


def fails(at: Endpoint, now: datetime, **more: Any) -> CheckResult:
    facts = {"api": at.api, "endpoint": at, "check_name": "x", "result": "fail", "severity": 2, "evidence": "It fails.",
             "since": now}  # fmt: skip
    return CheckResult.objects.create(**{**facts, **more})


def client_of(**more: Any) -> Client:
    return signed_in(person(OrganisationRole.ANALYST, **more))


def listed(now: datetime, asked: str = "") -> list[tuple[str, str]]:
    analyst = principal_of(person(OrganisationRole.ANALYST), now=now)
    page = cases_in_sight(principal=analyst, narrowed=CaseFilter(QueryDict(asked)), now=now)
    return [(row.place, row.outcome) for row in page.rows]


def test_weaknesses_under_attack_lead_by_what_became_of_it(now: datetime) -> None:
    api = make_api()
    blocked, passed, quiet, weak, attacked = (endpoint(api, f"/{name}") for name in ("b", "p", "q", "w", "a"))
    for at in (blocked, passed, weak):
        make_finding(api, endpoint=at, cwe=[89], severity=3)
    attack(blocked, last=now)
    attack(passed, last=now, outcome="allowed")
    attack(attacked, last=now)
    make_finding(api, endpoint=quiet, cwe=[89])
    fails(quiet, now)
    assert listed(now) == [("GET /p", "allowed"), ("GET /b", "blocked")]
    assert listed(now, "attack=any") == [("GET /p", "allowed"), ("GET /b", "blocked"), ("GET /q", "")]
    assert listed(now, "attack=passed") == [("GET /p", "allowed")]
    assert listed(now, "q=nothing") == []


def test_old_harmless_and_closed_things_make_no_case(now: datetime) -> None:
    api = make_api()
    at = endpoint(api)
    finding = make_finding(api, endpoint=at, cwe=[89], status="closed")
    attack(at, last=now - timedelta(days=31))
    attack(at, last=now, resolution="benign")
    assert listed(now, "attack=any") == []
    attack(at, last=now)
    assert listed(now) == []
    finding.status = "new"
    finding.save()
    assert listed(now) == [("GET /orders", "blocked")]


def test_each_thing_says_why_it_is_part_of_the_case(now: datetime) -> None:
    api = make_api()
    at = endpoint(api)
    make_finding(api, endpoint=at, cwe=[639])
    make_finding(api, endpoint=at, cwe=[89])
    attack(at, last=now, category="API1", outcome="succeeded")
    fails(at, now)
    analyst = principal_of(person(OrganisationRole.ANALYST), now=now)
    (row,) = cases_in_sight(principal=analyst, narrowed=CaseFilter(QueryDict("")), now=now).rows
    assert (row.findings, row.alerts, row.checks) == (2, 1, 1)
    found = visible_case(principal=analyst, code=row.code, now=now)
    assert found
    page = page_of_case(endpoint=found, now=now)
    kind = "of the kind that is met here: API1 Broken object level authorization"
    assert sorted(member.reasons for member in page.findings) == [("on this endpoint",), ("on this endpoint", kind)]
    assert page.alerts[0][1] == ("aimed at this endpoint", kind, "it succeeded")
    assert page.checks[0].reasons == ("fails on this endpoint", "It fails.")


def test_a_case_out_of_sight_is_as_one_that_is_not_there(now: datetime) -> None:
    crew = team("Payments")
    at = endpoint(make_api(team=crew, name="Tolls"))
    attack(at, last=now)
    fails(at, now)
    own = signed_in(person(member_of=crew))
    page = own.get("/cases/").content.decode()
    assert "GET /orders" in text_of(page.encode())
    address = page.partition('href="/cases/CAS-')[2].partition('"')[0]
    assert "Tolls" in text_of(own.get(f"/cases/CAS-{address}").content)
    other = signed_in(person(member_of=team("Logistics")))
    assert other.get(f"/cases/CAS-{address}").status_code == 404
    assert "No weakness is under attack" in text_of(other.get("/cases/").content)
    assert other.get("/cases/CAS-NOTHING/").status_code == 404
    Episode.objects.update(resolution="benign", state="closed")
    assert own.get(f"/cases/CAS-{address}").status_code == 404
