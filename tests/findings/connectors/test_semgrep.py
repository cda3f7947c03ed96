"""What reports of Semgrep say: a scan of a small source of ours with rules of ours, and words that it may use."""

import json
from pathlib import Path
from typing import Any

import pytest

from findings.choices import Confidence
from findings.records import FindingRecord, ReportSummary
from inventory.connectors.base import DocumentError
from inventory.connectors.registry import detect, reader_for
from tests.inventory.connectors.reading import document, read

SAMPLES = Path(__file__).parent / "semgrep" / "samples"


def told(data: bytes | str) -> tuple[list[FindingRecord], ReportSummary]:
    return read(data, "report.json", reader_for("semgrep"))


def one(extra: dict[str, Any], **more: Any) -> FindingRecord:
    result = {"check_id": "r", "path": "a.py", "start": {"line": 3}, "extra": extra} | more
    (finding,) = told(json.dumps({"results": [result], "errors": []}))[0]
    return finding


def test_a_scan_gives_each_match_with_its_rule_and_place() -> None:
    findings, summary = told((SAMPLES / "shop.json").read_bytes())
    assert [(one.rule, one.severity.value, one.raw_severity, one.file, one.line) for one in findings] == [
        ("secret-in-code", "critical", "CRITICAL", "shop/orders.py", 8),
        ("sql-from-text", "high", "ERROR", "shop/orders.py", 12),
        ("sql-from-text", "high", "ERROR", "shop/orders.py", 16),
        ("shell-from-text", "medium", "WARNING", "shop/orders.py", 20),
        ("weak-hash", "low", "INFO", "shop/orders.py", 24),
    ]
    assert [one.cwe for one in findings] == [(), (89,), (89,), (78,), ()]
    assert findings[1].confidence is Confidence.FIRM
    assert findings[1].title == "A query is put together from text. Bind values instead."
    assert findings[4].remedy == "hashlib.sha256(...)"
    assert (summary.instances, summary.complete, summary.runs[0].tool) == (5, True, "Semgrep")


def test_a_fingerprint_or_the_lines_tell_matches_apart_and_a_withheld_one_does_not() -> None:
    by_mark = {one({"fingerprint": mark, "lines": "x"}).location for mark in ("a", "b")}
    by_lines = {one({"fingerprint": "requires login", "lines": lines}).location for lines in ("a()", " a()", "b()")}
    withheld = one({"fingerprint": "requires login", "lines": "requires login"})
    assert (len(by_mark), len(by_lines), withheld.location) == (2, 2, "a.py")


def test_what_was_accepted_in_the_code_is_suppressed() -> None:
    assert one({"is_ignored": True}).suppressed
    assert not one({"is_ignored": "true"}).suppressed


def test_an_error_makes_the_scan_incomplete_and_a_warning_does_not() -> None:
    for level, complete in (("error", False), ("warn", True)):
        assert told(json.dumps({"results": [], "errors": [{"level": level}]}))[1].complete is complete


def test_a_report_of_nothing_is_recognised_and_one_of_another_tool_is_not() -> None:
    assert detect(document('{"results": [], "errors": []}').head(), "x").slug == "semgrep"
    for other in ('{"results": [], "errors": [], "osv": 1}', '{"results": []}', '{"results": {}, "errors": []}'):
        with pytest.raises(DocumentError):
            detect(document(other).head(), "x")


@pytest.mark.parametrize("data", ["{}", '{"results": {}}', '{"results": [{}', "[]"])
def test_what_is_no_report_is_refused_in_one_sentence(data: str) -> None:
    with pytest.raises(DocumentError):
        told(data)
