"""Results of checks by REST: what stands now, and with history what stood before."""

from datetime import timedelta

import pytest

from findings.models import CheckResult
from inventory.access.choices import OrganisationRole
from inventory.models import Api
from tests.callers import Caller, token_of
from tests.inventory.access.people import NOW, person, team
from tests.posture.services.estates import make_api

pytestmark = pytest.mark.django_db


def said(api: Api, check: str, word: str, **more: object) -> CheckResult:
    facts = {"check_name": check, "api": api, "result": word, "severity": 3, "evidence": "Seen.", "since": NOW}
    return CheckResult.objects.create(**{**facts, **more})


def test_what_stands_now_is_listed_and_what_stood_before_with_history() -> None:
    crew = team("Payments")
    own, foreign = make_api(team=crew), make_api(team=team("Logistics"))
    said(own, "untested", "fail", until=NOW + timedelta(days=1))
    said(own, "untested", "pass", since=NOW + timedelta(days=1))
    said(own, "plain-http", "fail", severity=4)
    said(foreign, "untested", "fail")
    caller = Caller(token=token_of(person(member_of=crew)))
    rows = caller.walk("checks/", page_size=1)
    assert [(row["check"], row["result"], row["until"]) for row in rows] == [
        ("untested", "pass", None), ("plain-http", "fail", None),
    ]  # fmt: skip
    assert (rows[1]["api"], rows[1]["severity"], rows[1]["endpoint"]) == (own.code, "critical", None)
    assert len(caller.walk("checks/", history="true")) == 3
    assert [row["check"] for row in caller.walk("checks/", result="fail", severity="critical")] == ["plain-http"]
    assert len(Caller(token=token_of(person(OrganisationRole.AUDITOR))).walk("checks/", check="untested")) == 2
