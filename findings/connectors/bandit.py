"""Bandit, security linter for Python: its JSON and its CSV report.

A JSON report is refused whole when it is broken or its `results` are no array; a result that is no object is skipped,
counted and named. In a CSV report rows that cannot be read are skipped, counted and named.

- Location: the file and the hash of the code, without the line numbers that Bandit writes before each line. CSV reports
  hold no code: there it is the file alone.
- A report with `errors` (files that could not be read) is one that did not finish.
"""

import re
from collections.abc import Generator
from typing import Any, ClassVar

from findings.choices import Severity
from findings.connectors.tally import (
    CONFIDENCES,
    MOST_LINE_NUMBER,
    MOST_MESSAGE,
    MOST_REMEDY,
    Tally,
    cwe_of,
    name_of,
    time_of,
)
from findings.identity import code_location
from findings.records import FindingRecord, ReportSummary, RunSummary
from inventory.connectors.base import (
    Document,
    DocumentError,
    Kind,
    as_map,
    as_text,
    as_whole,
    clip,
    one_line,
    pointer,
)
from inventory.connectors.registry import register
from inventory.connectors.sniffing import first_members
from inventory.connectors.streams import parts_of
from inventory.connectors.tables import rows_of

SEVERITIES = {"high": Severity.HIGH, "medium": Severity.MEDIUM, "low": Severity.LOW}

COLUMNS = b"filename,test_name,test_id,issue_severity,issue_confidence"

_LINE_NUMBER = re.compile(r"^[ \t]*\d+[ \t]?", re.MULTILINE)


@register
class Bandit:
    """Reads result by result."""

    slug: ClassVar[str] = "bandit"
    label: ClassVar[str] = "Bandit (JSON, CSV)"
    kind: ClassVar[Kind] = "findings"
    records: ClassVar[Any] = FindingRecord
    summary: ClassVar[Any] = ReportSummary

    @staticmethod
    def sniff(head: bytes, name: str) -> bool:  # noqa: ARG004 - the content tells
        """Look for what Bandit counts or finds, or for its columns."""
        if head.lstrip().startswith(COLUMNS):
            return True
        members = first_members(head)
        told = b'"CONFIDENCE.HIGH"' in head or b'"test_id"' in head
        return told and "generated_at" in members and ("metrics" in members or "results" in members)

    def read(
        self,
        document: Document,
        options: dict[str, Any],  # noqa: ARG002 - there are none
    ) -> Generator[FindingRecord, None, ReportSummary]:
        """Yield a finding for each result."""
        tally = Tally()
        if document.head().lstrip().startswith(COLUMNS):
            yield from _of_table(document, tally)
            successful = True
        else:
            successful = yield from _of_json(document, tally)
        return tally.summary(RunSummary(source_kind="bandit", tool="Bandit", successful=successful))


def _of_json(document: Document, tally: Tally) -> Generator[FindingRecord, None, bool]:
    seen = successful = False
    failed = False
    number = 0
    for name, value in parts_of(document, {"results.item", "errors.item", "generated_at"}, {"results"}):
        if name == "results":
            seen = True
        elif name == "generated_at":
            tally.seen_at(time_of(value))
        elif name == "errors.item":
            failed = True
        else:
            if isinstance(value, dict):
                yield tally.add(_finding(value, as_map(value.get("issue_cwe")).get("id"), tally))
            else:
                tally.skip(pointer("results", number), "The result is no object.")
            number += 1
    if not seen:
        raise DocumentError(reason="There is no key “results”, so this is no Bandit report.")
    successful = not failed
    return successful


def _of_table(document: Document, tally: Tally) -> Generator[FindingRecord, None, None]:
    rows = rows_of(document)
    names = next(rows)[1]
    for line, row in rows:
        if isinstance(row, str):
            tally.skip(f"line {line}", row)
        elif len(row) != len(names):
            tally.skip(f"line {line}", f"The row has {len(row)} cells, not {len(names)}.")
        else:
            cells: dict[str, Any] = dict(zip(names, row, strict=True))
            cwe = re.search(r"/definitions/(\d{1,5})\.html", cells.get("issue_cwe", ""))
            number = cells.get("line_number", "")
            cells["line_number"] = int(number) if number.isascii() and number.isdigit() and len(number) < 10 else None  # noqa: PLR2004 - no file has more lines
            yield tally.add(_finding(cells, cwe[1] if cwe else None, tally))


def _finding(result: dict[str, Any], cwe: Any, tally: Tally) -> FindingRecord:
    severity, word = tally.severity(result.get("issue_severity"), SEVERITIES)
    message = as_text(result.get("issue_text"))[:MOST_MESSAGE]
    rule = name_of(result.get("test_id")) or name_of(result.get("test_name")) or "unnamed"
    file = as_text(result.get("filename")).removeprefix("./")
    code = _LINE_NUMBER.sub("", as_text(result.get("code"))[:MOST_MESSAGE])
    return FindingRecord(
        source_kind="bandit",
        rule=rule,
        title=one_line(message) or rule,
        message=message,
        remedy=as_text(result.get("more_info"))[:MOST_REMEDY],
        severity=severity,
        raw_severity=word,
        confidence=CONFIDENCES.get(as_text(result.get("issue_confidence")).lower()),
        cwe=cwe_of(cwe),
        file=clip(file, 1000),
        line=as_whole(result.get("line_number"), least=1, most=MOST_LINE_NUMBER),
        location=code_location(clip(file, 900), {}, code),
    )
