"""Findings as tables and as JSON, by the names of columns alone and by a mapping."""

import io
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from findings.records import FindingRecord, ReportSummary
from inventory.connectors.base import Document, DocumentError
from inventory.connectors.registry import detect, reader_for
from tests.inventory.connectors.reading import HAZARDS, document, read

SAMPLES = Path(__file__).parent / "samples"


def told(data: bytes | str, **options: Any) -> tuple[list[FindingRecord], ReportSummary]:
    raw = data.encode() if isinstance(data, str) else data
    reading = reader_for("generic")().read(Document(io.BytesIO(raw), "x"), options)
    records = []
    while True:
        try:
            records.append(next(reading))
        except StopIteration as end:
            return records, end.value


def test_a_json_document_is_read_by_the_names_of_its_keys() -> None:
    findings, summary = told((SAMPLES / "findings.json").read_bytes())
    assert [(one.rule, one.severity.value, one.path, one.cwe) for one in findings] == [
        ("BOLA", "high", "/v1/orders/7", (200, 284, 639)),
        ("A weak word", "info", "/v1/login", ()),
        ("Old hash", "high", "", ()),
    ]
    assert findings[0].url == "https://api.shop.example/v1/orders/7?full=1"
    assert findings[1].cve == "CVE-2015-9235"
    assert (findings[2].cvss, findings[2].location, findings[2].line) == (7.5, "shop/orders.py", 24)
    assert {one.source_kind for one in findings} == {"red team"}
    assert (summary.entries, summary.instances, summary.suppressed) == (3, 5, 1)
    assert summary.unknown_severities == {"P1": 1}


def test_a_table_is_read_by_the_names_of_its_columns() -> None:
    findings, summary = told((SAMPLES / "findings.csv").read_bytes())
    assert [(one.title, one.severity.value, one.method, one.path, one.cwe) for one in findings] == [
        ("Orders of others can be read", "high", "GET", "/v1/orders/7", (639,)),
        ("=cmd|calc", "medium", "", "", ()),
    ]
    assert findings[0].message == 'Any number\nworks; "really"'
    assert (findings[1].suppressed, summary.complete) == (True, True)


def test_a_mapping_names_columns_words_and_the_tool() -> None:
    data = "What,How bad,Where,Check\nCards in answers,Sev 1,https://h.example/a,C7\nOld,Sev 9,,C8\n"
    findings, summary = told(
        data, tool="House check", title="What", severity="How bad", url="Where", rule="Check",
        severities={"Sev 1": "critical"},
    )  # fmt: skip
    assert [(one.source_kind, one.rule, one.severity.value, one.path) for one in findings] == [
        ("house check", "C7", "critical", "/a"),
        ("house check", "C8", "info", ""),
    ]
    assert summary.unknown_severities == {"Sev 9": 1}


def test_a_mapping_goes_into_json_by_dots_and_to_entries_elsewhere() -> None:
    data = json.dumps({"report": {"rows": [{"rule": {"name": "N", "a.b": "z"}, "sev": "low", "at.file": "f.py"}]}})
    (finding,), _ = told(
        data, entries="report.rows", title="rule.name", severity="sev", file="at.file", rule="rule.a.b"
    )
    assert (finding.title, finding.severity.value, finding.file, finding.rule) == ("N", "low", "f.py", "z")


def test_what_stands_inside_others_is_known_by_its_plainest_name() -> None:
    inside = {"title": "T", "severity": "HIGH", "description": "D", "cwes": [{"cweId": 79}], "cweId": 79}
    data = json.dumps({"findings": [{"component": {"name": "c", "level": "low"}, "vulnerability": inside}]})
    (finding,), _ = told(data)
    assert (finding.title, finding.severity.value, finding.message, finding.cwe) == ("T", "high", "D", (79,))
    with pytest.raises(DocumentError, match="Which column holds the title"):
        told(json.dumps({"findings": [{"component": {"name": "c"}, "vulnerability": {"id": "x"}}]}))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"titel": "x"}, "mapping cannot be used"),
        ({"title": 7}, "mapping cannot be used"),
        ({"severity": "Severity"}, "Which column holds the title"),
        ({"title": "Title", "severities": {"a": "worst"}}, "no severity that is known"),
    ],
)
def test_a_mapping_that_cannot_be_used_is_told(options: dict[str, Any], words: str) -> None:
    with pytest.raises(DocumentError, match=words):
        told("Title,Severity\na,low\n", **options)


def test_every_spelling_of_a_severity_is_kept_and_none_is_guessed_upward() -> None:
    findings, summary = told((HAZARDS / "severity_variants.json").read_bytes())
    assert Counter(one.severity.value for one in findings) == {
        "critical": 3, "medium": 1, "info": 6, "high": 1, "low": 1,
    }  # fmt: skip
    assert summary.unknown_severities == {"Unknown": 1, "P1": 1, "9.8": 1, "(none)": 2}


def test_entries_of_the_wrong_kind_are_skipped_one_by_one() -> None:
    findings, summary = told((HAZARDS / "wrong_types.json").read_bytes())
    assert findings == []
    assert [skip.place for skip in summary.skipped] == [f"/findings/{number}" for number in range(4)]


def test_dates_of_entries_are_no_time_of_the_scan() -> None:
    findings, summary = told((HAZARDS / "dates_weird.json").read_bytes())
    assert (len(findings), summary.scanned_at) == (9, None)


@pytest.mark.parametrize("name", ["bom_utf8.json", "utf16le.json", "lone_surrogate.json", "csv_formula.csv"])
def test_odd_encodings_and_formulas_are_read(name: str) -> None:
    findings, summary = read((HAZARDS / name).read_bytes(), name)
    assert findings
    assert summary.complete


@pytest.mark.parametrize("name", ["findings_is_object.json", "huge_int.json", "invalid_utf8.json", "deep_objects.json"])
def test_hazards_are_refused_in_one_sentence(name: str) -> None:
    with pytest.raises(DocumentError):
        told((HAZARDS / name).read_bytes())


def test_an_old_spreadsheet_is_read_and_rows_that_do_not_fit_are_named() -> None:
    table = b'Title\tSeverity\n\xe9t\xe9\tlow\nb\tlow\tmore\n\nc\nd\t"low\n'
    findings, summary = told(table)
    assert [one.title for one in findings] == ["été", "c"]
    assert [skip.place for skip in summary.skipped] == ["line 3", "line 6"]


def test_only_what_speaks_of_findings_is_taken_for_findings() -> None:
    assert detect(document("Name;Risk\na;b").head(), "x").slug == "generic"
    for other in ("Title,Owner\n", "plain text", "<findings/>", '[{"title": 1}]', '{"results": 1}', "severity"):
        with pytest.raises(DocumentError):
            detect(document(other).head(), "x")
