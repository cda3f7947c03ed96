"""Compliance as files: the same rows as the page, as CSV, as a workbook and as PDF. The same rows give the same bytes.

Names and titles are foreign. In a file they are text: no cell is a formula, no word is markup, and characters that
control a screen, a printer or the order of letters are replaced by a visible sign.
"""

import io
import json
import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import typst
import xlsxwriter
from django.conf import settings

from inventory.access.exporting import Cell, csv_pieces, safe_text
from posture.choices import ComplianceState
from posture.selectors.compliance import MARKS, ResultRow, Standing

TITLE: Final = "OWASP API Security Top 10 2023"
HEADS: Final = (
    *("Requirement", "Title", "API code", "API", "Team", "Result", "Open findings", "Accepted findings"),
    *("Checks with a result", "Checks without", "Findings"),
)
WIDTHS: Final = (12, 34, 14, 34, 16, 14, 10, 10, 10, 10, 60)
CONTROL: Final = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]"
)
LONGEST: Final = 32_000
UNBROKEN: Final = re.compile(r"\S{20}(?=\S)")
"""After so many letters without a space a line may break."""
FOREIGN: Final = re.compile(
    r"[^\x20-\x7e\u00a1-\u00ac\u00ae-\u017f\u0386-\u03ce\u0400-\u045f\u05d0-\u05ea\u2013\u2014\u2018-\u201e\u2026\u2039\u203a\u20ac\u2192]"
)
"""What the letters of the PDF do not have: Latin, Greek, Cyrillic and Hebrew are there."""
TEMPLATE: Final = "templates/paper/compliance.typ"


def plain(text: str) -> str:
    """Return text with what cannot be seen made visible, and on one line."""
    return CONTROL.sub("\ufffd", text.replace("\n", " ").replace("\t", " "))


def printable(text: str) -> str:
    """Return text that the letters of the PDF can show; another letter is named by its number."""
    text = FOREIGN.sub(lambda found: f"‹{ord(found[0]):X}›", plain(text).replace("\ufffd", "?"))
    return UNBROKEN.sub("\\g<0>\u200b", text)


def cells(row: ResultRow) -> tuple[Cell, ...]:
    """Return one result as the cells of a table."""
    named = "; ".join(f"{one.code} {one.title}{' (accepted)' if one.accepted else ''}" for one in row.failing)
    more = f"; and {row.more:,} more" if row.more else ""
    return (
        row.requirement.id, row.requirement.title, row.code, plain(row.name), row.team, row.mark.text, row.open,
        row.accepted, row.judged, row.unknown, plain(f"{named}{more}")[:LONGEST],
    )  # fmt: skip


def as_csv(rows: Iterable[ResultRow]) -> Iterator[str]:
    """Yield the results as CSV for spreadsheets."""
    return csv_pieces(HEADS, map(cells, rows), for_spreadsheets=True)


def as_workbook(standing: Standing, rows: Iterable[ResultRow]) -> bytes:
    """Return a workbook: the summary, and every result."""
    kept = io.BytesIO()
    options = {
        "constant_memory": True, "in_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
        "strings_to_numbers": False,
    }  # fmt: skip
    book = xlsxwriter.Workbook(kept, options)
    book.set_properties({"title": TITLE, "created": standing.at.replace(tzinfo=None)})
    bold = book.add_format({"bold": True})
    summary = book.add_worksheet("Summary")
    summary.set_column(0, 0, 14)
    summary.set_column(1, 1, 52)
    lines: list[tuple[Cell, ...]] = [
        (TITLE,), ("State at", f"{standing.at:%Y-%m-%d %H:%M:%S} UTC"), ("APIs", standing.apis),
        ("SHA-256", standing.digest), (),
        ("Requirement", "Title", *(state.label for state in ComplianceState), "APIs", "Open findings"),
    ]  # fmt: skip
    lines += [
        (row.requirement.id, row.requirement.title, *(row.counted.numbers[state] for state in ComplianceState),
         row.counted.total, row.open)
        for row in standing.rows
    ]  # fmt: skip
    _write(summary, lines, bold, {0, 5})
    results = book.add_worksheet("Results")
    results.freeze_panes(1, 0)
    for column, width in enumerate(WIDTHS):
        results.set_column(column, column, width)
    _write(results, (HEADS, *map(cells, rows)), bold, {0})
    book.close()
    return kept.getvalue()


def _write(sheet: Any, lines: Iterable[tuple[Cell, ...]], bold: Any, strong: set[int]) -> None:
    for number, line in enumerate(lines):
        for column, value in enumerate(line):
            style = bold if number in strong else None
            if isinstance(value, str):
                sheet.write_string(number, column, safe_text(plain(value)), style)
            else:
                sheet.write_number(number, column, value, style)


def as_pdf(standing: Standing, rows: Iterable[ResultRow], *, scope: str) -> bytes:
    """Return the report as PDF (PDF/UA-1): the summary, and every API that does not meet a requirement with the why."""
    told = {
        "title": TITLE,
        "organisation": printable(settings.ORGANISATION_NAME),
        "at": f"{standing.at:%Y-%m-%d %H:%M:%S} UTC",
        "digest": standing.digest,
        "scope": scope,
        "requirements": [_requirement(row) for row in standing.rows],
        "groups": list(_groups(standing, rows)),
    }
    template = Path(settings.BASE_DIR) / TEMPLATE
    made: Any = typst.compile(
        template.read_bytes(), sys_inputs={"told": json.dumps(told)}, ignore_system_fonts=True, pdf_standards="ua-1",
        timestamp=standing.at,
    )  # fmt: skip
    return bytes(made)


def _requirement(row: Any) -> dict[str, str]:
    counted = row.counted
    share = f"{counted.met:,} of {counted.total:,}" if counted.total else "no data"
    return {
        "id": row.requirement.id, "title": row.requirement.title, "says": row.requirement.says,
        "state": counted.state or "", "word": counted.mark.text, "met": share, "open": f"{row.open:,}",
    }  # fmt: skip


def _groups(standing: Standing, rows: Iterable[ResultRow]) -> Iterator[dict[str, Any]]:
    listed = {
        short: [row for row in group if row.state != ComplianceState.MET]
        for short, group in groupby(rows, key=lambda row: row.requirement.short)
    }
    for row in standing.rows:
        found = listed.get(row.requirement.short, [])
        yield {
            "id": row.requirement.id,
            "title": row.requirement.title,
            "none": f"All {row.counted.total:,} APIs meet it." if row.counted.total else "No API was known then.",
            "met": f"Met by the other {row.counted.met:,} APIs." if row.counted.met else "",
            "rows": [_line(one) for one in found],
        }


def _line(row: ResultRow) -> dict[str, Any]:
    return {
        "name": printable(row.name), "code": row.code, "team": row.team, "state": row.state.value,
        "word": MARKS[row.state].text, "evidence": f"{row.evidence}.".capitalize(),
        "failing": [
            {"code": one.code, "title": printable(one.title), "severity": one.severity.capitalize(),
             "place": printable(one.place), "accepted": one.accepted}
            for one in row.failing
        ],
        "more": f"and {row.more:,} more" if row.more else "",
    }  # fmt: skip
