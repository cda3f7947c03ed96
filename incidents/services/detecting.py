"""Looking through access logs: what the detections raise, as rows of a command or as alerts like any other."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from findings.choices import Severity
from incidents.choices import Outcome
from incidents.detections.enumeration import KIND as ENUMERATION
from incidents.detections.enumeration import enumerations
from incidents.detections.events import Event, Name, event_of, moment
from incidents.detections.raised import Raised, one_each
from incidents.detections.stuffing import stuffings
from incidents.errors import DetectionRefused
from incidents.records import AlertRecord
from incidents.transitions.places import Template, Templates, masked_path
from inventory.connectors.base import Document, DocumentError
from inventory.connectors.registry import detect, readers
from inventory.connectors.streams import lines_of
from inventory.paths import path_key, split_base
from inventory.records import EndpointRecord, SpecificationRecord
from inventory.services.files import reading_of

SOURCE: Final = "posture"
TOLD: Final = {
    ENUMERATION: ("Object ids walked through", Severity.HIGH, "API1", Outcome.ALLOWED),
    "credential-stuffing": ("Credential stuffing that answers 200", Severity.HIGH, "API2", Outcome.ALLOWED),
}
"""Title, severity, category and outcome of each detection."""


def look_through(events: Sequence[Event]) -> list[Raised]:
    """Return what all detections raise, one line for each client, endpoint and kind, in the order it became clear."""
    return one_each([*enumerations(events), *stuffings(events)])


def detect_in_files(paths: Iterable[Path], *, now: datetime | None = None) -> tuple[list[dict[str, Any]], int]:
    """Return the rows of `manage.py detect`, and how many lines told of no request.

    Logs and specifications may come together: paths are then named after the endpoints. Requests after `now` are left
    out. Raises DetectionRefused for a file that is neither, or a log without a line that can be read.
    """
    logs: list[Path] = []
    named: list[Template] = []
    for path in paths:
        if _is_specification(path):
            named += _templates(path, len(named))
        else:
            logs.append(path)
    templates = Templates(named)
    name = _namer(templates) if named else _nameless
    events, skipped = list[Event](), 0
    for path in logs:
        found, left = _events(path, name)
        events += found
        skipped += left
    if now is not None:
        events = [event for event in events if event.at <= now.timestamp()]
    return [row_of(raised) for raised in look_through(events)], skipped


def row_of(raised: Raised) -> dict[str, Any]:
    """Return one detection as `manage.py detect` prints it."""
    return {
        "kind": raised.kind,
        "client": raised.client,
        "endpoint": raised.endpoint,
        "host": raised.host,
        "first_seen": moment(raised.first_seen),
        "raised_at": moment(raised.raised_at),
        "numbers": raised.numbers,
    }


def alerts_of(found: Iterable[Raised]) -> Iterator[AlertRecord]:
    """Yield detections as alerts, to be folded like those of any tool (`services.ingest.ingest_alerts`)."""
    for raised in found:
        title, severity, category, outcome = TOLD[raised.kind]
        method, _, path = raised.endpoint.partition(" ")
        yield AlertRecord(
            source_kind=SOURCE,
            uid=f"{raised.client} {raised.host} {raised.endpoint} {moment(raised.first_seen)}",
            rule=raised.kind,
            title=title,
            severity=severity,
            outcome=outcome,
            category=category,
            happened_at=datetime.fromtimestamp(raised.first_seen, UTC),
            actor=raised.client,
            method=method,
            host=raised.host.partition(":")[0],
            path=masked_path(path),
            events=int(raised.numbers["requests"]),
            numbers=raised.numbers,
        )


def _is_specification(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            head = Document(file, path.name).head()
            return detect(head, path.name) in readers("specification")
    except DocumentError:
        return False
    except OSError as error:
        msg = f"{path}: The file cannot be read: {error.strerror}."
        raise DetectionRefused(msg) from error


def _templates(path: Path, first: int) -> list[Template]:
    """Return the endpoints of a specification under the first base path it names."""
    base = ""
    found: list[Template] = []
    try:
        with reading_of(path) as (_, reading):
            for record in reading:
                if isinstance(record, SpecificationRecord):
                    base = next((split_base(url).path for url in record.base_urls), "")
                elif isinstance(record, EndpointRecord):
                    key = path_key(f"{base}/{record.path_key}")
                    found.append(Template(first + len(found), record.method, key))
    except DocumentError as error:
        raise DetectionRefused(str(error)) from error
    return found


def _namer(templates: Templates) -> Name:
    def name(method: str, path: str) -> str:
        found = templates.find(method, masked_path(path))
        return "" if found is None else templates.path_of(found)

    return name


def _nameless(_method: str, _path: str) -> str:
    return ""


def _events(path: Path, name: Name) -> tuple[list[Event], int]:
    events, skipped, first = [], 0, ""
    try:
        with path.open("rb") as file:
            for number, line in lines_of(Document(file, path.name)):
                found = "The line is too long." if line is None else event_of(line, name=name)
                if isinstance(found, Event):
                    events.append(found)
                else:
                    skipped += 1
                    first = first or f"line {number}: {found}"
    except OSError as error:
        msg = f"{path}: The file cannot be read: {error.strerror}."
        raise DetectionRefused(msg) from error
    except DocumentError as error:
        msg = f"{path.name}: {error}"
        raise DetectionRefused(msg) from error
    if not events:
        msg = f"{path.name}: {first or 'The file is empty.'} No line tells of a request."
        raise DetectionRefused(msg)
    return events, skipped
