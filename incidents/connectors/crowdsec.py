"""CrowdSec, detection of clients: the alerts of its local API (`/v1/alerts`) or of `cscli alerts list -o json`.

A broken document is refused whole; an entry that is no alert is skipped, counted and named. `null`, which the API
answers when there is nothing, is a document without alerts. Decisions are no alerts.

- An alert is one overflow of one scenario. What it stands for is `events_count`.
- CrowdSec gives no severity: it is told from the scenario's name by the table below; what is not in it is medium.
- Outcome: with a decision that holds (not simulated) the client is shut out from then on, but what made the alert went
  through: blocked only where every request of it was refused (403), else allowed.
- Place: that of the requests where all of them have one method and path, else the host alone.
"""

import re
from collections.abc import Generator
from datetime import datetime
from typing import Any, ClassVar, Final

from findings.choices import Severity
from findings.connectors.tally import method_of, name_of, time_of
from incidents.choices import Outcome
from incidents.connectors.counting import MOST_EVENTS, Counts, host_of
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
    pointer,
)
from inventory.connectors.registry import register
from inventory.connectors.sniffing import first_members
from inventory.connectors.streams import parts_of

SCENARIOS: Final = (
    ("cve-", Severity.HIGH, "API8"), ("log4j", Severity.HIGH, "API8"), ("backdoor", Severity.HIGH, "API8"),
    ("sqli", Severity.HIGH, "API8"), ("xss", Severity.HIGH, "API8"), ("path-traversal", Severity.HIGH, "API8"),
    ("rce", Severity.HIGH, "API8"), ("ssrf", Severity.HIGH, "API7"), ("open-proxy", Severity.MEDIUM, "API7"),
    ("-bf", Severity.HIGH, "API2"), ("user-enum", Severity.MEDIUM, "API2"), ("ddos", Severity.MEDIUM, "API4"),
    ("flood", Severity.MEDIUM, "API4"), ("sensitive-files", Severity.MEDIUM, "API8"),
    ("probing", Severity.MEDIUM, ""), ("admin-interface", Severity.MEDIUM, "API5"), ("crawl", Severity.LOW, ""),
    ("user-agent", Severity.LOW, ""), ("scan", Severity.LOW, ""),
)  # fmt: skip
"""What the name of a scenario holds, how bad it is, its category; the first that fits speaks."""
REFUSED: Final = "403"
GO_TIME: Final = re.compile(
    r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(\.\d+)? ([+-]\d{4})(?: [A-Z]{1,5}| [+-]\d\d)?(?: m=\S{1,40})?", re.ASCII
)
MOST_READ: Final = 1000
"""Events of one alert that are looked at; the engine itself keeps a hundred."""


@register
class CrowdSec:
    """Reads alert by alert."""

    slug: ClassVar[str] = "crowdsec"
    label: ClassVar[str] = "CrowdSec alerts (JSON)"
    kind: ClassVar[Kind] = "alerts"
    records: ClassVar[Any] = AlertRecord
    summary: ClassVar[Any] = AlertSummary

    @staticmethod
    def sniff(head: bytes, name: str) -> bool:  # noqa: ARG004 - the content tells
        """Look for an alert: a scenario that counted events."""
        members = first_members(head) if head.lstrip().startswith(b"[") else {}
        return {"scenario", "events_count"} <= members.keys() or {"capacity", "decisions", "events"} <= members.keys()

    def read(
        self,
        document: Document,
        options: dict[str, Any],  # noqa: ARG002 - there are none
    ) -> Generator[AlertRecord, None, AlertSummary]:
        """Yield each alert."""
        counts = Counts("crowdsec")
        number = -1
        for name, value in parts_of(document, {"item"}, {""}):
            if name != "item":
                continue
            number += 1
            alert = _alert(as_map(value))
            if isinstance(alert, str):
                counts.skip(pointer(number), alert)
            else:
                yield counts.add(alert)
        if counts.skipped and not counts.entries:
            raise DocumentError(counts.skipped[0].place, f"No entry is an alert. {counts.skipped[0].reason}")
        return counts.summary()


def _alert(entry: dict[str, Any]) -> AlertRecord | str:
    """Return the alert, or why the entry is none."""
    scenario = name_of(entry.get("scenario"))
    if not scenario:
        return "The entry names no scenario."
    moment = _moment(entry)
    if moment is None:
        return "The entry tells no time."
    source = as_map(entry.get("source"))
    requests = [_told(event) for event in as_list(entry.get("events"))[:MOST_READ]]
    method, path, host = (_common(requests, key) for key in ("http_verb", "http_path", "target_fqdn"))
    if not path:
        method = ""
    severity, category = _known(scenario)
    number = as_whole(entry.get("id"), least=0, most=1 << 62)
    named, port = host_of(host)
    return AlertRecord(
        source_kind="crowdsec",
        uid=clip(as_text(entry.get("uuid")), 100) or f"{clip(as_text(entry.get('machine_id')), 200)} {number}",
        rule=scenario,
        title=one_line(scenario.rpartition("/")[2].replace("_", " ").replace("-", " ")).capitalize() or scenario,
        severity=severity,
        outcome=_outcome(requests),
        category=category,
        happened_at=moment,
        actor=name_of(source.get("ip") or source.get("value") or source.get("range"), 200),
        method=method_of(method),
        host=named,
        port=port,
        path=clip(path.partition("?")[0], 2000),
        events=as_whole(entry.get("events_count"), least=1, most=MOST_EVENTS) or 1,
    )


def _known(scenario: str) -> tuple[Severity, str]:
    name = scenario.lower()
    found = ((severity, category) for part, severity, category in SCENARIOS if part in name)
    return next(found, (Severity.MEDIUM, ""))


def _moment(entry: dict[str, Any]) -> datetime | None:
    found = (time_of(_iso(entry.get(name))) for name in ("start_at", "stop_at", "created_at"))
    return next(filter(None, found), None)


def _iso(value: Any) -> str:
    """Return a time as Go prints it (`2026-11-21 23:45:35.239378869 +0000 UTC`) in the form of ISO 8601."""
    text = as_text(value)
    found = GO_TIME.fullmatch(text)
    return f"{found[1]}T{found[2]}{(found[3] or '')[:7]}{found[4]}" if found else text


def _told(event: Any) -> dict[str, str]:
    """Return what is told of one request; a key told twice counts once."""
    pairs = (as_map(pair) for pair in as_list(as_map(event).get("meta"))[:100])
    return {as_text(pair.get("key")): as_text(pair.get("value")) for pair in pairs}


def _common(requests: list[dict[str, str]], key: str) -> str:
    """Return what all requests have in common, else nothing."""
    values = {request.get(key, "").partition("?")[0] for request in requests}
    return values.pop() if len(values) == 1 else ""


def _outcome(requests: list[dict[str, str]]) -> Outcome:
    statuses = {request.get("http_status", "") for request in requests}
    if not statuses or statuses == {""}:
        return Outcome.UNKNOWN
    return Outcome.BLOCKED if statuses == {REFUSED} else Outcome.ALLOWED
