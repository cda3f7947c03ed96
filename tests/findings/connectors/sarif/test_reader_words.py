"""How the words and numbers of a SARIF result become severity, weakness and place."""

from typing import Any

import pytest

from findings.identity import code_location
from tests.findings.connectors.sarif.reports import one, sarif, told


@pytest.mark.parametrize(
    ("result", "rule", "severity", "raw"),
    [
        ({}, {}, "medium", "warning"),
        ({"level": "error"}, {}, "high", "error"),
        ({"level": "note"}, {}, "low", "note"),
        ({"level": "none"}, {}, "info", "none"),
        ({"level": "CRITICAL"}, {}, "critical", "CRITICAL"),
        ({"level": "dire"}, {}, "info", "dire"),
        ({"level": 3}, {}, "info", "int"),
        ({}, {"defaultConfiguration": {"level": "error"}}, "high", "error"),
        ({"level": "note"}, {"defaultConfiguration": {"level": "error"}}, "low", "note"),
        ({"level": "note"}, {"properties": {"security-severity": "9.0"}}, "critical", "9"),
        ({"properties": {"security-severity": 6.9}}, {"properties": {"security-severity": "9.0"}}, "medium", "6.9"),
        ({"properties": {"security-severity": "7.0"}}, {}, "high", "7"),
        ({"properties": {"security-severity": "0.1"}}, {}, "low", "0.1"),
        ({"properties": {"security-severity": "0.0"}}, {}, "info", "0"),
        ({"properties": {"security-severity": "10.1"}}, {}, "medium", "warning"),
        ({"properties": {"security-severity": "high"}}, {}, "medium", "warning"),
        ({"kind": "open", "level": "none"}, {"defaultConfiguration": {"level": "error"}}, "high", "error"),
        ({"kind": "review"}, {}, "info", "none"),
    ],
)
def test_severity_is_the_score_else_the_level(result: Any, rule: Any, severity: str, raw: str) -> None:
    found = one(result, tool={"driver": {"name": "t", "rules": [{"id": "r"} | rule]}})
    assert (found.severity.value, found.raw_severity) == (severity, raw)


def test_a_level_set_on_the_command_line_wins_over_the_rules_own() -> None:
    tool = {"driver": {"rules": [{"id": "r", "defaultConfiguration": {"level": "note"}}]}}
    for descriptor in ({"id": "r"}, {"index": 0}):
        override = {"descriptor": descriptor, "configuration": {"level": "error"}}
        assert one({}, tool=tool, invocations=[{"ruleConfigurationOverrides": [override]}]).severity == "high"


def test_names_of_cwe_and_cve_are_found_wherever_tools_write_them() -> None:
    places = [
        {"tags": ["external/cwe/cwe-089"]},
        {"tags": ["CWE-89: SQL Injection"]},
        {"cwe": "CWE-89"},
        {"cwe": ["cwe:89"]},
        {"cwe": 89},
        {"cwe": "89"},
    ]
    assert {one({"properties": properties}).cwe for properties in places} == {(89,)}
    assert one(
        {"taxa": [{"id": "89", "toolComponent": {"guid": "G"}}]}, taxonomies=[{"name": "CWE", "guid": "g"}]
    ).cwe == (89,)
    assert one({"taxa": [{"id": "89", "toolComponent": {"name": "WASC"}}]}).cwe == ()
    assert one({"properties": {"tags": ["cve-2020-11022"]}}).cve == "CVE-2020-11022"
    rule = {"id": "r", "name": "R (CVE-2021-1234)"}
    assert one({}, tool={"driver": {"rules": [rule]}}).cve == "CVE-2021-1234"


def test_line_numbers_and_declared_folders_are_no_part_of_the_location() -> None:
    def located(uri: str, line: int, **members: Any) -> str:
        place = {"artifactLocation": {"uri": uri}, "region": {"startLine": line, "snippet": {"text": "x = 1"}}}
        return one({"locations": [{"physicalLocation": place}]}, **members).location

    bases = {"SRCROOT": {"uri": "file:///checkout/17/shop"}}
    same = {
        located("src/a.py", 3),
        located("src/a.py", 30),
        located("file:///checkout/17/shop/src/a.py", 3, originalUriBaseIds=bases),
        located("file:///b/src/a.py", 3, invocations=[{"workingDirectory": {"uri": "file:///b/"}}]),
    }
    assert same == {code_location("src/a.py", {}, "x = 1")}
    assert located("file:///checkout/17/shop/src/a.py", 3) not in same


def test_fingerprints_locate_partial_ones_first_and_withheld_ones_not_at_all() -> None:
    place = {"locations": [{"physicalLocation": {"artifactLocation": {"uri": "a.py"}}}]}
    partial, whole = {"partialFingerprints": {"p": "1"}}, {"fingerprints": {"f": {"value": "2"}}}
    assert one(place | partial | whole).location == code_location("a.py", {"p": "1"}, "")
    assert one(place | whole).location == code_location("a.py", {"f": "2"}, "")
    assert one(place | {"fingerprints": {"matchBasedId/v1": "requires login"}}).location == "a.py"


def test_results_without_a_rule_are_told_apart_by_their_message() -> None:
    texts = ["Buffer of 7 bytes overflows.", "Buffer of 90 bytes overflows.", "Something else."]
    rules = [told(sarif({"message": {"text": text}}))[0][0].rule for text in texts]
    assert rules[0] == rules[1] != rules[2]


def test_credentials_in_urls_are_left_out() -> None:
    uri = "https://ada:secret@api.shop.example/x"
    found = one({"locations": [{"physicalLocation": {"artifactLocation": {"uri": uri}}}]})
    assert found.url == "https://api.shop.example/x"
