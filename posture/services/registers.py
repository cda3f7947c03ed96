"""The register of decisions as CSV, with a line in the trail of who took it."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from inventory.access.exporting import Cell, csv_pieces
from inventory.access.records import Principal
from inventory.access.services.trail import record_change
from posture.registers import RegisterFilter
from posture.selectors.register import Registered, register_to_export

HEADS: Final = (
    *("Code", "Decision", "About", "Severity", "Title", "API code", "API", "Reason", "Asked by", "Asked at"),
    *("Approved by", "Approved at", "Until", "State", "State by"),
)


def export_register(*, principal: Principal, narrowed: RegisterFilter, now: datetime) -> Iterator[str]:
    """Write to the trail that the register is taken, and return it as CSV, of what the principal may export.

    Whoever may export nothing is for the route to refuse.
    """
    asked = {name: narrowed.value(name) for name in narrowed.fields if narrowed.value(name)}
    record_change(
        principal=principal, kind="export", code="decisions", verb="export decisions", old=None,
        new={"format": "csv", "filter": asked}, now=now,
    )  # fmt: skip
    rows = register_to_export(principal=principal, narrowed=narrowed, now=now)
    return csv_pieces(HEADS, map(_cells, rows), for_spreadsheets=True)


def _cells(row: Registered) -> tuple[Cell, ...]:
    return (
        row.code, row.kind, row.about, row.severity, row.title, row.api_code, row.api, row.reason, row.asked_by,
        row.asked_at, row.approved_by, row.approved_at, row.until, row.state, row.state_by,
    )  # fmt: skip
