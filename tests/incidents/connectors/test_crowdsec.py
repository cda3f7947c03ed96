"""CrowdSec's alerts: one for each overflow, as the index of the corpus counts them."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from incidents.connectors.crowdsec import CrowdSec
from tests.conftest import TOLD, RecordProperty
from tests.inventory.connectors.reading import corpus_files, read

SAMPLE = Path(__file__).parent / "crowdsec/samples/alerts.json"


def test_the_sample_reads_as_counted_by_hand() -> None:
    alerts, summary = read(SAMPLE.read_bytes(), "alerts.json")
    assert [(one.title, one.severity, one.category, one.outcome, one.events) for one in alerts] == [
        ("Http probing", "medium", "", "allowed", 11), ("Http sqli probing", "high", "API8", "blocked", 2),
        ("Http generic bf", "high", "API2", "allowed", 6),
    ]  # fmt: skip
    assert [(one.method, one.path, one.host) for one in alerts] == [
        ("", "", "shop.example"), ("GET", "/v1/orders", "shop.example"), ("POST", "/v1/login", "shop.example"),
    ]  # fmt: skip
    assert alerts[0].happened_at == datetime(2026, 6, 1, 10, 0, 1, 239378, UTC)
    assert summary.events == 19


def test_nothing_to_tell_is_a_document_without_alerts() -> None:
    assert read("null", "alerts.json", CrowdSec)[0] == []
    assert read("[]", "alerts.json", CrowdSec)[0] == []


def test_the_corpus_reads_as_counted(record_property: RecordProperty) -> None:
    table = [f"{'alerts of CrowdSec':44}{'counted':>9}{'alerts':>8}{'scenarios':>11}"]
    found = corpus_files(lambda one: one["file"].endswith("lab_crowdsec_alerts.json"))
    for entry in found:
        alerts, _ = read(entry["path"].read_bytes(), entry["file"])
        scenarios = len({one.rule for one in alerts})
        table.append(f"{entry['path'].name:44}{entry['expected']['items']:>9}{len(alerts):>8}{scenarios:>11}")
        assert len(alerts) == entry["expected"]["items"]
        assert Counter(one.rule for one in alerts) == entry["expected"]["scenarios"]
    record_property(TOLD, "\n".join(["", *table, f"{len(found)} documents, 0 differences"]))
