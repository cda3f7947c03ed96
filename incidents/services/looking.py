"""Letting the detections look through a log that was read, and keeping what they raise as alerts like any other's.

They read JSON lines, for the combined format tells no client and no credentials. A log is looked at by itself: what a
client did in another file is not known here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import BinaryIO, Final

from django.db import transaction

from findings.models import Report
from findings.services.ingest import UploadOptions
from incidents.detections.events import Event, event_of
from incidents.records import AlertSummary
from incidents.services.detecting import SOURCE, alerts_of, look_through
from incidents.services.ingest import AlertCounts, AlertDocument, ingest_alerts
from inventory.access.models import Team
from inventory.access.records import Principal
from inventory.codes import chance_code
from inventory.connectors.base import Document
from inventory.connectors.streams import lines_of

MOST: Final = 1_000_000
"""Requests of one log that are held at once; what comes after them is counted and not looked at."""
STEP: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The log: its name, the digest of its bytes, and the API it was said to be about."""

    name: str
    digest: str
    api_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """How many requests were looked at, how many detections raised something, what became of it, and a word on it."""

    requests: int
    raised: int = 0
    counts: AlertCounts | None = None
    note: str = ""


@transaction.atomic
def look_into_log(
    *, file: BinaryIO, asked: Asked, principal: Principal, now: datetime, each: Callable[[int], None] = lambda _: None
) -> Looked:
    """Look through a log and fold what is raised into the alerts; the same log again raises nothing new.

    Requests dated after `now` are left out. `each` hears the running number of requests. Raises DocumentError, and
    FindingsRefused when the API it is about is not one the principal may upload to.
    """
    events, more = _events(file, asked.name, now, each)
    note = f"The first {MOST:,} requests were looked at; {more:,} more were not." if more else ""
    if not events:
        return Looked(requests=0, note="The detections read JSON lines that name the client; there are none.")
    raised = look_through(events)
    if not raised:
        return Looked(requests=len(events), note=note)
    document = AlertDocument(
        records=alerts_of(raised), summary=lambda: AlertSummary(source_kind=SOURCE, entries=len(raised))
    )
    counts = ingest_alerts(
        report=_report(asked, principal, now), document=document, options=UploadOptions(api_id=asked.api_id),
        principal=principal, now=now,
    )  # fmt: skip
    return Looked(requests=len(events), raised=len(raised), counts=counts, note=note)


def _events(file: BinaryIO, name: str, now: datetime, each: Callable[[int], None]) -> tuple[list[Event], int]:
    found = (
        event
        for _, line in lines_of(Document(file, name))
        if line is not None and isinstance(event := event_of(line, name=_nameless), Event)
    )
    events: list[Event] = []
    for event in islice(found, MOST):
        if event.at <= now.timestamp():
            events.append(event)
        if len(events) % STEP == 0:
            each(len(events))
    return events, sum(1 for _ in found)


def _nameless(_method: str, _path: str) -> str:
    return ""


def _report(asked: Asked, principal: Principal, now: datetime) -> Report:
    """Return the row that the alerts of this look came with; its document is the log, which is not kept."""
    sees_all = principal.sees_all
    return Report.objects.create(
        code=chance_code("RPT"), digest=asked.digest, name=asked.name[:300], format="access_log", uploaded_at=now,
        uploaded_by_id=principal.user_id, options={"api": asked.api_id},
        team=None if sees_all else Team.objects.filter(pk__in=principal.team_ids).order_by("slug").first(),
    )  # fmt: skip
