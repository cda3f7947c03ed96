"""Nuclei, template scanner: JSON lines (`-jsonl`), its JSON array, and the key names of version 2 and of today.

Of lines, those that are no JSON object or longer than 1 MB are skipped, counted and named; a document without one that
can be read is refused. An array is refused whole when it is broken; an entry that is no object is skipped.

- Severity: the template's word; “unknown” is one that cannot be read. A CVSS score is kept beside it.
- Place: `matched-at` where it is a URL, else the host that was asked. The matcher's name tells apart what one template
  found at one place; it stands as the location.
- An entry whose `matcher-status` is false tells of a template that did not match: it is no finding.
"""

import re
from collections.abc import Generator, Iterator
from typing import Any, ClassVar

from findings.choices import Severity
from findings.connectors.tally import (
    MOST_MESSAGE,
    MOST_REMEDY,
    Tally,
    cve_of,
    cwe_of,
    method_of,
    name_of,
    score_of,
    time_of,
    web_place,
)
from findings.records import FindingRecord, ReportSummary, RunSummary
from inventory.connectors.base import Document, DocumentError, Kind, as_list, as_map, as_text, clip, one_line, pointer
from inventory.connectors.json_lines import objects_of
from inventory.connectors.registry import register
from inventory.connectors.sniffing import first_members
from inventory.connectors.streams import parts_of

SEVERITIES = {
    "critical": Severity.CRITICAL,
    "high": Severity.HIGH,
    "medium": Severity.MEDIUM,
    "low": Severity.LOW,
    "info": Severity.INFO,
}

_CURL_METHOD = re.compile(r"\s(?:-X|--request)\s+['\"]?([A-Za-z]{3,10})")


@register
class Nuclei:
    """Reads line by line, or entry by entry."""

    slug: ClassVar[str] = "nuclei"
    label: ClassVar[str] = "Nuclei (JSON, JSON lines)"
    kind: ClassVar[Kind] = "findings"
    records: ClassVar[Any] = FindingRecord
    summary: ClassVar[Any] = ReportSummary

    @staticmethod
    def sniff(head: bytes, name: str) -> bool:  # noqa: ARG004 - the content tells
        """Look for a template and what is known of it."""
        members = first_members(head)
        return "info" in members and not members.keys().isdisjoint(("template-id", "templateID"))

    def read(
        self,
        document: Document,
        options: dict[str, Any],  # noqa: ARG002 - there are none
    ) -> Generator[FindingRecord, None, ReportSummary]:
        """Yield a finding for each match."""
        tally = Tally()
        array = document.head().lstrip().startswith(b"[")
        read = 0
        for place, entry in _entries_of_array(document) if array else objects_of(document):
            if not isinstance(entry, dict):
                tally.skip(place, entry if isinstance(entry, str) else "The entry is no object.")
                continue
            read += 1
            if entry.get("matcher-status") is False:
                tally.not_findings["no match"] += 1
                continue
            tally.seen_at(time_of(entry.get("timestamp")))
            yield tally.add(_finding(entry, tally))
        if tally.skipped and not read and not array:
            raise DocumentError(tally.skipped[0].place, f"No line can be read. {tally.skipped[0].reason}")
        return tally.summary(RunSummary(source_kind="nuclei", tool="Nuclei"))


def _entries_of_array(document: Document) -> Iterator[tuple[str, Any]]:
    number = 0
    for name, value in parts_of(document, {"item"}, {""}):
        if name == "item":
            yield pointer(number), None if isinstance(value, str) else value
            number += 1


def _finding(entry: dict[str, Any], tally: Tally) -> FindingRecord:
    info = as_map(entry.get("info"))
    classes = as_map(info.get("classification"))
    severity, word = tally.severity(info.get("severity"), SEVERITIES)
    rule = name_of(entry.get("template-id") or entry.get("templateID")) or "unnamed"
    title = one_line(as_text(info.get("name"))) or rule
    url, path = web_place(as_text(entry.get("matched-at")) or as_text(entry.get("matched")))
    if not url:
        url, _ = web_place(as_text(entry.get("host")))
    references = info.get("reference")
    listed = as_list(references) or [references]
    return FindingRecord(
        source_kind="nuclei",
        rule=rule,
        title=title,
        message=as_text(info.get("description"))[:MOST_MESSAGE],
        remedy=(as_text(info.get("remediation")) or next(filter(None, map(as_text, listed)), ""))[:MOST_REMEDY],
        severity=severity,
        raw_severity=word,
        cwe=cwe_of(classes.get("cwe-id")),
        cve=cve_of(classes.get("cve-id"), rule),
        cvss=score_of(classes.get("cvss-score")),
        method=_method(entry),
        url=url,
        path=path,
        parameter=name_of(entry.get("fuzzing_parameter")),
        location=clip(as_text(entry.get("matcher-name") or entry.get("matcher_name")), 300),
    )


def _method(entry: dict[str, Any]) -> str:
    """Return the method of the request that matched: as fuzzed, else of its first line, else of the command."""
    if method := method_of(entry.get("fuzzing_method")):
        return method
    if as_text(entry.get("type")) not in {"http", "headless", ""}:
        return ""
    if method := method_of(as_text(entry.get("request"))[:20].partition(" ")[0]):
        return method
    found = _CURL_METHOD.search(as_text(entry.get("curl-command"))[:1000])
    return method_of(found[1]) if found else ""
