"""Lists as CSV: the rows of the page, all of them, with a line in the trail of who took them."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from inventory.access.exporting import Cell, csv_pieces
from inventory.access.filters import ListFilter
from inventory.access.records import Principal
from inventory.access.rights import Verb, require
from inventory.access.services.trail import record_change
from inventory.models import Api
from inventory.services.classify import current_team
from posture.filters import ApiFilter, FindingFilter, FindingsFilter
from posture.selectors.api_findings import FindingRow, every_finding
from posture.selectors.api_list import ApiRow, every_api
from posture.selectors.columns import APIS, FINDINGS
from posture.selectors.finding_list import findings_to_export

API_HEADS: Final = (
    *("Code", "API", "Version", "Risk score", "Risk", "Coverage", "Reach", "Data", "Authentication", "Critical"),
    *("High", "Medium", "Low", "Team", "Owner", "Marks", "Last seen"),
)
API_COLUMNS: Final = {
    "Coverage": "coverage",
    "Reach": "reach",
    "Data": "data",
    "Authentication": "authentication",
    **dict.fromkeys(("Critical", "High", "Medium", "Low"), "open"),
    **dict.fromkeys(("Team", "Owner"), "team"),
    "Last seen": "seen",
}
FINDING_COLUMNS: Final = {
    **dict.fromkeys(("API code", "API"), "api"),
    **dict.fromkeys(("Source", "Rule"), "source"),
    "Status": "status",
    "First seen": "seen",
}
"""Which column of the page a column of the file goes with; the others are always there."""
DETAILS: Final = (
    *("CWE", "CVE", "CVSS", "Severity by the tool", "Confidence", "Parameter", "Address", "File", "Location"),
)
FINDING_HEADS: Final = (
    *("Code", "Severity", "Title", "Place", "Source", "Rule", "Status", "First seen", "Instances", "Message", "Remedy"),
    *DETAILS,
)


def export_apis(
    *,
    principal: Principal,
    narrowed: ApiFilter,
    sort: str,
    now: datetime,
    for_spreadsheets: bool,
    columns: Collection[str] = tuple(APIS),
) -> Iterator[str]:
    """Write to the trail that the list is taken, and return it as pieces of CSV, of the APIs the principal may export.

    Whoever may export nothing is for the route to refuse.
    """
    _record("apis", narrowed, principal, now, sort=sort)
    rows = every_api(principal=principal, narrowed=narrowed, sort=sort)
    heads, kept = _kept(API_HEADS, API_COLUMNS, columns)
    return csv_pieces(heads, (kept(_api(row)) for row in rows), for_spreadsheets=for_spreadsheets)


def export_findings(
    *, principal: Principal, api: Api, narrowed: FindingFilter, now: datetime, for_spreadsheets: bool
) -> Iterator[str]:
    """Write to the trail that the findings of a visible API are taken, and return them as pieces of CSV.

    Raises AccessRefused when the principal may not export them.
    """
    team = current_team(api)
    require(principal, Verb.EXPORT, team_id=team.pk if team else None)
    _record(api.code, narrowed, principal, now, api_id=api.pk)
    rows = every_finding(api=api, narrowed=narrowed)
    return csv_pieces(FINDING_HEADS, map(_finding, rows), for_spreadsheets=for_spreadsheets)


def export_findings_in_sight(
    *,
    principal: Principal,
    narrowed: FindingsFilter,
    now: datetime,
    for_spreadsheets: bool,
    columns: Collection[str] = tuple(FINDINGS),
) -> Iterator[str]:
    """Write to the trail that the list is taken, and return it as CSV, of the findings the principal may export.

    Whoever may export nothing is for the route to refuse.
    """
    _record("findings", narrowed, principal, now)
    rows = findings_to_export(principal=principal, narrowed=narrowed)
    heads, kept = _kept(("API code", "API", *FINDING_HEADS), FINDING_COLUMNS, columns)
    cells = (kept((row.api_code, row.api, *_finding(row))) for row in rows)
    return csv_pieces(heads, cells, for_spreadsheets=for_spreadsheets)


def _kept(
    heads: Sequence[str], column_of: Mapping[str, str], columns: Collection[str]
) -> tuple[tuple[str, ...], Callable[[Sequence[Cell]], tuple[Cell, ...]]]:
    """Return the headings of the columns that are shown, and what picks their cells out of a row."""
    places = [place for place, head in enumerate(heads) if head not in column_of or column_of[head] in columns]
    return tuple(heads[place] for place in places), lambda row: tuple(row[place] for place in places)


def _record(
    code: str, narrowed: ListFilter, principal: Principal, now: datetime, *, api_id: int | None = None, sort: str = ""
) -> None:
    asked = {name: narrowed.value(name) for name in narrowed.fields if narrowed.value(name)}
    what = "APIs" if code == "apis" else "findings"
    record_change(
        principal=principal,
        kind="export",
        code=code,
        verb=f"export {what}",
        old=None,
        new={"format": "csv", "filter": asked, **({"sort": sort} if sort else {})},
        now=now,
        api_id=api_id,
    )


def _api(row: ApiRow) -> tuple[Cell, ...]:
    return (
        row.code,
        row.name,
        row.version,
        row.score,
        row.band,
        str(row.coverage_words),
        row.reach_word,
        row.sensitivity.text,
        row.authentication.text,
        *(row.counts[severity] for severity in ("critical", "high", "medium", "low")),
        row.team,
        row.owner,
        ", ".join(mark.text for mark in row.marks),
        row.last_seen,
    )


def _finding(row: FindingRow) -> tuple[Cell, ...]:
    details = dict(row.details)
    return (
        row.code,
        row.severity,
        row.title,
        row.place,
        row.source,
        row.rule,
        row.status,
        row.first_seen,
        row.instances,
        row.message,
        row.remedy,
        *(details.get(label, "") for label in DETAILS),
    )
