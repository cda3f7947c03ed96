"""What SARIF reports say: a real report of a static scanner, one of a dynamic scanner, and hazards of the format."""

import gzip
import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from findings.choices import Confidence, Severity
from findings.identity import fingerprint
from findings.records import FindingRecord, ReportSummary
from inventory.connectors.base import DocumentError
from tests.findings.connectors.sarif.reports import one, sarif, told
from tests.inventory.connectors.reading import HAZARDS

SAMPLES = Path(__file__).parent / "samples"


def sample(name: str) -> tuple[list[FindingRecord], ReportSummary]:
    return told((SAMPLES / name).read_bytes(), name)


def test_a_report_of_bandit_gives_each_result_with_its_rule() -> None:
    findings, summary = sample("bandit.sarif")
    assert Counter((one.rule, one.severity.value) for one in findings) == {
        ("B404", "low"): 1,
        ("B105", "low"): 1,
        ("B608", "medium"): 2,
        ("B324", "high"): 1,
        ("B311", "low"): 1,
        ("B602", "high"): 2,
        ("B104", "medium"): 1,
    }
    assert {one.source_kind for one in findings} == {"bandit"}
    assert {one.rule: one.cwe for one in findings}["B608"] == (89,)
    assert {one.rule: one.confidence for one in findings}["B602"] is Confidence.FIRM
    assert {one.file for one in findings} == {"shop/orders.py"}
    assert summary.instances == summary.entries == 9
    assert summary.complete
    assert (summary.runs[0].tool, summary.runs[0].version) == ("Bandit", "1.9.4")


def test_results_that_repeat_a_line_of_code_are_one_finding() -> None:
    findings, _ = sample("bandit.sarif")
    assert Counter(Counter((one.rule, one.location) for one in findings).values()) == {1: 7, 2: 1}


def test_a_web_request_gives_method_url_path_and_parameter() -> None:
    first = sample("dast.sarif")[0][0]
    assert first == FindingRecord(
        source_kind="shopscan",
        series="nightly/orders",
        rule="sqli/error",
        title="The parameter sort is {open} to SQL.",
        message="The parameter sort is {open} to SQL.",
        remedy="Bind values.",
        severity=Severity.CRITICAL,
        raw_severity="9.8",
        confidence=Confidence.CONFIRMED,
        cwe=(20, 89),
        cvss=9.8,
        method="GET",
        url="https://api.shop.example/orders/v1/orders/17?sort=1'",
        path="/orders/v1/orders/17",
        parameter="sort",
        instances=3,
        repository="https://code.shop.example/orders",
    )


def test_hosts_and_values_in_the_path_do_not_make_two_findings() -> None:
    first, second = sample("dast.sarif")[0][:2]
    assert (second.severity, second.cvss) == (Severity.HIGH, 8.1)
    parts = [
        {name: getattr(one, name) for name in ("source_kind", "rule", "method", "path", "parameter", "location")}
        for one in (first, second)
    ]
    assert fingerprint(api="", **parts[0]) == fingerprint(api="", **parts[1])


def test_rules_after_results_in_extensions_and_by_number_are_found() -> None:
    _, _, rate, bola, *_ = sample("dast.sarif")[0]
    assert (rate.rule, rate.severity, rate.cwe) == ("rate", Severity.HIGH, (307, 770))
    assert rate.url == "https://api.shop.example/accounts/v3/login"
    assert rate.title == "No rate limit\ufffd was seen."
    assert rate.remedy == "https://scan.shop.example/rate"
    assert (bola.rule, bola.method, bola.path, bola.parameter) == ("bola", "GET", "/orders/{number}", "number")
    assert (bola.severity, bola.confidence, bola.cwe) == (Severity.HIGH, Confidence.TENTATIVE, (285, 639))


