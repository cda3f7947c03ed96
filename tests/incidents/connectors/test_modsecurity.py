"""ModSecurity's audit log: rules that matched, what became of the request, when it was, nothing of what was sent."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from incidents.connectors.modsecurity import ModSecurity
from inventory.connectors.base import DocumentError
from tests.conftest import TOLD, RecordProperty
from tests.inventory.connectors.reading import corpus_files, read

SAMPLE = Path(__file__).parent / "modsecurity/samples/audit.jsonl"


def test_the_sample_reads_as_counted_by_hand() -> None:
    alerts, summary = read(SAMPLE.read_bytes(), "audit.jsonl")
    assert [(one.rule, one.outcome, one.category, one.severity) for one in alerts] == [
        ("942100", "blocked", "API8", "critical"), ("942100", "allowed", "API8", "critical"),
        ("200002", "allowed", "", "medium"), ("949110", "blocked", "", "critical"),
    ]  # fmt: skip
    assert summary.not_alerts == {"only adds up the others": 1, "no rule matched": 1}
    # The second was written two hours ahead of UTC: its answer's Date tells.
    assert alerts[1].happened_at == datetime(2026, 6, 1, 10, 0, 5, tzinfo=UTC)
    assert (alerts[0].where, alerts[0].size, alerts[0].path) == ("ARGS:q", 9, "/v1/orders")
    assert b"OR 1=1" not in msgspec.json.encode(alerts)
    assert b"secret-token" not in msgspec.json.encode(alerts)


def test_a_time_at_the_end_of_time_is_taken_as_it_stands() -> None:
    line = json.loads(SAMPLE.read_bytes().splitlines()[0])
    line["transaction"]["time_stamp"] = "Fri Dec 31 23:50:00 9999"
    line["transaction"]["response"]["headers"] = {"Date": "Fri, 31 Dec 9999 23:58:00 GMT"}
    alerts, _ = read(json.dumps(line), "audit.jsonl", ModSecurity)
    assert {alert.happened_at for alert in alerts} == {datetime(9999, 12, 31, 23, 50, tzinfo=UTC)}


def test_the_corpus_reads_as_counted(record_property: RecordProperty) -> None:
    table = [f"{'audit log':44}{'lines':>7}{'counted':>9}{'alerts':>8}{'sums':>6}{'silent':>8}{'blocked':>9}"]
    for entry in corpus_files(lambda one: one["format"] == "modsecurity_audit_v3"):
        alerts, summary = read(entry["path"].read_bytes(), entry["file"])
        expected: dict[str, Any] = entry["expected"]
        sums, silent = (summary.not_alerts.get(word, 0) for word in ("only adds up the others", "no rule matched"))
        lines = entry["path"].read_bytes().splitlines()
        with_rules = sum(bool(json.loads(line)["transaction"]["messages"]) for line in lines)
        assert len(alerts) + sums == expected["messages"]
        assert with_rules + silent == expected["transactions"] == len(lines)
        assert summary.skipped_count == 0
        rules = expected.get("rule_ids", {})
        for rule, count in rules.items():
            if not rule.startswith("949"):
                assert sum(one.rule == rule for one in alerts) == count, rule
        refused = 0 if "DetectionOnly" in entry["file"] else sum(one.status == 403 for one in alerts)
        assert sum(one.outcome == "blocked" for one in alerts) == refused
        table.append(
            f"{entry['path'].name:44}{len(lines):>7}{expected['messages']:>9}{len(alerts):>8}{sums:>6}{silent:>8}"
            f"{refused:>9}"
        )
    record_property(TOLD, "\n".join(["", *table, f"{len(table) - 1} audit logs, 0 differences"]))


@pytest.mark.parametrize("text", ['{"transaction": {}}', '{"transaction": []}\n', "not json", '{"a": 1}'])
def test_what_holds_no_transaction_is_refused(text: str) -> None:

    with pytest.raises(DocumentError, match="No line can be read"):
        read(text, "audit.log", ModSecurity)
