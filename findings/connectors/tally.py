"""What readers of reports share: counting, and the words of weakness that mean the same in every report."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import msgspec

from findings.choices import Confidence, Severity
from findings.records import FindingRecord, ReportSummary, RunSummary, Skipped
from inventory.connectors.base import as_text, clip, one_line
from inventory.paths import split_base

MOST_KEPT = 100
MOST_MESSAGE = 10_000
MOST_REMEDY = 2000
MOST_CWE = 20
MOST_INSTANCES = 1_000_000
MOST_LINE_NUMBER = (1 << 31) - 1
NO_WORD = "(none)"
"""Under this name entries without any word of severity are counted as unreadable."""

OLDEST = 1990
"""Years before are default values of date types, not times of scans."""

METHODS = frozenset(("GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE", "CONNECT", "QUERY"))

CONFIDENCES = {
    "confirmed": Confidence.CONFIRMED,
    "certain": Confidence.CONFIRMED,
    "high": Confidence.FIRM,
    "firm": Confidence.FIRM,
    "medium": Confidence.FIRM,
    "low": Confidence.TENTATIVE,
    "tentative": Confidence.TENTATIVE,
    "experimental": Confidence.TENTATIVE,
}

BANDS = ((9.0, Severity.CRITICAL), (7.0, Severity.HIGH), (4.0, Severity.MEDIUM), (0.1, Severity.LOW))
"""The qualitative bands of CVSS 3.1, section 5."""

_CWE = re.compile(r"\bcwe[-_: /]{0,2}0*([1-9]\d{0,4})\b", re.IGNORECASE)
_BARE_CWE = re.compile(r"\s*0*([1-9]\d{0,4})(?:\.0)?\s*", re.ASCII)
_CVE = re.compile(r"\bCVE-\d{4}-\d{4,7}\b", re.IGNORECASE)
_SCORE = re.compile(r"\s*(?:10(?:\.0{1,3})?|\d(?:\.\d{1,3})?)\s*", re.ASCII)


@dataclass(slots=True)
class Tally:
    """What was counted on the way; see ReportSummary."""

    entries: int = 0
    instances: int = 0
    suppressed: int = 0
    not_findings: Counter[str] = field(default_factory=Counter)
    unknown_severities: Counter[str] = field(default_factory=Counter)
    skipped: list[Skipped] = field(default_factory=list)
    skipped_count: int = 0
    scanned_at: datetime | None = None

    def add(self, finding: FindingRecord) -> FindingRecord:
        """Count a finding and return it."""
        self.entries += 1
        self.instances += finding.instances
        self.suppressed += finding.suppressed
        return finding

    def skip(self, place: str, reason: str) -> None:
        """Note an entry that was left out."""
        self.skipped_count += 1
        if len(self.skipped) < MOST_KEPT:
            self.skipped.append(Skipped(place=place, reason=reason))

    def severity(self, value: Any, table: Mapping[str, Severity]) -> tuple[Severity, str]:
        """Return the severity of a tool's word by the reader's table, and the word. Unknown words are info, counted."""
        text = as_text(value) if isinstance(value, str | None) else type(value).__name__
        word = one_line(text, 100)
        if (severity := table.get(word.lower())) is None:
            name = word or NO_WORD
            if name in self.unknown_severities or len(self.unknown_severities) < MOST_KEPT:
                self.unknown_severities[name] += 1
            return Severity.INFO, word
        return severity, word

    def seen_at(self, time: datetime | None) -> None:
        """Take a time of the scan; the latest counts."""
        if time and (self.scanned_at is None or time > self.scanned_at):
            self.scanned_at = time

    def summary(self, run: RunSummary) -> ReportSummary:
        """Return the summary of a report of one run."""
        return ReportSummary(
            runs=(msgspec.structs.replace(run, entries=self.entries, scanned_at=self.scanned_at),),
            scanned_at=self.scanned_at,
            entries=self.entries,
            instances=self.instances,
            not_findings=dict(self.not_findings),
            suppressed=self.suppressed,
            unknown_severities=dict(self.unknown_severities),
            skipped_count=self.skipped_count,
            skipped=tuple(self.skipped),
            complete=not self.skipped_count and run.successful,
        )


def cwe_of(*values: Any) -> tuple[int, ...]:
    """Return the CWE numbers in numbers, texts (`79`, `CWE-79: …`) and lists of them, each once, in order."""
    found: set[int] = set()
    for value in values:
        for entry in value[:MOST_KEPT] if isinstance(value, list) else (value,):
            text = str(entry) if isinstance(entry, int) and not isinstance(entry, bool) else as_text(entry)[:1000]
            bare = _BARE_CWE.fullmatch(text)
            found.update(map(int, [bare[1]] if bare else _CWE.findall(text)))
    return tuple(sorted(found))[:MOST_CWE]


def cve_of(*values: Any) -> str:
    """Return the first CVE named in texts and lists of them, upper-case, or an empty text."""
    for value in values:
        for entry in value[:MOST_KEPT] if isinstance(value, list) else (value,):
            if found := _CVE.search(as_text(entry)[:1000]):
                return found[0].upper()
    return ""


def score_of(value: Any) -> float | None:
    """Return a CVSS score from 0.1 to 10, written as number or text; None for anything else, 0 among it."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    text = str(value) if not isinstance(value, str) else value[:20]
    return float(text) or None if _SCORE.fullmatch(text) else None


def band(score: float) -> Severity:
    """Return the severity of a CVSS score."""
    return next((severity for least, severity in BANDS if score >= least), Severity.INFO)


def web_place(target: str) -> tuple[str, str]:
    """Return URL, without credentials, and path of what is a URL or a path; empty texts for what is neither."""
    target = target.strip()
    if target.startswith("/"):
        return "", clip(re.split(r"[?#]", target, maxsplit=1)[0], 2000)
    if not target.lower().startswith(("http://", "https://")) or not split_base(target).host:
        return "", ""
    scheme, _, rest = target.partition("://")
    authority, slash, path = rest.partition("/")
    url = f"{scheme}://{authority.rpartition('@')[2]}{slash}{path}"
    return clip(url, 2000), clip(urlsplit(target).path or "/", 2000)


def method_of(value: Any) -> str:
    """Return an HTTP method in upper case, or an empty text for what is none."""
    word = as_text(value).strip().upper()
    return word if word in METHODS else ""


def name_of(value: Any, most: int = 300) -> str:
    """Return a name, such as that of a rule or a parameter, as one line of bounded length."""
    return clip(one_line(as_text(value), 1000), most)


def time_of(value: Any) -> datetime | None:
    """Return an ISO 8601 time in UTC; one without a zone is taken as UTC. None for what is no time."""
    try:
        time = datetime.fromisoformat(as_text(value).strip())
        time = time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return time if time.year >= OLDEST else None
