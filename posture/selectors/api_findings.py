"""The findings of one API, page by page."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from findings.deadlines import NEVER
from findings.models import Finding
from findings.status import OPEN, SeverityRank, Status
from inventory.access.pages import Key, Page, batches, in_order, page_of, read_moment, read_number
from inventory.models import Api
from posture.filters import FindingFilter

ORDER: Final = (
    Key(name="severity", read=read_number, descending=True),
    Key(name="first_seen", read=read_moment, descending=True),
    Key(name="pk", read=read_number),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingRow:
    """One finding; `details` are the facts that unfold, in the order they are shown, all of them text."""

    code: str
    severity: str
    title: str
    rule: str
    source: str
    place: str
    status: str
    is_open: bool
    first_seen: datetime
    instances: int
    message: str
    remedy: str
    details: tuple[tuple[str, str], ...]
    api: str = ""
    api_code: str = ""
    due: datetime | None = None


def finding_page(*, api: Api, narrowed: FindingFilter, after: str = "", before: str = "") -> Page[FindingRow]:
    """Return one page of the findings of a visible API, worst first, then newest; two queries."""
    found = narrowed.apply(Finding.objects.filter(api=api)).select_related("endpoint")
    page = page_of(found, order=ORDER, after=after, before=before)
    rows = tuple(row_of(finding) for finding in page.rows)
    return Page(rows=rows, total=page.total, more=page.more, next=page.next, previous=page.previous)


def every_finding(*, api: Api, narrowed: FindingFilter) -> Iterator[FindingRow]:
    """Yield the whole list of a visible API in its order, through one cursor of the database."""
    found = narrowed.apply(Finding.objects.filter(api=api)).select_related("endpoint")
    for batch in batches(in_order(found, ORDER)):
        yield from map(row_of, batch)


def row_of(finding: Finding) -> FindingRow:
    """Return what a list shows of a finding whose endpoint is loaded."""
    return FindingRow(
        code=finding.code,
        severity=SeverityRank(finding.severity).name.lower(),
        title=finding.title,
        rule=finding.rule,
        source=finding.source_kind,
        place=place_of(finding),
        status=Status(finding.status).label,
        is_open=finding.status in OPEN,
        first_seen=finding.first_seen,
        instances=finding.instances,
        message=finding.message,
        remedy=finding.remedy,
        details=tuple((label, text) for label, text in _details(finding) if text),
        due=due_of(finding),
    )


def due_of(finding: Finding) -> datetime | None:
    """Return when a finding is due whose `due` is loaded; None without a deadline, while it follows, and once closed.

    Where it was not loaded nobody asked.
    """
    if not finding._state.fields_cache.get("due"):  # noqa: SLF001 -- to not ask row by row
        return None
    until: datetime = finding.due.due_at
    return None if until == NEVER or finding.status not in OPEN else until


def place_of(finding: Finding) -> str:
    """Return where a finding is, in one line: its endpoint, else its file and line, else what the tool gave."""
    if finding.endpoint:
        return str(finding.endpoint)
    if finding.path or finding.url:
        return f"{finding.method} {finding.path or finding.url}".strip()
    if finding.file:
        return f"{finding.file}:{finding.line}" if finding.line else finding.file
    return finding.location


def _details(finding: Finding) -> Iterator[tuple[str, str]]:
    yield "Rule", finding.rule
    yield "CWE", ", ".join(f"CWE-{number}" for number in finding.cwe)
    yield "CVE", finding.cve
    yield "CVSS", "" if finding.cvss is None else f"{finding.cvss:.1f}"
    yield "Severity by the tool", finding.raw_severity
    yield "Confidence", finding.confidence
    yield "Parameter", finding.parameter
    yield "Address", finding.url
    yield "File", f"{finding.file}:{finding.line}" if finding.file and finding.line else finding.file
    yield "Location", "" if finding.location == finding.file else finding.location
    yield "Instances", f"{finding.instances:,}" if finding.instances > 1 else ""
