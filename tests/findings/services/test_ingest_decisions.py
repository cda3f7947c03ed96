"""A decision outlives every import, however the report that brings the finding again has changed."""

import json
from datetime import timedelta
from typing import Any

import pytest

from findings.models import Finding
from findings.services.decide import Statement, Target, decide
from findings.status import DecisionKind
from inventory.access.records import Principal
from inventory.models import Api
from tests.findings.reports import NOW, analyst, openapi, sarif, take_in, told

HOUR = timedelta(hours=1)


def probed(url: str, *, line: int = 1, level: str = "error", text: str = "The order of another customer.") -> bytes:
    """Return a report of a scanner that asked a running API for a URL."""
    host, _, target = url.partition("://")[2].partition("/")
    request = {"protocol": "http", "version": "1.1", "method": "GET", "target": f"/{target}", "headers": {"Host": host}}
    place = {"physicalLocation": {"artifactLocation": {"uri": url}, "region": {"startLine": line}}}
    entry: dict[str, Any] = {
        "ruleId": "bola", "level": level, "message": {"text": text}, "webRequest": request, "locations": [place],
    }  # fmt: skip
    document = json.loads(sarif(entry, tool="prober"))
    del document["runs"][0]["invocations"]
    return json.dumps(document).encode()


@pytest.fixture
def principal(fresh_database: str) -> Principal:
    person = analyst()
    take_in(openapi("Orders", "/orders/{id}", server="https://shop.example/v1"), "orders.json", person)
    return person


def judge(kind: DecisionKind, principal: Principal) -> None:
    target = Target(finding_ids=(Finding.objects.get().pk,))
    decide(target=target, statement=Statement(kind=kind, reason="Looked at."), principal=principal, now=NOW + HOUR)


@pytest.mark.parametrize(
    "again",
    [
        probed("https://shop.example/v1/orders/7", line=80),
        probed("https://shop.example/v1/orders/31"),
        probed("https://shop.example/v1/orders/7", level="warning", text="Told in other words."),
    ],
    ids=["another line", "another number in the path", "another severity and text"],
)
def test_a_false_positive_stays_one(principal: Principal, again: bytes) -> None:
    assert told(take_in(probed("https://shop.example/v1/orders/7"), "one.sarif", principal))["created"] == 1
    judge(DecisionKind.FALSE_POSITIVE, principal)
    said = told(take_in(again, "two.sarif", principal, now=NOW + 2 * HOUR))
    assert (said["created"], Finding.objects.get().status) == (0, "false_positive")


def test_a_false_positive_stays_one_on_another_host_below_another_base_path(principal: Principal) -> None:
    take_in(probed("https://shop.example/v1/orders/7"), "one.sarif", principal)
    judge(DecisionKind.FALSE_POSITIVE, principal)
    moved = openapi("Orders", "/orders/{id}", server="https://api.shop.example/orders-api/v2")
    take_in(moved, "orders.json", principal, now=NOW + HOUR)
    again = probed("https://api.shop.example/orders-api/v2/orders/7")
    said = told(take_in(again, "two.sarif", principal, now=NOW + 2 * HOUR))
    assert Api.objects.count() == 1
    assert (said["created"], said["unmapped"], Finding.objects.get().status) == (0, 0, "false_positive")


def test_what_was_called_resolved_and_is_seen_again_is_open_again(principal: Principal) -> None:
    take_in(probed("https://shop.example/v1/orders/7"), "one.sarif", principal)
    judge(DecisionKind.RESOLVED, principal)
    assert Finding.objects.get().status == "resolved"
    take_in(probed("https://shop.example/v1/orders/8"), "two.sarif", principal, now=NOW + 2 * HOUR)
    assert Finding.objects.get().status == "reopened"


def test_a_late_report_from_before_the_decision_does_not_open_what_was_resolved(principal: Principal) -> None:
    take_in(probed("https://shop.example/v1/orders/7"), "one.sarif", principal)
    judge(DecisionKind.RESOLVED, principal)
    late = probed("https://shop.example/v1/orders/9")
    take_in(late, "late.sarif", principal, now=NOW + 2 * HOUR, scanned_at="2026-05-30T08:00:00Z")
    assert Finding.objects.get().status == "resolved"


@pytest.mark.parametrize("wide", ["class", "rule"])
def test_a_decision_on_a_class_or_a_rule_meets_what_is_found_later(principal: Principal, wide: str) -> None:
    take_in(probed("https://shop.example/v1/orders/7"), "one.sarif", principal)
    one = Finding.objects.get()
    classed = Target(api_id=one.api_id, weakness_class=one.weakness_class)
    ruled = Target(source_kind=one.source_kind, rule=one.rule)
    statement = Statement(kind=DecisionKind.FALSE_POSITIVE, reason="Looked at.")
    decide(target=classed if wide == "class" else ruled, statement=statement, principal=principal, now=NOW + HOUR)
    take_in(probed("https://shop.example/v1/carts/8"), "two.sarif", principal, now=NOW + 2 * HOUR)
    later = Finding.objects.exclude(pk=one.pk).get()
    assert (later.present, later.status) == (True, "false_positive")
