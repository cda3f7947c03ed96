"""The timeline: what people write, correct, and take out of the house."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import QuerySet

from incidents.choices import WRITTEN, EntryKind
from incidents.errors import IncidentChanged, IncidentRefused
from incidents.models import Entry, Incident
from incidents.services.rooms import checked, held, require_export, write
from inventory.access.exporting import Cell, csv_pieces
from inventory.access.pages import batches
from inventory.access.records import AGAIN, Principal
from inventory.access.services.trail import record_change

AHEAD: Final = timedelta(minutes=1)
"""A person's clock may be ahead of ours by so much."""
HEADS: Final = (
    "Entry", "Happened at (UTC)", "Written at (UTC)", "By", "Kind", "Text", "Note", "Corrects", "Corrected by",
)  # fmt: skip


@transaction.atomic
def add_entry(  # noqa: PLR0913 -- what an entry says
    *,
    incident: Incident,
    kind: EntryKind,
    text: str,
    principal: Principal,
    now: datetime,
    happened_at: datetime | None = None,
    corrects: Entry | None = None,
) -> Entry:
    """Write an entry, or one that corrects another; words that were sent twice are one entry.

    Raises IncidentRefused without words, for a moment to come, and for what the room itself wrote; IncidentChanged for
    an entry that somebody corrected already.
    """
    row, person = held(incident, principal)
    said = checked(text, what="The entry")
    if not said:
        msg = "Write something."
        raise IncidentRefused(msg)
    if kind not in WRITTEN or (corrects is not None and corrects.kind == EntryKind.STATE.value):
        msg = "What the room wrote itself stands; write another entry about it."
        raise IncidentRefused(msg)
    if happened_at is not None and happened_at > now + AHEAD:
        msg = "That moment is still to come; the timeline tells what happened."
        raise IncidentRefused(msg)
    if corrects is not None and Entry.objects.filter(supersedes=corrects).exists():
        msg = "Somebody corrected this entry a moment ago; look at theirs, and correct that."
        raise IncidentChanged(msg)
    recent = Entry.objects.filter(incident=row, by=person, at__gt=now - AGAIN, text=said, supersedes=corrects)
    if (twice := recent.first()) is not None:
        return twice
    return write(
        row, principal=principal, kind=kind, text=said, verb="corrected" if corrects else "wrote", now=now,
        happened_at=happened_at or (corrects.happened_at if corrects else None), supersedes=corrects,
        old=corrects.text if corrects else None,
    )  # fmt: skip


def export_timeline(
    *, incident: Incident, principal: Principal, now: datetime, for_spreadsheets: bool
) -> Iterator[str]:
    """Write to the trail that the timeline is taken, and return it as pieces of CSV, the oldest first.

    Raises AccessRefused without the right for the API of any team it harms, or for all.
    """
    require_export(incident, principal)
    record_change(
        principal=principal, kind="incident", code=incident.code, verb="exported", old=None, new=None, now=now
    )
    rows = Entry.objects.filter(incident=incident).select_related("by", "corrected_by").order_by("happened_at", "pk")
    return csv_pieces(HEADS, _lines(rows), for_spreadsheets=for_spreadsheets)


def _lines(rows: QuerySet[Entry]) -> Iterator[tuple[Cell, ...]]:
    for batch in batches(rows):
        yield from map(_line, batch)


def _line(row: Entry) -> tuple[Cell, ...]:
    correction: Entry | None = getattr(row, "corrected_by", None)
    return (
        row.pk, row.happened_at, row.at, str(row.by) if row.by else "Posture", EntryKind(row.kind).label, row.text,
        row.note, row.supersedes_id, correction.pk if correction else None,
    )  # fmt: skip
