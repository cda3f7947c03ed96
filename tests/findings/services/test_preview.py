"""Documents as rows of findings and endpoints, those of one identity as one."""

from itertools import permutations
from typing import Any

from findings.choices import Confidence, Severity
from findings.identity import fingerprint
from findings.records import FindingRecord
from findings.services.preview import preview_rows
from inventory.records import EndpointRecord, SpecificationRecord

KEYS = [
    "kind", "rule", "title", "severity", "confidence", "cwe", "cve", "cvss", "method", "url", "path", "parameter",
    "location", "instances", "fingerprint",
]  # fmt: skip


def finding(**more: Any) -> FindingRecord:
    base: dict[str, Any] = {
        "source_kind": "t",
        "rule": "r",
        "title": "T",
        "severity": Severity.LOW,
        "path": "/orders/7",
    }
    return FindingRecord(**base | more)


def test_a_finding_is_a_row_with_every_key_and_none_for_what_is_not_there() -> None:
    (row,) = preview_rows([finding(cwe=(89,), confidence=Confidence.FIRM)])
    assert list(row) == KEYS
    assert (row["kind"], row["severity"], row["confidence"], row["cwe"]) == ("finding", "low", "firm", [89])
    assert row["path"] == "/orders/{}"
    assert [row[key] for key in ("cve", "cvss", "method", "url", "parameter", "location")] == [None] * 6
    assert row["fingerprint"] == fingerprint(
        api="", source_kind="t", rule="r", method="", path="/orders/8", parameter="", location=""
    )


def test_entries_of_one_identity_are_one_row_whatever_their_order() -> None:
    entries = [
        finding(title="B", instances=2),
        finding(title="C", severity=Severity.HIGH, path="/orders/8"),
        finding(title="A", severity=Severity.HIGH, instances=4),
    ]
    told = [preview_rows(order) for order in permutations(entries)]
    assert [len(rows) for rows in told] == [1] * 6
    assert {rows[0]["title"] for rows in told} == {"A"}
    assert {rows[0]["instances"] for rows in told} == {7}


def test_endpoints_of_a_specification_are_rows_too() -> None:
    specification = SpecificationRecord(
        title="S", version="1", format="F", spec_version="1", base_urls=("/v1", "https://shop.example/v1")
    )
    (row,) = preview_rows([specification, EndpointRecord(method="GET", path="/d/{id}", path_key="/d/{}")])
    assert list(row) == KEYS
    assert (row["kind"], row["title"], row["url"], row["path"]) == (
        "endpoint", "GET /d/{id}", "https://shop.example/v1/d/{id}", "/d/{}",
    )  # fmt: skip
