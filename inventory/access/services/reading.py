"""Taking the trail out of the product, which is itself a line of it."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from inventory.access.exporting import Cell, csv_pieces
from inventory.access.models import StateChange
from inventory.access.records import Principal
from inventory.access.services.trail import record_change
from inventory.access.trail import TrailFilter, plain, whole_trail

HEADS: Final = ("At", "Who", "On behalf of", "What", "Which one", "Act", "From", "To", "Reason", "Source")


def export_trail(*, principal: Principal, narrowed: TrailFilter, now: datetime) -> Iterator[str]:
    """Write to the trail that it is taken, and return the rows in sight as pieces of CSV, for spreadsheets.

    Whoever may not is for the route to refuse.
    """
    asked = {name: narrowed.value(name) for name in narrowed.fields if narrowed.value(name)}
    record_change(
        principal=principal, kind="export", code="trail", verb="export trail", old=None,
        new={"format": "csv", "filter": asked}, now=now,
    )  # fmt: skip
    rows = whole_trail(principal=principal, narrowed=narrowed)
    return csv_pieces(HEADS, map(_cells, rows), for_spreadsheets=True)


def _cells(change: StateChange) -> tuple[Cell, ...]:
    return (
        change.happened_at,
        change.actor_name,
        change.on_behalf_of,
        change.kind,
        change.code,
        change.verb,
        plain(change.old),
        plain(change.new),
        change.reason,
        change.source,
    )