def test_places_are_taken_by_number_and_from_what_a_message_quotes() -> None:
    *_, header, odd, markup = sample("dast.sarif")[0]
    assert (header.url, header.path) == ("https://api.shop.example:8443/orders/v1/health", "/orders/v1/health")
    assert (odd.file, odd.location, odd.method, odd.path) == ("src/headers.py",) * 2 + ("DELETE", "/orders/{number}")
    assert markup.title == "**Bold** <script>alert(1)</script>"


def test_what_is_no_finding_is_counted_by_its_reason() -> None:
    findings, summary = sample("dast.sarif")
    assert summary.not_findings == {"pass": 1, "notApplicable": 1}
    assert (summary.absent, summary.suppressed, summary.unknown_severities) == (1, 1, {"dire": 1})
    assert [skipped.place for skipped in summary.skipped] == ["/runs/0/results/10", "/runs/0/results/11"]
    assert (summary.entries, summary.instances) == (len(findings), 9) == (7, 9)
    assert [one.severity.value for one in findings if one.raw_severity == "dire"] == ["info"]
    assert [one.suppressed for one in findings[-2:]] == [True, False]


def test_runs_tell_their_series_times_and_whether_they_finished() -> None:
    _, summary = sample("dast.sarif")
    first, second = summary.runs
    assert (first.source_kind, first.tool, first.version) == ("shopscan", "ShopScan v4.2.1", "4.2.1")
    assert first.scanned_at == summary.scanned_at == datetime(2026, 11, 1, 2, 30, 0, 500_000, tzinfo=UTC)
    assert (second.series, second.successful, second.scanned_at) == ("weekly", False, None)
    assert not summary.complete


@pytest.mark.parametrize(
    ("details", "series"),
    [
        ({"id": "Nightly code scan/2018-10-08"}, "Nightly code scan"),
        ({"id": "a/b/c"}, "a/b"),
        ({"id": "a/b/"}, "a/b"),
        ({"id": "run-17"}, ""),
        ({"id": "/17"}, ""),
        ({"id": "run-17", "correlationGuid": "6f0c6bb2"}, "6f0c6bb2"),
        ({"guid": "6f0c6bb2"}, ""),
        ([], ""),
    ],
)
def test_a_series_is_the_automation_id_without_its_last_part(details: Any, series: str) -> None:
    assert one({}, automationDetails=details).series == series


@pytest.mark.parametrize(
    ("times", "scanned_at"),
    [
        (["2026-01-01T10:00:00Z", "2026-01-01T12:00:00+03:00"], "2026-01-01T10:00:00+00:00"),
        (["2026-01-01T10:00:00"], "2026-01-01T10:00:00+00:00"),
        (["2026-13-01T10:00:00Z"], None),
        (["0001-01-01T00:00:00Z"], None),
        (["9999-12-31T23:59:59-23:00"], None),
        (["1700000000"], None),
        ([5, None, {}], None),
    ],
)
def test_a_scan_time_is_the_latest_that_is_one(times: list[Any], scanned_at: str | None) -> None:
    _, summary = told(sarif(invocations=[{"endTimeUtc": time} for time in times]))
    assert (summary.scanned_at and summary.scanned_at.isoformat()) == scanned_at


@pytest.mark.parametrize(
    ("name", "source_kind"),
    [
        ("ShopScan", "shopscan"),
        ("Shop Scan v4.2", "shop scan"),
        ("shop-scan-1.0.3-beta", "shop-scan"),
        ("scan42", "scan42"),
        ("", "unknown tool"),
        (None, "unknown tool"),
    ],
)
def test_the_source_is_the_tool_without_its_version(name: Any, source_kind: str) -> None:
    assert one({}, tool={"driver": {"name": name}}).source_kind == source_kind


