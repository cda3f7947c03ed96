"""Alerts in plain JSON, for whatever has no reader of its own: one object, an array, `{"alerts": […]}`, or JSON lines.

A broken document is refused whole; of lines, those that cannot be read are skipped, counted and named, as is an entry
that tells no time or no rule. Each may stand inside `data`, as Standard Webhooks has it.

- `id` (else the digest of the entry), `time` (ISO 8601, or seconds or milliseconds since 1970; also `timestamp`, `ts`,
  `happened_at`), `rule` (also `rule_id`, `event`, `type`), `title` (also `message`), `severity`, `source` (the tool).
- `client` (also `source_ip`, `client_ip`, `actor`), `url`, or `host`, `method` and `path`; `endpoint` may hold the last
  two.
- `outcome` (also `action`): succeeded, allowed, blocked and the words below; anything else is unknown.
- `category`: one of the OWASP API Security Top 10, such as `API1` or `API1:2023`. `count`: how many requests it was.
"""

import json
import re
from collections.abc import Generator, Iterator
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, ClassVar, Final

from findings.choices import Severity
from findings.connectors.tally import OLDEST, method_of, name_of, time_of, web_place
from incidents.choices import Outcome
from incidents.connectors.counting import MOST_EVENTS, Counts, host_of, objects_of
from incidents.records import AlertRecord, AlertSummary
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
)
from inventory.connectors.registry import register
from inventory.connectors.sniffing import first_members
from inventory.connectors.trees import load_tree
from inventory.paths import split_base

SEVERITIES: Final = {
    "critical": Severity.CRITICAL, "emergency": Severity.CRITICAL, "fatal": Severity.CRITICAL, "high": Severity.HIGH,
    "error": Severity.HIGH, "major": Severity.HIGH, "medium": Severity.MEDIUM, "moderate": Severity.MEDIUM,
    "warning": Severity.MEDIUM, "warn": Severity.MEDIUM, "low": Severity.LOW, "minor": Severity.LOW,
    "notice": Severity.LOW, "info": Severity.INFO, "informational": Severity.INFO, "debug": Severity.INFO,
}  # fmt: skip
OUTCOMES: Final = {
    Outcome.SUCCEEDED: ("succeeded", "success", "successful", "compromised", "breached"),
    Outcome.ALLOWED: ("allowed", "allow", "passed", "pass", "detected", "detect", "logged", "log", "count", "monitor"),
    Outcome.BLOCKED: (
        "blocked", "block", "denied", "deny", "dropped", "drop", "rejected", "reject", "prevented", "challenge",
    ),
}  # fmt: skip
OUTCOME_OF: Final = {word: outcome for outcome, said in OUTCOMES.items() for word in said}
TIMES: Final = ("happened_at", "occurred_at", "time", "timestamp", "ts", "@timestamp")
RULES: Final = ("rule", "rule_id", "signature", "event", "type", "name")
TITLES: Final = ("title", "message", "description", "name", "event")
ACTORS: Final = ("client", "client_id", "actor", "source_ip", "client_ip", "src_ip", "remote_addr", "ip")
TELLING: Final = frozenset(
    ("source_ip", "client_ip", "client", "actor", "src_ip", "remote_addr", "endpoint", "outcome")
)
MILLISECONDS: Final = 1e11
"""A time since 1970 above this is in milliseconds: in seconds it would lie in the year 5138."""

_CATEGORY = re.compile(r"\bAPI[-_ ]?0?(10|[1-9])(?!\d)", re.IGNORECASE)

_FOLLOWS = re.compile(rb"^}\s+^{", re.MULTILINE)
"""Where an object that is spread over several lines is followed by another."""


@register
class PlainAlerts:
    """Reads a small document whole, and lines one by one."""

    slug: ClassVar[str] = "alerts"
    label: ClassVar[str] = "Alerts (plain JSON)"
    kind: ClassVar[Kind] = "alerts"
    records: ClassVar[Any] = AlertRecord
    summary: ClassVar[Any] = AlertSummary

    @staticmethod
    def sniff(head: bytes, name: str) -> bool:  # noqa: ARG004 - the content tells
        """Look for a severity, a time and somebody it is about."""
        members = first_members(head)
        for wrap in ("data", "alerts"):
            if wrap in members and not {"severity", "rule"} & members.keys():
                return any(f'"{word}"'.encode() in head for word in TELLING) and b'"severity"' in head
        named = members.keys()
        return "severity" in named and bool(named & set(TIMES)) and bool(named & TELLING) and bool(named & set(RULES))

    def read(
        self,
        document: Document,
        options: dict[str, Any],  # noqa: ARG002 - there are none
    ) -> Generator[AlertRecord, None, AlertSummary]:
        """Yield each alert."""
        counts = Counts("json")
        for place, entry in _entries(document, counts):
            alert = _alert(entry, counts)
            if isinstance(alert, str):
                counts.skip(place, alert)
            else:
                yield counts.add(alert)
        if counts.skipped and not counts.entries:
            raise DocumentError(counts.skipped[0].place, f"No entry is an alert. {counts.skipped[0].reason}")
        return counts.summary()


