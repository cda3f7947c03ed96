"""What security reports of GitLab say: small reports of its schema, versions 15 (DAST) and 14 (SAST)."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from findings.records import FindingRecord, ReportSummary
from inventory.connectors.base import DocumentError
from inventory.connectors.registry import detect, reader_for
from tests.inventory.connectors.reading import document, read

SAMPLES = Path(__file__).parent / "gitlab" / "samples"


def told(data: bytes | str) -> tuple[list[FindingRecord], ReportSummary]:
    return read(data, "report.json", reader_for("gitlab"))


def one(**vulnerability: Any) -> FindingRecord:
    (finding,) = told(json.dumps({"vulnerabilities": [vulnerability]}))[0]
    return finding


def test_a_dynamic_scan_gives_places_on_the_web() -> None:
    findings, summary = told((SAMPLES / "dast-15.json").read_bytes())
    first, second = findings
    assert (first.rule, first.severity.value, first.cwe) == ("89.1", "high", (89,))
    assert (first.method, first.url, first.parameter) == ("GET", "https://api.shop.example/v1/orders/7", "sort")
    assert (first.path, first.location, first.source_kind) == ("/v1/orders/7", "", "browserker")
    assert (second.cwe, second.severity.value, second.raw_severity) == ((200, 359), "info", "Unknown")
    assert summary.unknown_severities == {"Unknown": 1}
    assert summary.scanned_at == datetime(2026, 11, 22, 4, 12, 30, tzinfo=UTC)
    assert (summary.runs[0].tool, summary.runs[0].version) == ("GitLab DAST", "6.3.0")


def test_a_static_scan_gives_places_in_code_and_a_run_for_each_scanner() -> None:
    findings, summary = told((SAMPLES / "sast-14.json").read_bytes())
    assert [(one.source_kind, one.rule, one.file, one.line) for one in findings] == [
        ("bandit", "B105", "shop/orders.py", 8),
        ("eslint", "security/detect-eval", "web/shop.js", 3),
    ]
    assert [one.suppressed for one in findings] == [False, True]
    assert findings[0].title == "Possible hardcoded password: 'changeit'"
    assert [(run.source_kind, run.entries) for run in summary.runs] == [("bandit", 1), ("eslint", 1)]


def test_signatures_are_part_of_what_a_finding_in_code_is() -> None:
    def placed(mark: str, line: int) -> str:
        items = [{"signatures": [{"algorithm": "scope", "value": mark}]}]
        return one(location={"file": "a.py", "start_line": line}, tracking={"items": items}).location

    assert placed("x", 1) == placed("x", 9) != placed("y", 1)


def test_the_scan_counts_wherever_it_stands() -> None:
    vulnerability = '"vulnerabilities": [{"name": "n", "severity": "Low"}]'
    scan = '"scan": {"scanner": {"id": "zaproxy"}, "status": "failure"}'
    before, after = (told("{" + ", ".join(parts) + "}") for parts in ((scan, vulnerability), (vulnerability, scan)))
    assert before == after
    assert before[0][0].source_kind == "zaproxy"
    assert not before[1].complete


def test_other_formats_with_vulnerabilities_are_not_taken_for_it() -> None:
    for other in (
        '{"bomFormat": "CycloneDX", "vulnerabilities": [], "scan": 1}',
        '{"document": {}, "vulnerabilities": []}',
        '{"vulnerabilities": {}, "scan": 1}',
        '{"vulnerabilities": []}',
    ):
        with pytest.raises(DocumentError):
            detect(document(other).head(), "x")


@pytest.mark.parametrize("data", ["{}", '{"vulnerabilities": {}}', '{"vulnerabilities": [', '{"scan": {}}', "[]"])
def test_what_is_no_report_is_refused_in_one_sentence(data: str) -> None:
    with pytest.raises(DocumentError):
        told(data)


def test_an_entry_that_is_none_is_skipped_and_named() -> None:
    findings, summary = told('{"vulnerabilities": [3, {"severity": "Low"}, null]}')
    assert [one.title for one in findings] == ["Unnamed finding"]
    assert [skip.place for skip in summary.skipped] == ["/vulnerabilities/0", "/vulnerabilities/2"]
