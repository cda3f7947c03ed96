"""SARIF 2.1.0, plain or gzip: static and dynamic analysis of many tools.

A document is refused whole when its frame cannot be read: broken JSON, another version, `runs` or a run's `results` of
the wrong kind, nesting deeper than 200. `runs` or `results` of null are none. A result that is no object is skipped,
counted and named. Everything inside a result is taken where it is of the right kind and passed over where not.

- A result of kind pass, notApplicable or informational is no finding; one with baselineState absent is not present;
  both are counted. Kinds open and review are tentative findings with the level of their rule.
- Severity: `security-severity` as a CVSS score, else level (error high, warning medium, note low, none info), the
  result's before the rule's, "warning" where both are silent. A word that is not known is info, and counted.
- Confidence: `precision` (very-high confirmed, high and medium firm, low tentative), else unstated.
- Instances: `occurrenceCount`, else 1. Several locations of one result are one problem (section 3.27.12): the first
  counts.
- Series: the automation id without its last part (section 3.17). Scan time: the latest end of an invocation, else the
  latest start.
- Results in external property files are not read; the report is then not complete, and neither is one whose tool says
  that it did not finish.
"""

from collections.abc import Generator
from typing import Any, ClassVar

import msgspec

from findings.connectors.sarif.held import held_of
from findings.connectors.sarif.outline import Outline, outline_of, results_of
from findings.connectors.sarif.results import Tally, finding_of
from findings.connectors.sarif.runs import Run, run_of
from findings.records import FindingRecord, ReportSummary
from inventory.connectors.base import Document, Kind, pointer
from inventory.connectors.registry import register
from inventory.connectors.sniffing import json_members

MOST_WORDS = 100


@register
class Sarif:
    """Reads the results of all runs: those of large files in two passes, so that memory does not grow with them."""

    slug: ClassVar[str] = "sarif"
    label: ClassVar[str] = "SARIF 2.1.0"
    kind: ClassVar[Kind] = "findings"
    records: ClassVar[Any] = FindingRecord
    summary: ClassVar[Any] = ReportSummary

    @staticmethod
    def sniff(head: bytes, name: str) -> bool:
        """Look for `runs` at the top, with a schema or a name of SARIF or the version beside it, or a run's members."""
        members = dict(json_members(head))
        if b"sarif" in members.get("$schema", b"").lower():
            return True
        if "runs" not in members:
            return name.lower().endswith((".sarif", ".sarif.json", ".sarif.gz")) and set(members) <= {"version"}
        runs = members["runs"].lstrip()
        told = b'"tool"' in head or b'"ruleId"' in head
        return members.get("version", b"").startswith(b'"2.') or (runs.startswith(b"[") and told)

    def read(
        self,
        document: Document,
        options: dict[str, Any],  # noqa: ARG002 - there are none
    ) -> Generator[FindingRecord, None, ReportSummary]:
        """Yield a finding for each result that is one."""
        held = held_of(document)
        outline = held.outline if held else outline_of(document)
        runs = [run_of(run) for run in outline.runs]
        document.total = sum(run.results for run in runs)
        tally = Tally()
        entries = []
        results = held.decoded(document) if held else results_of(document, outline)
        for number, run in enumerate(runs):
            before = tally.entries
            for index in range(run.results):
                result = next(results, None)
                if not isinstance(result, dict):
                    tally.skip(pointer("runs", number, "results", index), "The result is no object.")
                elif finding := finding_of(result, run, tally):
                    yield finding
            entries.append(tally.entries - before)
        # A second pass also tells whether it saw what the first one counted.
        next(results, None)
        return _summary(outline, runs, entries, tally)


def _summary(outline: Outline, runs: list[Run], entries: list[int], tally: Tally) -> ReportSummary:
    if outline.external or any(run.external for run in runs):
        tally.skip("", "Results in external property files are not read.")
    times = [run.about.scanned_at for run in runs if run.about.scanned_at]
    return ReportSummary(
        runs=tuple(msgspec.structs.replace(run.about, entries=count) for run, count in zip(runs, entries, strict=True)),
        scanned_at=max(times, default=None),
        entries=tally.entries,
        instances=tally.instances,
        not_findings=dict(tally.not_findings),
        absent=tally.absent,
        suppressed=tally.suppressed,
        unknown_severities=dict(sorted(tally.unknown_severities.items())[:MOST_WORDS]),
        skipped_count=tally.skipped_count,
        skipped=tuple(tally.skipped),
        complete=not tally.skipped_count and all(run.about.successful for run in runs),
    )
