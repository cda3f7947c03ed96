"""Semgrep, pattern scanner for source code: the JSON of `semgrep scan --json`.

A document is refused whole when it is broken or its `results` are no array; a result that is no object is skipped,
counted and named.

- Location: the file and Semgrep's fingerprint, else the hash of the matched lines. Without a sign-in Semgrep writes
  “requires login” for both, the same for all: then it is the file alone.
- A result with `is_ignored` was accepted in the code (`nosemgrep`).
- A report whose `errors` hold one of level error is one that did not finish.
"""

from collections.abc import Generator
from typing import Any, ClassVar

from findings.choices import Severity
from findings.connectors.tally import (
    CONFIDENCES,
    MOST_LINE_NUMBER,
    MOST_MESSAGE,
    MOST_REMEDY,
    Tally,
    cve_of,
    cwe_of,
    name_of,
)
from findings.identity import code_location
from findings.records import FindingRecord, ReportSummary, RunSummary
from inventory.connectors.base import (
    Document,
    DocumentError,
    Kind,
    as_list,
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

SEVERITIES = {
    "critical": Severity.CRITICAL,
    "error": Severity.HIGH,
    "high": Severity.HIGH,
    "warning": Severity.MEDIUM,
    "medium": Severity.MEDIUM,
    "info": Severity.LOW,
    "low": Severity.LOW,
    "inventory": Severity.INFO,
    "experiment": Severity.INFO,
}

WITHHELD = "requires login"


@register
class Semgrep:
    """Reads result by result."""

    slug: ClassVar[str] = "semgrep"
    label: ClassVar[str] = "Semgrep (JSON)"
    kind: ClassVar[Kind] = "findings"
    records: ClassVar[Any] = FindingRecord
    summary: ClassVar[Any] = ReportSummary

    @staticmethod
    def sniff(head: bytes, name: str) -> bool:  # noqa: ARG004 - the content tells
        """Look for results of checks, or for the frame of a report that has none."""
        members = first_members(head)
        if not members.get("results", b"").startswith(b"["):
            return False
        return b'"check_id"' in head or ("errors" in members and _is_empty(members))

    def read(
        self,
        document: Document,
        options: dict[str, Any],  # noqa: ARG002 - there are none
    ) -> Generator[FindingRecord, None, ReportSummary]:
        """Yield a finding for each result."""
        tally = Tally()
        seen = failed = False
        version, number = "", 0
        for name, value in parts_of(document, {"results.item", "errors.item", "version"}, {"results"}):
            if name == "results":
                seen = True
            elif name == "version":
                version = one_line(as_text(value), 100)
            elif name == "errors.item":
                failed |= as_text(as_map(value).get("level")).lower() == "error"
            else:
                if isinstance(value, dict):
                    yield tally.add(_finding(value, tally))
                else:
                    tally.skip(pointer("results", number), "The result is no object.")
                number += 1
        if not seen:
            raise DocumentError(reason="There is no key “results”, so this is no Semgrep report.")
        run = RunSummary(source_kind="semgrep", tool="Semgrep", version=version, successful=not failed)
        return tally.summary(run)


def _is_empty(members: dict[str, bytes]) -> bool:
    nothing = members["results"][1:].lstrip().startswith(b"]")
    return nothing and members.keys() <= {
        *("version", "results", "errors", "paths", "time", "engine_requested", "skipped_rules"),
        *("profiling_results", "interfile_languages_used"),
    }


def _finding(result: dict[str, Any], tally: Tally) -> FindingRecord:
    extra = as_map(result.get("extra"))
    metadata = as_map(extra.get("metadata"))
    severity, word = tally.severity(extra.get("severity"), SEVERITIES)
    message = as_text(extra.get("message"))[:MOST_MESSAGE]
    rule = name_of(result.get("check_id")) or "unnamed"
    file = as_text(result.get("path")).removeprefix("./")
    references = [as_text(entry) for entry in as_list(metadata.get("references"))]
    mark, lines = as_text(extra.get("fingerprint")), as_text(extra.get("lines"))
    return FindingRecord(
        source_kind="semgrep",
        rule=rule,
        title=one_line(message) or rule,
        message=message,
        remedy=(as_text(extra.get("fix")) or next(filter(None, references), ""))[:MOST_REMEDY],
        severity=severity,
        raw_severity=word,
        confidence=CONFIDENCES.get(as_text(metadata.get("confidence")).lower()),
        cwe=cwe_of(metadata.get("cwe")),
        cve=cve_of(metadata.get("cve"), rule),
        file=clip(file, 1000),
        line=as_whole(as_map(result.get("start")).get("line"), least=1, most=MOST_LINE_NUMBER),
        location=code_location(
            clip(file, 900),
            {"fingerprint": mark} if mark and mark != WITHHELD else {},
            "" if lines == WITHHELD else lines[:MOST_MESSAGE],
        ),
        suppressed=extra.get("is_ignored") is True,
    )
