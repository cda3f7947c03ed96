"""What a report says, as its reader hands it on: one FindingRecord for each entry, and a summary at the end.

Texts that the document does not give are empty, never None. They are cleaned (no zero bytes) but neither escaped nor
masked: markup in them is text.
"""

from datetime import datetime

import msgspec

from findings.choices import Confidence, Severity


class FindingRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One entry of a report.

    `source_kind` is the tool, lower-case and without version. `series` is what is scanned again and again, empty when
    the document does not say. `path` is as seen, base path included. `location` is the part of the identity of code
    findings (`findings.identity.code_location`); `file` and `line` are only shown. `instances` is how often the tool
    saw it. `suppressed` is the tool's own word that it was accepted there. `repository` is a URL.
    """

    source_kind: str
    rule: str
    title: str
    severity: Severity
    series: str = ""
    message: str = ""
    remedy: str = ""
    raw_severity: str = ""
    confidence: Confidence | None = None
    cwe: tuple[int, ...] = ()
    cve: str = ""
    cvss: float | None = None
    method: str = ""
    url: str = ""
    path: str = ""
    parameter: str = ""
    location: str = ""
    file: str = ""
    line: int | None = None
    instances: int = 1
    suppressed: bool = False
    repository: str = ""


class RunSummary(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One run of one tool in a report. `successful` is False when the tool says that it did not finish."""

    source_kind: str
    tool: str = ""
    version: str = ""
    series: str = ""
    scanned_at: datetime | None = None
    successful: bool = True
    repository: str = ""
    entries: int = 0


class Skipped(msgspec.Struct, frozen=True, kw_only=True):
    """An entry that was left out: where (JSON pointer or line) and why."""

    place: str
    reason: str


class ReportSummary(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What came of reading a report.

    `entries` counts the records, `instances` what they stand for. `not_findings` counts entries that are no weakness
    by their kind ("pass": 12), `absent` those that an earlier scan had and this one did not. `unknown_severities`
    counts words that could not be read. `complete` is False when something was skipped or a tool did not finish.
    `skipped` holds the first hundred, `skipped_count` counts all. `scanned_at` is the latest of the runs, UTC.
    """

    runs: tuple[RunSummary, ...] = ()
    scanned_at: datetime | None = None
    entries: int = 0
    instances: int = 0
    not_findings: dict[str, int] = {}
    absent: int = 0
    suppressed: int = 0
    unknown_severities: dict[str, int] = {}
    skipped_count: int = 0
    skipped: tuple[Skipped, ...] = ()
    complete: bool = True
