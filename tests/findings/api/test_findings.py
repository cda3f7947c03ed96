"""Findings by REST: what is told of one, who sees it, and what a list may be asked."""

from typing import Any

import pytest

from findings.models import Finding, Series
from findings.status import SeverityRank
from inventory.access.choices import OrganisationRole
from inventory.access.models import Team
from inventory.models import Endpoint
from tests.callers import Caller, token_of
from tests.inventory.access.people import person, team
from tests.posture.services.estates import NOW, make_api, make_finding

pytestmark = pytest.mark.django_db


@pytest.fixture
def payments() -> Team:
    return team("Payments")


@pytest.fixture
def caller() -> Caller:
    return Caller(token=token_of(person(OrganisationRole.ANALYST)))


def codes(caller: Caller, **asked: Any) -> set[str]:
    return {row["code"] for row in caller.walk("findings/", **asked)}


def test_a_finding_is_told_with_what_is_not_known_as_null(caller: Caller, payments: Team) -> None:
    api = make_api(team=payments)
    endpoint = Endpoint.objects.create(api=api, method="GET", path="/o/{id}", path_key="/o/{}", first_seen=NOW)
    bare = make_finding(api, confidence="")
    full = make_finding(
        api, endpoint=endpoint, cwe=[79, 80], cve="CVE-2026-1", cvss=7.5, epss=0.25, kev=True, confidence="firm",
        raw_severity="BAD", method="GET", url="https://x/o/1", path="/o/1", parameter="id", location="l", file="a.py",
        line=3, instances=2, message="<b>m</b>", remedy="r", severity=SeverityRank.CRITICAL, status="new",
    )  # fmt: skip
    told = caller.get(f"findings/{full.code}/")
    assert told == {
        "code": full.code, "api": api.code, "endpoint": {"method": "GET", "path": "/o/{id}"}, "title": "A weakness",
        "severity": "critical", "status": "new", "status_until": None, "present": True, "source_kind": "tool",
        "rule": "rule", "class": "CWE-639", "cwe": [79, 80], "cve": "CVE-2026-1", "cvss": 7.5, "epss": 0.25,
        "kev": True, "confidence": "firm", "raw_severity": "BAD", "method": "GET", "url": "https://x/o/1",
        "path": "/o/1", "parameter": "id", "location": "l", "file": "a.py", "line": 3, "instances": 2,
        "message": "<b>m</b>", "remedy": "r", "fingerprint": full.fingerprint, "first_seen": "2026-03-01T12:00:00Z",
    }  # fmt: skip
    nothing = caller.get(f"findings/{bare.code}/")
    unknown = {name for name, value in nothing.items() if value is None}
    assert unknown == {
        "endpoint", "status_until", "cve", "cvss", "epss", "confidence", "raw_severity", "method", "url", "path",
        "parameter", "location", "file", "line", "message", "remedy",
    }  # fmt: skip


def test_filters_narrow_by_what_was_written_by_hand(caller: Caller, payments: Team) -> None:
    shop, other = make_api(team=payments), make_api()
    a = make_finding(shop, severity=SeverityRank.HIGH, status="new", rule="r1", cwe=[79], path="/orders", title="A")
    b = make_finding(shop, severity=SeverityRank.LOW, status="closed", present=False, source_kind="zap", title="B")
    c = make_finding(other, severity=SeverityRank.LOW, status="accepted", weakness_class="CWE-1", title="C 100%_x")
    d = make_finding(None, title="D")
    moved = make_finding(None, moved_to=c)
    assert codes(caller) == {a.code, b.code, c.code, d.code}
    for asked, expected in (
        ({"api": shop.code}, {a, b}),
        ({"api": "none"}, {d}),
        ({"severity": "low"}, {b, c}),
        ({"status": "closed"}, {b}),
        ({"open": "true"}, {a, d}),
        ({"open": "false"}, {b, c}),
        ({"present": "false"}, {b}),
        ({"source_kind": "zap"}, {b}),
        ({"rule": "r1"}, {a}),
        ({"class": "CWE-1"}, {c}),
        ({"cwe": "79"}, {a}),
        ({"q": "ORDER"}, {a}),
        ({"q": a.code.lower()}, {a}),
        ({"q": "%"}, {c}),
        ({"q": "_"}, {c}),
        ({"q": "'; DROP TABLE findings_finding; --"}, set()),
        ({"api": shop.code, "severity": "high", "open": "true", "q": "A"}, {a}),
    ):
        assert codes(caller, **asked) == {finding.code for finding in expected}, asked
    assert Finding.objects.filter(pk=moved.pk).exists()


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ({"severity": "urgent"}, "severity"), ({"status": "any"}, "status"), ({"api": "API-0"}, "api"),
        ({"cwe": "CWE-79"}, "cwe"), ({"open": "yes"}, "open"), ({"sort": "-id"}, "sort"), ({"format": "csv"}, "format"),
        ({"limit": "5"}, "limit"), ({"q": "a\0"}, "q"), ({"api__code": "x"}, "api__code"),
        ({"page_size": "1000"}, "page_size"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_400_and_named(caller: Caller, asked: dict[str, str], name: str) -> None:
    refusal = caller.get("findings/", **asked)["error"]
    assert (caller.status, refusal["field"]) == (400, name)


def test_a_foreign_finding_looks_exactly_like_none(payments: Team) -> None:
    own, foreign = make_finding(make_api(team=payments)), make_finding(make_api(team=team("Logistics")))
    nobodys = make_finding(make_api())
    member = Caller(token=token_of(person(member_of=payments)))
    assert codes(member) == {own.code}
    for hidden in (foreign, nobodys):
        told = member.get(f"findings/{hidden.code}/")
        assert member.status == 404
        assert str(told).replace(hidden.code, "FND-0") == str(member.get("findings/FND-0/"))
        assert hidden.api is not None
        told = member.get("findings/", api=hidden.api.code)
        assert str(told).replace(hidden.api.code, "API-0") == str(member.get("findings/", api="API-0"))


def test_an_unmapped_finding_is_seen_by_its_uploader_but_not_through_a_token_of_another_team(payments: Team) -> None:
    logistics = team("Logistics")
    user = person(member_of=payments)
    user.memberships.create(team=logistics, role="member")
    mine = Series.objects.create(source_kind="tool", name="a", uploader=user)
    theirs = Series.objects.create(source_kind="tool", name="a", team=logistics)
    a, b = make_finding(None, series=mine), make_finding(None, series=theirs)
    assert codes(Caller(token=token_of(user))) == {a.code, b.code}
    assert codes(Caller(token=token_of(user, team=payments))) == set()
    assert codes(Caller(token=token_of(user, team=logistics))) == {b.code}
    assert codes(Caller(user=person(OrganisationRole.AUDITOR))) == {a.code, b.code}
    assert codes(Caller(user=person())) == set()


def test_a_finding_that_moved_is_gone_from_here(caller: Caller) -> None:
    moved = make_finding(None, moved_to=make_finding(make_api()))
    assert caller.get(f"findings/{moved.code}/")["error"]["code"] == "not_found"


def test_a_page_takes_as_many_queries_for_100_rows_as_for_one(
    caller: Caller, payments: Team, django_assert_num_queries: Any
) -> None:
    api = make_api(team=payments)
    for _ in range(60):
        make_finding(api)
    caller.get("findings/")
    for size in (1, 60):
        with django_assert_num_queries(4):
            assert len(caller.get("findings/", page_size=size)["results"]) == size
