"""Every report of the corpus in a format with a reader: nothing is lost, and the values its index names come out."""

import re
from pathlib import Path
from typing import Any

import pytest

from findings.records import FindingRecord, ReportSummary
from inventory.connectors.base import DocumentError
from tests.conftest import TOLD, RecordProperty
from tests.inventory.connectors.reading import corpus_files, read

FORMATS = {
    "zap": "zap", "nuclei": "nuclei", "schemathesis_json": "schemathesis", "schemathesis_ndjson": "schemathesis",
    "junit_xml": "schemathesis", "spectral": "spectral", "semgrep": "semgrep", "bandit": "bandit",
    "gitlab_dast": "gitlab", "gitlab_api_fuzzing": "gitlab", "gitlab_sast": "gitlab", "generic": "generic",
}  # fmt: skip
"""The formats of the index, and our readers."""

RAW = ("instance", "ndjson_lines", "array", "results", "vulnerabilities", "findings")
"""What the index counted in a file, in the order in which it stands for findings."""

FIELDS = {
    "title": "title", "severity": "severity", "file_path": "file", "line": "line", "cwe": "cwe",
    "cvssv3_score": "cvss", "unsaved_cwes": "cwe",
}  # fmt: skip
SEVERITIES = {"Info": "info", "Low": "low", "Medium": "medium", "High": "high", "Critical": "critical"}

FILES = corpus_files(lambda entry: entry["format"] in FORMATS)


def expected(entry: dict[str, Any]) -> int | None:
    """Return how many entries the index counted, None where it counted something else."""
    raw = entry.get("raw_items") or {}
    if entry["format"].startswith(("schemathesis", "junit")):
        return None
    count = next((raw[name] for name in RAW if name in raw), (entry.get("expected") or {}).get("findings"))
    if entry["format"] == "zap" and count:
        # The index counted by words; some alerts stand in comments.
        text = re.sub(r"<!--.*?-->", "", Path(entry["path"]).read_text(), flags=re.DOTALL)
        return len(re.findall("<instance>", text))
    return count if isinstance(count, int) else None


def holds(findings: list[FindingRecord], name: str, value: Any) -> bool:
    """Tell whether some finding has the value that the index names."""
    field = FIELDS[name]
    if field == "severity":
        return any(one.severity == SEVERITIES[value] for one in findings)
    if field == "cwe":
        wanted = {int(re.sub(r"\D", "", str(one))) for one in (value if isinstance(value, list) else [value])} - {0}
        return not wanted or any(wanted <= set(one.cwe) for one in findings)
    if field == "title":
        # Ours is one line; theirs may be cut or decorated.
        return any(value in one.title or one.title in value for one in findings)
    return any(getattr(one, field) == value for one in findings)


def wrong_values(entry: dict[str, Any], findings: list[FindingRecord]) -> list[tuple[str, str, Any]]:
    told = (entry.get("expected") or {}).get("attributes") or []
    named = [(path.rpartition(".")[2], value) for path, value in told if not path.startswith(("len(", "self."))]
    return [
        (entry["file"], name, value) for name, value in named if name in FIELDS and not holds(findings, name, value)
    ]


@pytest.mark.skipif(not FILES, reason="The corpus is not here: set POSTURE_CORPUS.")
def test_the_corpus_loses_no_finding(record_property: RecordProperty) -> None:
    wrong: list[Any] = []
    table = [f"{'report':44}{'reader':14}{'counted':>8}{'instances':>10}{'findings':>9}  skipped"]
    foreign = 0
    for entry in FILES:
        data, name, count = entry["path"].read_bytes(), entry["path"].name, expected(entry)
        if (entry["format"] == "junit_xml" and b'name="schemathesis"' not in data) or b'"type":"warning"' in data[:40]:
            # JUnit of other tools, and the error log of one that stands among the reports.
            foreign += 1
            with pytest.raises(DocumentError):
                read(data, name)
            continue
        told: tuple[list[FindingRecord], ReportSummary] = read(data, name)
        findings, summary = told
        if count is not None and summary.instances != count:
            wrong.append((entry["file"], count, summary.instances))
        wrong += wrong_values(entry, findings)
        distinct = {(one.rule, one.method, one.path, one.parameter, one.location) for one in findings}
        table.append(
            f"{name[:42]:44}{FORMATS[entry['format']]:14}{count if count is not None else '-':>8}"
            f"{summary.instances:>10}{len(distinct):>9}  {summary.skipped_count}"
        )
    table.append(f"{len(FILES) - foreign} reports, {len(wrong)} differences; {foreign} of other tools refused")
    record_property(TOLD, "\n".join(["", *table]))
    assert wrong == []


@pytest.mark.skipif(not FILES, reason="The corpus is not here: set POSTURE_CORPUS.")
def test_reports_of_one_run_agree_whatever_their_form() -> None:
    runs: dict[str, set[tuple[str, str, str]]] = {}
    for entry in FILES:
        name = entry["path"].name
        if "schemathesis" in entry["format"] or name.endswith("_junit.xml"):
            findings, _ = read(entry["path"].read_bytes(), name)
            told = {(one.rule, one.method, one.path) for one in findings}
            assert runs.setdefault(name.split("_")[1], told) == told, name
