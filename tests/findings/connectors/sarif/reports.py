"""Small SARIF reports, and reading them in this process."""

import json
from typing import Any

from findings.records import FindingRecord, ReportSummary
from inventory.connectors.registry import reader_for
from tests.inventory.connectors.reading import read


def told(data: bytes | str, name: str = "report.sarif") -> tuple[list[FindingRecord], ReportSummary]:
    """Read a report as SARIF, whatever it looks like."""
    return read(data, name, reader_for("sarif"))


def sarif(*results: Any, **members: Any) -> str:
    """Return a report of one run."""
    run = {"tool": {"driver": {"name": "t"}}, "results": list(results)} | members
    return json.dumps({"version": "2.1.0", "runs": [run]})


def one(result: dict[str, Any], **members: Any) -> FindingRecord:
    """Return the finding of a report with this one result of rule r."""
    findings, _ = told(sarif({"ruleId": "r"} | result, **members))
    assert len(findings) == 1
    return findings[0]