def _entries(document: Document, counts: Counts) -> Iterator[tuple[str, dict[str, Any]]]:
    if _is_lines(document):
        yield from objects_of(document, counts)
        return
    tree = load_tree(document)
    alerts = tree.get("alerts") if isinstance(tree, dict) else tree
    listed = [tree] if isinstance(tree, dict) and not isinstance(alerts, list) else as_list(alerts)
    for number, entry in enumerate(listed):
        if isinstance(entry, dict):
            yield f"/{number}", entry
        else:
            counts.skip(f"/{number}", "The entry is no object.")


def _is_lines(document: Document) -> bool:
    """Tell objects that follow each other from one document: the first is one by itself, and there is a second."""
    head = document.head().strip()
    if _FOLLOWS.search(head):
        return True
    first, _, rest = head.partition(b"\n")
    if not first.startswith(b"{") or not rest.strip():
        return False
    try:
        return isinstance(json.loads(first), dict)
    except (ValueError, RecursionError):
        return False


def _alert(outer: dict[str, Any], counts: Counts) -> AlertRecord | str:
    """Return the alert, or why the entry is none."""
    entry = {**outer, **as_map(outer.get("data"))}
    moment = next(filter(None, (_moment(entry.get(name)) for name in TIMES)), None)
    if moment is None:
        return "The entry tells no time."
    rule = next(filter(None, (name_of(entry.get(name)) for name in RULES)), "")
    if not rule:
        return "The entry names no rule."
    severity, word = counts.severity(entry.get("severity"), SEVERITIES)
    said = next((as_text(entry.get(name)).strip().lower() for name in ("outcome", "action", "disposition")
                 if as_text(entry.get(name))), "")  # fmt: skip
    method, host, port, path = _place(entry)
    return AlertRecord(
        source_kind=(name_of(entry.get("source") or entry.get("tool") or entry.get("product"), 100).lower() or "json"),
        uid=clip(_number(entry), 300),
        rule=rule,
        title=next(filter(None, (one_line(as_text(entry.get(name))) for name in TITLES)), rule),
        severity=severity,
        raw_severity=word,
        outcome=OUTCOME_OF.get(said, Outcome.UNKNOWN),
        category=_category(entry.get("category") or entry.get("owasp")),
        happened_at=moment,
        actor=next(filter(None, (name_of(entry.get(name), 200) for name in ACTORS)), ""),
        method=method,
        host=host,
        port=port,
        path=path,
        status=as_whole(entry.get("status") or entry.get("http_status"), least=100, most=599),
        where=name_of(entry.get("parameter"), 100),
        events=as_whole(entry.get("count") or entry.get("events"), least=1, most=MOST_EVENTS) or 1,
    )


def _number(entry: dict[str, Any]) -> str:
    for name in ("id", "uid", "uuid", "alert_id"):
        value = entry.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)[:100]
        if text := as_text(value).strip():
            return text
    told = json.dumps(entry, sort_keys=True, default=str)
    return sha256(told.encode("utf-8", "replace")).hexdigest()


def _moment(value: Any) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str):
        return time_of(value)
    try:
        moment = datetime.fromtimestamp(value / 1000 if value > MILLISECONDS else value, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return moment if moment.year >= OLDEST else None


def _category(value: Any) -> str:
    found = _CATEGORY.search(as_text(value)[:300])
    return f"API{found[1]}" if found else ""


def _place(entry: dict[str, Any]) -> tuple[str, str, int | None, str]:
    endpoint = as_map(entry.get("endpoint"))
    method = method_of(entry.get("method") or endpoint.get("method"))
    url, path = web_place(as_text(entry.get("url")))
    if url:
        base = split_base(url)
        return method, base.host, base.port, path
    path = as_text(entry.get("path") or entry.get("uri") or endpoint.get("path")).partition("?")[0]
    host, port = host_of(entry.get("host"))
    return method, host, port, clip(path, 2000) if path.startswith("/") else ""
