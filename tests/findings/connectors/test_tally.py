"""The words of weakness that mean the same in every report."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from findings.choices import Severity
from findings.connectors.tally import Tally, band, cve_of, cwe_of, method_of, score_of, time_of, web_place
from findings.records import RunSummary

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@pytest.mark.parametrize(
    ("values", "numbers"),
    [
        ((79,), (79,)),
        (("79", "CWE-089: SQL (CWE-89)"), (79, 89)),
        ((["cwe-362", 22, None, "nvd-cwe-noinfo"], -1, 0, True), (22, 362)),
        ((["CWE-79 CWE-20"],), (20, 79)),
        ((2.0, {}, "none"), ()),
    ],
)
def test_cwe_numbers_are_found_however_they_are_written(values: tuple[Any, ...], numbers: tuple[int, ...]) -> None:
    assert cwe_of(*values) == numbers


def test_the_first_cve_counts() -> None:
    assert cve_of(None, ["GHSA-x", "cve-2018-15473", "CVE-2000-0001"]) == "CVE-2018-15473"


@pytest.mark.parametrize(
    ("value", "score", "severity"),
    [
        (9.8, 9.8, "critical"),
        ("7.0", 7.0, "high"),
        (10, 10.0, "critical"),
        ("0.1", 0.1, "low"),
        (0, None, None),
        (10.1, None, None),
        ("-1", None, None),
        (True, None, None),
        (float("nan"), None, None),
        ("CVSS:3.1/AV:N", None, None),
    ],
)
def test_scores_are_those_of_cvss_alone(value: Any, score: float | None, severity: str | None) -> None:
    assert score_of(value) == score
    assert (band(score).value if score else None) == severity


@pytest.mark.parametrize(
    ("target", "place"),
    [
        ("https://me:pw@h.example/a?b=c", ("https://h.example/a?b=c", "/a")),
        ("HTTP://h.example", ("HTTP://h.example", "/")),
        ("/a/b?c#d", ("", "/a/b")),
        ("h.example:22", ("", "")),
        ("https://[", ("", "")),
        ("ftp://h/a", ("", "")),
        ("", ("", "")),
    ],
)
def test_an_address_loses_its_password(target: str, place: tuple[str, str]) -> None:
    assert web_place(target) == place


def test_times_are_utc_and_nonsense_is_none() -> None:
    assert time_of("2026-11-22T04:10:11.829446505+03:00") == datetime(2026, 11, 22, 1, 10, 11, 829446, tzinfo=UTC)
    assert time_of("2026-11-22T04:10:11") == datetime(2026, 11, 22, 4, 10, 11, tzinfo=UTC)
    for nonsense in ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59", "2026-13-45", 5, None, ""):
        assert time_of(nonsense) is None


def test_methods_are_words_of_http() -> None:
    assert [method_of(word) for word in ("get", " PATCH ", "EVIL", None, 7)] == ["GET", "PATCH", "", "", ""]


@given(st.lists(JSON))
def test_words_of_severity_are_never_lost(values: list[Any]) -> None:
    tally = Tally()
    told = [tally.severity(value, {"high": Severity.HIGH}) for value in values]
    unread = sum(word.lower() != "high" for _, word in told)
    assert {severity for severity, word in told if word.lower() != "high"} <= {Severity.INFO}
    assert sum(tally.unknown_severities.values()) == unread


def test_the_latest_time_counts_and_what_was_skipped_makes_a_report_incomplete() -> None:
    tally, now = Tally(), datetime(2026, 11, 22, tzinfo=UTC)
    for time in (now, None, now - timedelta(days=1)):
        tally.seen_at(time)
    for number in range(150):
        tally.skip(f"/{number}", "No.")
    summary = tally.summary(RunSummary(source_kind="t"))
    assert summary.scanned_at == summary.runs[0].scanned_at == now
    assert (summary.skipped_count, len(summary.skipped), summary.complete) == (150, 100, False)


@given(JSON)
def test_whatever_is_given_nothing_is_raised(value: Any) -> None:
    cwe_of(value)
    cve_of(value)
    score_of(value)
    time_of(value)
    method_of(value)
    assert all(isinstance(part, str) for part in web_place(value if isinstance(value, str) else ""))
