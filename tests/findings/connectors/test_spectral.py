"""What reports of Spectral say: a run over a small specification of ours, with a rule set of ours."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from findings.records import FindingRecord, ReportSummary
from inventory.connectors.base import DocumentError
from inventory.connectors.registry import reader_for
from tests.inventory.connectors.reading import read

SAMPLE = Path(__file__).parent / "spectral" / "samples" / "shop.json"


def told(data: bytes | str) -> tuple[list[FindingRecord], ReportSummary]:
    return read(data, "report.json", reader_for("spectral"))


def one(**entry: Any) -> FindingRecord:
    (finding,) = told(json.dumps([entry]))[0]
    return finding


def test_a_run_gives_each_entry_with_its_operation() -> None:
    findings, summary = told(SAMPLE.read_bytes())
    assert Counter(one.raw_severity for one in findings) == {"warn": 10, "hint": 2, "error": 1}
    assert Counter(one.severity.value for one in findings) == {"medium": 10, "info": 2, "high": 1}
    assert Counter((one.method, one.path) for one in findings) == {
        ("", ""): 3,
        ("GET", "/orders"): 3,
        ("POST", "/orders"): 3,
        ("GET", "/orders/{number}"): 4,
    }
    assert {one.file for one in findings} == {"shop.json"}
    assert len({(one.rule, one.location) for one in findings}) == 13
    assert summary.instances == 13


def test_the_place_is_part_of_what_a_finding_is_and_the_machine_is_not() -> None:
    here = one(code="r", path=["paths", "/a", "get"], severity=1, source="/src/7/api/shop.yaml")
    there = one(code="r", path=["paths", "/a", "get"], severity=1, source="C:\\work\\shop.yaml")
    other = one(code="r", path=["paths", "/a", "post"], severity=1, source="/src/7/api/shop.yaml")
    assert here.location == there.location != other.location
    assert (here.method, here.path, other.method) == ("GET", "/a", "POST")


def test_what_stands_for_all_methods_of_a_path_has_none() -> None:
    assert one(code="r", path=["paths", "/a", "parameters", 0], severity=0).method == ""


@pytest.mark.parametrize(("severity", "word"), [(4, "int"), ("1", "1"), (None, ""), (True, "bool")])
def test_a_number_that_is_no_severity_is_info_and_counted(severity: Any, word: str) -> None:
    finding = one(code="r", path=[], severity=severity)
    assert (finding.severity.value, finding.raw_severity) == ("info", word)


@pytest.mark.parametrize("data", ["{}", '[{"code": "r"}', "7", '{"a": []}'])
def test_what_is_no_report_is_refused_in_one_sentence(data: str) -> None:
    with pytest.raises(DocumentError):
        told(data)