def test_broken_documents_are_one_error_with_their_place() -> None:
    faults = {
        '{"version": "2.1.0", "runs": [{"results": [{}, ]}]}': ("line 1", "not valid JSON"),
        '{"version": "2.1.0",\n "runs": [{"results": [{"message":': ("line 2", "cut off"),
        '{"version": "2.1.0", "runs": {}}': ("/runs", "must be an array"),
        '{"version": "2.1.0", "runs": [[]]}': ("/runs/0", "must be an object"),
        '{"version": "2.1.0", "runs": [{}, {"results": {"a": 1}}]}': ("/runs/1/results", "must be an array"),
        '{"version": "2.0.0", "runs": []}': ("/version", r"SARIF 2\.0\.0 is not read"),
        '{"version": "2.1.0"}': ("", "no key “runs”"),
        "[]": ("", "must hold an object"),
        '{"runs": [{"results": [' + "[" * 100_000: ("", "nested deeper"),
        '{"runs": [{"tool": ' + '{"a":' * 5000: ("", "nested deeper"),
        '{"runs": [{"results": [' + "1" * 5000 + "]}]}": ("", "digits"),
        '{"runs": [{"results": [NaN]}]}': ("", "not valid JSON"),
        '{"runs": [{"results": [{}]}], "runs.item.results": [{}]}': ("/runs", "dots"),
    }
    for text, (place, reason) in faults.items():
        with pytest.raises(DocumentError, match=reason) as caught:
            told(text)
        assert caught.value.place.startswith(place), text


def test_bytes_that_are_no_text_are_told_with_their_line() -> None:
    with pytest.raises(DocumentError, match="not UTF-8") as caught:
        told(b'{"runs": [\n{"results": [{"ruleId": "\xff"}]}]}')
    assert caught.value.place == "line 2"


def test_texts_with_zero_bytes_and_lone_surrogates_can_be_stored() -> None:
    found = one({"ruleId": "a\x00b", "message": {"text": "c\ud800d\x00"}, "partialFingerprints": {"a\ud800": "\x00"}})
    assert "\ufffd" in found.rule
    assert "\x00" not in found.message
    found.message.encode()
    found.location.encode()


def test_null_results_and_runs_are_none() -> None:
    for text in ('{"version": "2.1.0", "runs": null}', '{"version": "2.1.0", "runs": [{"results": null}, {}]}'):
        findings, summary = told(text)
        assert findings == []
        assert summary.complete


def test_results_that_lie_elsewhere_make_a_report_incomplete() -> None:
    elsewhere = {"results": [{"location": {"uri": "more.sarif"}}]}
    inline = {"version": "2.1.0", "runs": [], "inlineExternalProperties": [{"guid": "x"}, {"results": [{}]}]}
    for text in (sarif(externalPropertyFileReferences=elsewhere), json.dumps(inline)):
        assert not told(text)[1].complete
    inline["inlineExternalProperties"] = [{"guid": "x", "results": []}]
    assert told(json.dumps(inline))[1].complete


def test_hazards_of_sarif_behave_as_their_index_says() -> None:
    assert told((HAZARDS / "sarif_empty_runs.sarif").read_bytes())[0] == []
    findings, summary = told((HAZARDS / "sarif_nulls.sarif").read_bytes())
    assert [one.rule for one in findings] == ["unnamed", "r"]
    assert summary.complete


def test_a_report_reads_the_same_packed_marked_and_in_other_encodings() -> None:
    plain = (SAMPLES / "dast.sarif").read_text()
    expected = told(plain)
    for data in (gzip.compress(plain.encode()), plain.encode("utf-8-sig"), plain.encode("utf-16")):
        assert told(data) == expected


def test_a_large_log_is_recognised_whatever_its_run_starts_with() -> None:
    many = [{"ruleId": "r", "message": {"text": "m" * 100}}] * 1000
    driver = {"driver": {"name": "t"}}
    for run in ({"results": many, "tool": driver}, {"tool": driver, "results": many}):
        data = json.dumps({"runs": [run], "version": "2.1.0"})
        assert len(told(data)[0]) == 1000
