"""What reports of Schemathesis say: the three reports of one run against a small service of ours.

The event log was cut to one case for each failure of an operation.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from findings.records import FindingRecord, ReportSummary
from inventory.connectors.base import DocumentError
from inventory.connectors.registry import reader_for
from tests.inventory.connectors.reading import read

SAMPLES = Path(__file__).parent / "samples"
REPORTS = ("run.json", "run.ndjson", "run.junit.xml")

# As the terminal of the run said it.
FOUND = {
    ("ST101", "critical", "POST", "/v1/orders"),
    ("ST101", "critical", "POST", "/v1/orders/{number}"),
    ("ST101", "critical", "TRACE", "/v1/orders"),
    ("ST101", "critical", "TRACE", "/v1/orders/{number}"),
    ("ST108", "high", "GET", "/v1/orders"),
    ("ST201", "medium", "GET", "/v1/orders"),
    ("ST201", "medium", "POST", "/v1/orders"),
    ("ST103", "medium", "GET", "/v1/orders/{number}"),
    ("ST103", "medium", "POST", "/v1/orders"),
    ("ST204", "medium", "TRACE", "/v1/orders"),
    ("ST204", "medium", "TRACE", "/v1/orders/{number}"),
}


def told(data: bytes | str) -> tuple[list[FindingRecord], ReportSummary]:
    return read(data, "report", reader_for("schemathesis"))


def sample(name: str) -> tuple[list[FindingRecord], ReportSummary]:
    return told((SAMPLES / name).read_bytes())


@pytest.mark.parametrize("name", REPORTS)
def test_each_report_of_a_run_tells_of_what_the_run_found(name: str) -> None:
    findings, summary = sample(name)
    seen = {(one.rule, one.severity.value, one.method, one.path) for one in findings}
    # The log also tells of failures that the run itself counted as the same.
    assert seen >= FOUND if name == "run.ndjson" else seen == FOUND
    assert {one.source_kind for one in findings} == {"schemathesis"}
    assert {one.url.rpartition("/v1/")[0] for one in findings} == {"http://127.0.0.1:18765"}
    assert (summary.complete, summary.unknown_severities) == (True, {})


def test_the_json_and_the_junit_report_count_alike() -> None:
    by_json, by_junit = sample("run.json")[1], sample("run.junit.xml")[1]
    assert by_json.instances == by_junit.instances == 11


def test_messages_say_what_was_wrong_and_not_what_was_sent_or_answered() -> None:
    for name in REPORTS[1:]:
        texts = {one.rule: one.message for one in sample(name)[0]}
        assert texts["ST103"] == "Received: 500\nDocumented: 200" or "Documented: 201" in texts["ST103"]
        assert not [text for text in texts.values() if "curl" in text or "DOCTYPE" in text]


def failure(**more: Any) -> str:
    base = {"type": "ServerError", "code": "ST101", "title": "Server error", "severity": "critical", "count": 3}
    return json.dumps({"schemathesis_version": "4", "failures": [base | more]})


def test_a_count_of_one_operation_is_its_instances() -> None:
    assert [one.instances for one in told(failure(operations=["GET /a"]))[0]] == [3]
    assert [one.instances for one in told(failure(operations=["GET /a", "GET /b"]))[0]] == [1, 1]


def test_what_has_no_operation_has_no_place() -> None:
    (finding,) = told(failure(operations=["Stateful tests"]))[0]
    assert (finding.method, finding.path, finding.url) == ("", "", "")


def test_a_run_that_was_stopped_or_met_errors_is_incomplete() -> None:
    assert not told('{"schemathesis_version": "4", "failures": [], "complete": false}')[1].complete
    assert not told('{"schemathesis_version": "4", "failures": [], "errors": [{}]}')[1].complete
    assert not told('{"Initialize": {"schemathesis_version": "4"}}')[1].complete
    assert not told(
        '<testsuites><testsuite name="schemathesis"><testcase><error/></testcase></testsuite></testsuites>'
    )[1].complete


def test_credentials_of_the_command_are_not_kept() -> None:
    text = json.dumps(
        {"command": "st run s.json --url https://me:pw@h.example/v1", **json.loads(failure(operations=["GET /a"]))}
    )
    assert [one.url for one in told(text)[0]] == ["https://h.example/v1/a"]


def test_lines_that_are_none_are_skipped_and_a_log_of_none_is_refused() -> None:
    _, summary = told('{"Initialize": {}}\n[]\n{"EngineFinished": {"timestamp": 1795305390.5}}\nx')
    assert [skip.place for skip in summary.skipped] == ["line 2", "line 4"]
    assert summary.scanned_at is not None


def test_a_failure_that_names_no_check_is_skipped_and_named() -> None:
    _, summary = told(
        '<testsuite name="schemathesis"><testcase name="GET /a"><failure>?</failure></testcase></testsuite>'
    )
    assert [skip.place for skip in summary.skipped] == ["test case 1"]


@pytest.mark.parametrize("data", ["{}", '{"failures": {}}', '{"failures": [', "<a/>", "<testsuite>", "[1]"])
def test_what_is_no_report_is_refused_in_one_sentence(data: str) -> None:
    with pytest.raises(DocumentError):
        told(data)
