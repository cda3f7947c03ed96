"""Schemathesis, tests made from a specification: its JSON report, its event log (JSON lines) and its JUnit report.

JSON and XML are refused whole when they are broken; entries that are no object are skipped, counted and named. So are
lines of the event log that cannot be read; a log without one that can is refused.

- Rule: the code of the check, such as ST108; reports before version 4.10 have none and give its type or title.
- Place: the operation as the specification has it, below the base address, with the method that was really sent. All
  three reports of one run give the same findings, save that those of stateful tests have a place in the log alone.
- Severity is the tool's; JUnit states none, there the tool's own table by code stands in.
- Answers, bodies and commands are not read: they hold what should not be kept. Warnings are no findings.
"""

from collections.abc import Generator
from typing import Any, ClassVar

from findings.connectors.schemathesis.junit import suites
from findings.connectors.schemathesis.reports import events, report
from findings.connectors.tally import Tally
from findings.records import FindingRecord, ReportSummary
from inventory.connectors.base import Document, Kind
from inventory.connectors.registry import register
from inventory.connectors.sniffing import first_members


@register
class Schemathesis:
    """Tells the three reports apart by their start."""

    slug: ClassVar[str] = "schemathesis"
    label: ClassVar[str] = "Schemathesis (JSON, JSON lines, JUnit)"
    kind: ClassVar[Kind] = "findings"
    records: ClassVar[Any] = FindingRecord
    summary: ClassVar[Any] = ReportSummary

    @staticmethod
    def sniff(head: bytes, name: str) -> bool:  # noqa: ARG004 - the content tells
        """Look for the tool's name where each report has it."""
        start = head.lstrip()
        if start.startswith(b"<"):
            return b"<testsuite" in start and b'name="schemathesis"' in start
        members = first_members(head)
        if "schemathesis_version" in members:
            return True
        return b"schemathesis" in members.get("Initialize", b"") or {"Initialize", "LoadingStarted"} <= members.keys()

    def read(
        self,
        document: Document,
        options: dict[str, Any],  # noqa: ARG002 - there are none
    ) -> Generator[FindingRecord, None, ReportSummary]:
        """Yield a finding for each check that failed."""
        tally = Tally()
        head = document.head().lstrip()
        if head.startswith(b"<"):
            run = yield from suites(document, tally)
        elif "Initialize" in first_members(head):
            run = yield from events(document, tally)
        else:
            run = yield from report(document, tally)
        return tally.summary(run)
