"""Spectral, linter for specifications: the JSON of `spectral lint --format json`.

A document is refused whole when it is broken or no array; an entry that is no object is skipped, counted and named.

- Severity is a number, 0 error to 3 hint.
- A place below `paths` gives path and method. Location is the file and the place in it; of an absolute name, which
  Spectral writes, the last part alone, since the rest is of the machine that it ran on.
- Spectral tells neither its version nor the time.
"""

from collections.abc import Generator
from typing import Any, ClassVar

from findings.choices import Severity
from findings.connectors.tally import MOST_LINE_NUMBER, MOST_MESSAGE, Tally, method_of, name_of
from findings.identity import code_location
from findings.records import FindingRecord, ReportSummary, RunSummary
from inventory.connectors.base import Document, Kind, as_list, as_map, as_text, as_whole, clip, one_line, pointer
from inventory.connectors.registry import register
from inventory.connectors.sniffing import first_members
from inventory.connectors.streams import parts_of

WORDS = ("error", "warn", "info", "hint")
SEVERITIES = {"error": Severity.HIGH, "warn": Severity.MEDIUM, "info": Severity.LOW, "hint": Severity.INFO}


@register
class Spectral:
    """Reads entry by entry."""

    slug: ClassVar[str] = "spectral"
    label: ClassVar[str] = "Spectral (JSON)"
    kind: ClassVar[Kind] = "findings"
    records: ClassVar[Any] = FindingRecord
    summary: ClassVar[Any] = ReportSummary

    @staticmethod
    def sniff(head: bytes, name: str) -> bool:  # noqa: ARG004 - the content tells
        """Look for the members of an entry."""
        return head.lstrip().startswith(b"[") and {"code", "path", "severity", "range"} <= first_members(head).keys()

    def read(
        self,
        document: Document,
        options: dict[str, Any],  # noqa: ARG002 - there are none
    ) -> Generator[FindingRecord, None, ReportSummary]:
        """Yield a finding for each entry."""
        tally = Tally()
        number = 0
        for name, value in parts_of(document, {"item"}, {""}):
            if name != "item":
                continue
            if isinstance(value, dict):
                yield tally.add(_finding(value, tally))
            else:
                tally.skip(pointer(number), "The entry is no object.")
            number += 1
        return tally.summary(RunSummary(source_kind="spectral", tool="Spectral"))


def _finding(entry: dict[str, Any], tally: Tally) -> FindingRecord:
    level = as_whole(entry.get("severity"), least=0, most=len(WORDS) - 1)
    severity, word = tally.severity(entry.get("severity") if level is None else WORDS[level], SEVERITIES)
    message = as_text(entry.get("message"))[:MOST_MESSAGE]
    rule = name_of(entry.get("code")) or "unnamed"
    source = as_text(entry.get("source")).replace("\\", "/")
    absolute = source.startswith("/") or source[1:3] == ":/"
    file = source.rpartition("/")[2] if absolute else source.removeprefix("./")
    parts = [part if isinstance(part, int) else as_text(part) for part in as_list(entry.get("path"))[:100]]
    path = str(parts[1]) if parts[:1] == ["paths"] and len(parts) > 1 else ""
    line = as_whole(as_map(as_map(entry.get("range")).get("start")).get("line"), least=0, most=MOST_LINE_NUMBER - 1)
    return FindingRecord(
        source_kind="spectral",
        rule=rule,
        title=one_line(message) or rule,
        message=message,
        severity=severity,
        raw_severity=word,
        method=method_of(parts[2]) if path and len(parts) > 2 else "",  # noqa: PLR2004 - paths, path, method
        path=clip(path, 2000) if path.startswith("/") else "",
        file=clip(file, 1000),
        line=None if line is None else line + 1,
        location=code_location(clip(file, 900), {"path": pointer(*parts)} if parts else {}, ""),
    )
