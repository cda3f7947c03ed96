"""What reports of Nuclei say: small reports of its shape, with the key names of version 2 and of today."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from findings.records import FindingRecord, ReportSummary
from inventory.connectors.base import DocumentError
from inventory.connectors.registry import reader_for
from tests.inventory.connectors.reading import HAZARDS, read

SAMPLES = Path(__file__).parent / "nuclei" / "samples"


def told(data: bytes | str) -> tuple[list[FindingRecord], ReportSummary]:
    return read(data, "report.jsonl", reader_for("nuclei"))


def test_lines_give_each_match_with_its_place() -> None:
    findings, summary = told((SAMPLES / "shop.jsonl").read_bytes())
    assert [(one.rule, one.severity.value, one.method, one.path, one.parameter, one.location) for one in findings] == [
        ("git-config", "medium", "GET", "/v1/.git/config", "", ""),
        ("http-missing-security-headers", "info", "OPTIONS", "/", "", "x-content-type-options"),
        ("http-missing-security-headers", "info", "", "/", "", "content-security-policy"),
        ("openssh-detect", "info", "", "", "", ""),
        ("dast-sqli", "critical", "PATCH", "/v1/orders/7", "sort", ""),
    ]
    assert (findings[0].cwe, findings[0].cvss, findings[0].remedy) == ((16, 200), 5.3, "Do not serve it.")
    assert (findings[3].cve, findings[3].cwe) == ("CVE-2018-15473", ())
    assert summary.unknown_severities == {"unknown": 1}
    assert summary.not_findings == {"no match": 1}
    assert summary.scanned_at == datetime(2026, 11, 22, 1, 10, 12, tzinfo=UTC)
    assert (summary.instances, summary.complete) == (5, True)


def test_an_array_says_the_same_as_lines() -> None:
    lines, array = (told((SAMPLES / name).read_bytes())[0] for name in ("shop.jsonl", "shop.json"))
    assert array == lines[:3]


def test_one_bad_line_among_good_ones_is_skipped_and_named() -> None:
    findings, summary = told((HAZARDS / "ndjson_one_bad_line.jsonl").read_bytes())
    assert [one.rule for one in findings] == ["a", "c"]
    assert [(skip.place, skip.reason) for skip in summary.skipped] == [("line 2", "The line is not valid JSON.")]
    assert not summary.complete


def test_a_line_without_an_end_is_skipped_and_those_behind_it_are_read() -> None:
    good = '{"template-id": "a", "info": {"severity": "low"}}'
    findings, summary = told(f'{{"x": "{"y" * 3_000_000}"}}\n{good}\n{"[" * 100_000}\n{good}')
    assert len(findings) == 2
    assert [skip.place for skip in summary.skipped] == ["line 1", "line 3"]


@pytest.mark.parametrize("data", ["text\nmore", '"x"', "1\n2", '[{"a": 1}', "{"])
def test_a_document_without_one_good_line_is_refused(data: str) -> None:
    with pytest.raises(DocumentError):
        told(data)


def test_entries_of_an_array_that_are_none_are_skipped() -> None:
    findings, summary = told('[null, "x", {"template-id": "a", "info": {"severity": "low"}, "matched-at": 7}]')
    assert len(findings) == 1
    assert [skip.place for skip in summary.skipped] == ["/0", "/1"]
