"""What readers of alerts share: counting, severities, hosts, and JSON lines."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from findings.choices import Severity
from findings.records import Skipped
from incidents.records import AlertRecord, AlertSummary
from inventory.connectors import json_lines
from inventory.connectors.base import Document, as_text, one_line

MOST_KEPT = 100
MOST_EVENTS = 1_000_000_000
LARGEST_PORT = 65_535
NO_WORD = "(none)"

_HOST = re.compile(r"(\[[0-9a-fA-F:.]{2,45}\]|[A-Za-z0-9._-]{1,253})(?::(\d{1,5}))?", re.ASCII)


@dataclass(slots=True)
class Counts:
    """What was counted on the way; see AlertSummary."""

    source_kind: str
    entries: int = 0
    events: int = 0
    not_alerts: Counter[str] = field(default_factory=Counter)
    unknown_severities: Counter[str] = field(default_factory=Counter)
    skipped: list[Skipped] = field(default_factory=list)
    skipped_count: int = 0

    def add(self, alert: AlertRecord) -> AlertRecord:
        """Count an alert and return it."""
        self.entries += 1
        self.events += alert.events
        return alert

    def skip(self, place: str, reason: str) -> None:
        """Note an entry that was left out."""
        self.skipped_count += 1
        if len(self.skipped) < MOST_KEPT:
            self.skipped.append(Skipped(place=place, reason=reason))

    def severity(self, value: Any, table: Mapping[str, Severity]) -> tuple[Severity, str]:
        """Return the severity of a tool's word by the reader's table, and the word. Unknown words are info, counted."""
        number = isinstance(value, int) and not isinstance(value, bool)
        word = one_line(as_text(value) or (str(value)[:100] if number else ""), 100)
        if (severity := table.get(word.lower())) is None:
            if len(self.unknown_severities) < MOST_KEPT or (word or NO_WORD) in self.unknown_severities:
                self.unknown_severities[word or NO_WORD] += 1
            return Severity.INFO, word
        return severity, word

    def summary(self) -> AlertSummary:
        """Return the summary."""
        return AlertSummary(
            source_kind=self.source_kind,
            entries=self.entries,
            events=self.events,
            not_alerts=dict(self.not_alerts),
            unknown_severities=dict(self.unknown_severities),
            skipped_count=self.skipped_count,
            skipped=tuple(self.skipped),
        )


def host_of(value: Any) -> tuple[str, int | None]:
    """Return host in lower case and port of what stands in a Host header; empty and None for what is none."""
    found = _HOST.fullmatch(as_text(value).strip())
    if not found:
        return "", None
    port = int(found[2]) if found[2] else None
    return found[1].lower().strip("[]").rstrip("."), port if port is None or 0 < port <= LARGEST_PORT else None


def objects_of(document: Document, counts: Counts) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield place and object of what follows each other in the document; what is none is skipped and counted."""
    for place, entry in json_lines.objects_of(document):
        if isinstance(entry, str):
            counts.skip(place, entry)
        else:
            yield place, entry
