"""Every SARIF report of the corpus: no result is lost, and the values that its index names come out."""

from typing import Any

import pytest

from findings.records import FindingRecord
from tests.conftest import TOLD, RecordProperty
from tests.findings.connectors.sarif.reports import told
from tests.inventory.connectors.reading import corpus_files

FILES = corpus_files(lambda entry: "sarif_results" in (entry.get("raw_items") or {}))

FIELDS = {"title": "title", "file_path": "file", "line": "line", "cwe": "cwe", "vuln_id_from_tool": "rule"}
"""The index's names of values, and ours."""


def holds(findings: list[FindingRecord], name: str, value: Any) -> bool:
    """Tell whether some finding has the value that the index names."""
    field = FIELDS[name]
    if field == "cwe":
        return any(value in finding.cwe for finding in findings)
    return any(getattr(finding, field) == value for finding in findings)


@pytest.mark.skipif(not FILES, reason="The corpus is not here: set POSTURE_CORPUS.")
def test_the_corpus_loses_no_result(record_property: RecordProperty) -> None:
    wrong: list[Any] = []
    table = [f"{'report':42}{'tool':28}{'results':>8}{'instances':>10}{'findings':>9}"]
    for entry in FILES:
        findings, summary = told(entry["path"].read_bytes(), entry["path"].name)
        results = entry["raw_items"]["sarif_results"]
        if summary.instances != results:
            wrong.append((entry["file"], results, summary.instances))
        # The values of other formats are what their own readers make of them.
        values = entry["expected"].get("attributes") or [] if entry["format"] == "sarif" else []
        for path, value in values:
            name = path.rpartition(".")[2]
            if name in FIELDS and not holds(findings, name, value):
                wrong.append((entry["file"], name, value))
        distinct = {(one.rule, one.method, one.path, one.parameter, one.location) for one in findings}
        tools = ", ".join(run.source_kind for run in summary.runs)
        table.append(
            f"{entry['path'].name[:40]:42}{tools[:26]:28}{results:>8}{summary.instances:>10}{len(distinct):>9}"
        )
    record_property(TOLD, "\n".join(["", *table, f"{len(FILES)} reports, {len(wrong)} differences"]))
    assert wrong == []
