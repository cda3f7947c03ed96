"""Findings of any tool as a table (CSV) or as JSON, by a mapping of columns or keys; see `mapping.Mapping`.

Without a mapping the columns are known by common names, and a JSON document holds its entries under `findings`.

A document is refused whole when it is broken, when its entries are no array, when there is no column for the title, or
when the mapping names a severity that is none. An entry that is no object, a row with more cells than columns or with
quotation marks that do not fit, and an entry without a title are skipped, counted and named.

- Rule: its column, else the title. Source kind: the tool that the mapping names, else the document's `type` or `tool`.
- Severity: the table below and the mapping's own words; an entry without a word but with a CVSS score has its band.
- Of several addresses the first counts. Dates of entries are no times of a scan and are not read.
"""

from collections.abc import Generator
from typing import Any, ClassVar

from findings.connectors.generic.entries import columns_of, entries_of, finding_of, is_json, table_of_severities
from findings.connectors.generic.mapping import Mapping, completed, looks_like_findings, mapping_of
from findings.connectors.tally import Tally, name_of
from findings.records import FindingRecord, ReportSummary, RunSummary
from inventory.connectors.base import Document, Kind, one_line
from inventory.connectors.registry import register
from inventory.connectors.sniffing import first_members
from inventory.connectors.streams import parts_of
from inventory.connectors.tables import cells_of

UNKNOWN = "unknown tool"


@register
class Generic:
    """Reads in two passes: the names of the columns, then entry by entry."""

    slug: ClassVar[str] = "generic"
    label: ClassVar[str] = "Findings as CSV or JSON"
    kind: ClassVar[Kind] = "findings"
    records: ClassVar[Any] = FindingRecord
    summary: ClassVar[Any] = ReportSummary
    options: ClassVar[Any] = Mapping

    @staticmethod
    def sniff(head: bytes, name: str) -> bool:  # noqa: ARG004 - the content tells
        """Look for `findings`, for entries with title and severity, or for such columns."""
        start = head.lstrip()
        if start.startswith(b"{"):
            return "findings" in first_members(head)
        if start.startswith(b"["):
            return {"title", "severity"} <= first_members(head).keys()
        return not start.startswith(b"<") and looks_like_findings(cells_of(head))

    def read(self, document: Document, options: dict[str, Any]) -> Generator[FindingRecord, None, ReportSummary]:
        """Yield a finding for each entry. `options` are those of a Mapping."""
        tally = Tally()
        mapping = mapping_of(options)
        table = table_of_severities(mapping)
        tool = one_line(mapping.tool) or _tool_of(document)
        source_kind = name_of(tool, 100).lower() or UNKNOWN
        columns = columns_of(document, mapping.entries)
        if columns:
            mapping = completed(mapping, columns)
        for place, entry in entries_of(document, mapping.entries):
            if isinstance(entry, str):
                tally.skip(place, entry)
            elif finding := finding_of(entry, mapping, source_kind, table, tally):
                yield tally.add(finding)
            else:
                tally.skip(place, "The entry has no title.")
        return tally.summary(RunSummary(source_kind=source_kind, tool=tool))


def _tool_of(document: Document) -> str:
    """Return the tool that a JSON document states beside its entries."""
    if not is_json(document):
        return ""
    told = dict(parts_of(document, {"type", "tool"}))
    return next((name for name in map(name_of, (told.get("tool"), told.get("type"))) if name), "")
