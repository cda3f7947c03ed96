"""What reports of ZAP say: small reports of its shape, JSON and XML, and hazards of either."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from findings.choices import Confidence
from findings.records import FindingRecord, ReportSummary
from inventory.connectors.base import DocumentError
from inventory.connectors.registry import reader_for
from tests.inventory.connectors.reading import HAZARDS, read

SAMPLES = Path(__file__).parent / "zap" / "samples"


def told(data: bytes | str) -> tuple[list[FindingRecord], ReportSummary]:
    return read(data, "report", reader_for("zap"))


def alerts(*entries: Any) -> str:
    return json.dumps({"@version": "2.16.1", "site": [{"@name": "https://shop.example", "alerts": list(entries)}]})


def test_each_instance_of_an_alert_is_a_finding() -> None:
    findings, summary = told((SAMPLES / "shop.json").read_bytes())
    assert [(one.rule, one.severity.value, one.method, one.path, one.parameter, one.cwe) for one in findings] == [
        ("40018", "high", "GET", "/v1/orders/7", "sort", (89,)),
        ("40018", "high", "GET", "/v1/orders/8", "sort", (89,)),
        ("10035", "low", "POST", "/v1/orders", "", (319,)),
        ("10049", "info", "GET", "/", "", ()),
    ]
    assert [one.confidence for one in findings[1:]] == [Confidence.FIRM, Confidence.FIRM, None]
    assert [one.suppressed for one in findings] == [False, False, False, True]
    assert findings[0].message == "SQL injection may be possible.\n\nThe answer changed with the query."
    assert findings[0].remedy == "Bind values."
    assert summary.scanned_at == datetime(2026, 11, 22, 4, 10, 11, 250_000, tzinfo=UTC)
    assert (summary.instances, summary.suppressed, summary.runs[0].version) == (4, 1, "2.16.1")


def test_the_xml_report_says_the_same_as_the_json_report() -> None:
    by_json, by_xml = (told((SAMPLES / name).read_bytes())[0] for name in ("shop.json", "shop.xml"))
    assert by_xml == by_json


def test_no_password_and_no_request_is_kept() -> None:
    for name in ("shop.json", "shop.xml"):
        assert not [
            one for one in told((SAMPLES / name).read_bytes())[0] if "secret" in repr(one) or "abc" in repr(one)
        ]


def test_one_site_may_stand_without_an_array() -> None:
    site = {"@name": "x", "alerts": [{"pluginid": "1", "riskcode": "2", "instances": []}]}
    findings, _ = told(json.dumps({"@version": "2.5", "site": site}))
    assert [(one.rule, one.severity.value) for one in findings] == [("1", "medium")]


def test_an_alert_without_instances_is_one_finding_of_its_site() -> None:
    (finding,), _ = told(alerts({"pluginid": "1", "riskcode": "0"}))
    assert finding.url == "https://shop.example"


def test_a_risk_that_is_none_is_told_by_its_words_or_counted() -> None:
    findings, summary = told(alerts({"pluginid": "1", "riskdesc": "High (Low)"}, {"pluginid": "2", "riskcode": "9"}))
    assert [one.severity.value for one in findings] == ["high", "info"]
    assert summary.unknown_severities == {"9": 1}


def test_a_time_in_another_language_is_unknown() -> None:
    for written, scanned_at in (
        ("Fr., 30 Sep. 2022 08:40:35", None),
        ("Fri, 30 Sep 2022 08:40:35", datetime(2022, 9, 30, 8, 40, 35, tzinfo=UTC)),
        ("", None),
        ("Mon, 99 Foo 99999 99:99:99 +9999", None),
    ):
        assert told(f'<OWASPZAPReport generated="{written}"><site/></OWASPZAPReport>')[1].scanned_at == scanned_at


def test_entries_that_are_none_are_skipped_and_named() -> None:
    _, summary = told(alerts(7, {"pluginid": "1", "riskcode": "1", "instances": [None, {"uri": "http://x/a"}]}))
    assert [skip.place for skip in summary.skipped] == ["alert 1", "alert 2/instances/0"]
    assert summary.entries == 1


@pytest.mark.parametrize(
    "data",
    [
        "{}",
        '{"site": [{"alerts": {}}]}',
        '{"site": 3}',
        '{"site": [{"alerts": [{"instances": {}}]}]}',
        "<a/>",
        "<OWASPZAPReport><site>",
        '<!DOCTYPE x [<!ENTITY a "b">]><OWASPZAPReport/>',
        "<OWASPZAPReport>&a;</OWASPZAPReport>",
        "<OWASPZAPReport>" * 5000,
    ],
    ids=range(9),
)
def test_what_is_no_report_is_refused_in_one_sentence(data: str) -> None:
    with pytest.raises(DocumentError):
        told(data)


@pytest.mark.parametrize("name", ["xxe_ssrf.xml", "param_entity.xml", "truncated.xml"])
def test_hazards_of_xml_are_refused(name: str) -> None:
    with pytest.raises(DocumentError):
        told((HAZARDS / name).read_bytes())
