"""What reports of Bandit say: one scan of a small source of ours, written as JSON and as CSV."""

import json
from collections import Counter
from pathlib import Path

import pytest

from findings.choices import Confidence
from findings.records import FindingRecord, ReportSummary
from inventory.connectors.base import DocumentError
from inventory.connectors.registry import reader_for
from tests.inventory.connectors.reading import read

SAMPLES = Path(__file__).parent / "bandit" / "samples"

# Counted by hand in the source that was scanned.
FOUND = {
    ("B404", "low", 6): 1,
    ("B105", "low", 8): 1,
    ("B608", "medium", 12): 1,
    ("B608", "medium", 16): 1,
    ("B602", "high", 20): 1,
    ("B324", "high", 24): 1,
    ("B311", "low", 24): 1,
    ("B101", "low", 28): 1,
}


def told(data: bytes | str) -> tuple[list[FindingRecord], ReportSummary]:
    return read(data, "report.json", reader_for("bandit"))


@pytest.mark.parametrize("name", ["shop.json", "shop.csv"])
def test_both_reports_of_one_scan_tell_of_the_same_places(name: str) -> None:
    findings, summary = told((SAMPLES / name).read_bytes())
    assert Counter((one.rule, one.severity.value, one.line) for one in findings) == FOUND
    assert {one.source_kind for one in findings} == {"bandit"}
    assert {one.file for one in findings} == {"shop/orders.py"}
    assert {one.rule: one.cwe for one in findings}["B608"] == (89,)
    assert {one.rule: one.confidence for one in findings}["B105"] is Confidence.FIRM
    assert summary.instances == 8
    assert summary.complete


def result(code: str, **more: object) -> str:
    base = {"filename": "./shop/a.py", "test_id": "B1", "issue_severity": "LOW", "issue_text": "x", "code": code}
    return json.dumps({"generated_at": "2026-11-22T04:10:11Z", "metrics": {}, "results": [base | more]})


def test_code_that_moved_to_other_lines_is_the_same_finding() -> None:
    here, there = (told(result(code))[0][0] for code in ("7 a()\n8 b()\n", "107 a()\n108 b()\n"))
    assert here.location == there.location
    assert here.location.startswith("shop/a.py#")
    assert told(result("7 a()\n8 c()\n"))[0][0].location != here.location


def test_an_unknown_word_is_info_and_counted() -> None:
    findings, summary = told(result("", issue_severity="UNDEFINED"))
    assert (findings[0].severity.value, findings[0].raw_severity) == ("info", "UNDEFINED")
    assert summary.unknown_severities == {"UNDEFINED": 1}


def test_what_is_no_result_is_skipped_and_a_file_that_could_not_be_read_makes_the_scan_incomplete() -> None:
    findings, summary = told('{"errors": [{"filename": "a.py", "reason": "syntax"}], "results": [7, {}]}')
    assert [one.rule for one in findings] == ["unnamed"]
    assert summary.skipped[0].place == "/results/0"
    assert (summary.skipped_count, summary.complete, summary.runs[0].successful) == (1, False, False)


def test_rows_that_do_not_fit_are_skipped_with_their_line() -> None:
    head = "filename,test_name,test_id,issue_severity,issue_confidence,issue_cwe,issue_text,line_number"
    _, summary = told(f'{head}\na.py,n,B1,LOW,HIGH,,text,3\na.py,n\na.py,"n"x,B1,LOW,HIGH,,text,3\n')
    assert summary.entries == 1
    assert [skip.place for skip in summary.skipped] == ["line 3", "line 4"]


@pytest.mark.parametrize("data", ["{}", '{"results": {}}', '{"results": [', "[]", '{"results": 1}'])
def test_what_is_no_report_is_refused_in_one_sentence(data: str) -> None:
    with pytest.raises(DocumentError):
        told(data)
