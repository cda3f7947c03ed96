"""The findings of all APIs in sight, page by page."""

from collections.abc import Iterator
from dataclasses import replace

from django.db.models import Q, QuerySet

from findings.models import Finding, Series
from inventory.access.pages import COUNTED, Page, batches, in_order, page_of
from inventory.access.records import Principal
from inventory.access.rights import Verb, may
from inventory.models import Api
from inventory.selectors.apis import apis_for
from posture.filters import FindingsFilter
from posture.selectors.api_findings import ORDER, FindingRow, row_of
from posture.selectors.facets import RELAXED, Counts, cells_of


def sources_in_sight(principal: Principal) -> list[str]:
    """Return the tools whose reports are about what the principal may see, by name."""
    series = Series.objects.all()
    if not principal.sees_all:
        own = Q(uploader=principal.uploader_id) | Q(team__in=principal.team_ids)
        series = series.filter(Q(api__in=Api.objects.visible_to(principal)) | own)
    return list(series.order_by("source_kind").values_list("source_kind", flat=True).distinct())


def findings_in_sight(
    *, principal: Principal, narrowed: FindingsFilter, after: str = "", before: str = ""
) -> tuple[Page[FindingRow], Counts]:
    """Return one page of the findings the principal may see, worst first, then newest, and what each choice leaves.

    Two queries; three where words are found more often than anybody counts to. The choices are then without a number.
    """
    listed = narrowed.apply(Finding.objects.visible_to(principal))
    page = page_of(listed, order=ORDER, after=after, before=before, counts=False, whole=_with_parts)
    # Where all that matches is on the page, nothing but those rows need be looked through again.
    whole = not (page.next or page.previous or any(narrowed.value(name) for name in RELAXED))
    cells = cells_of(principal=principal, narrowed=narrowed, among=[row.pk for row in page.rows] if whole else None)
    total = len(page.rows) if whole else cells.total
    if cells.more:
        total = listed.order_by()[: COUNTED + 1].count()
    more = cells.more and total > COUNTED
    rows = tuple(map(_row, page.rows))
    shown = Page(rows=rows, total=min(total, COUNTED) if more else total, more=more, next=page.next,
                 previous=page.previous)  # fmt: skip
    return shown, cells.counts


def findings_to_export(*, principal: Principal, narrowed: FindingsFilter) -> Iterator[FindingRow]:
    """Yield the whole list in its order, of what the principal may export, through one cursor of the database."""
    found = Finding.objects.visible_to(principal)
    if not may(principal, Verb.EXPORT, team_id=None):
        found = found.filter(api__in=apis_for(principal, Verb.EXPORT))
    for batch in batches(in_order(_with_parts(narrowed.apply(found)), ORDER)):
        yield from map(_row, batch)


def _with_parts(findings: QuerySet[Finding]) -> QuerySet[Finding]:
    return findings.select_related("endpoint", "api")


def _row(finding: Finding) -> FindingRow:
    row = row_of(finding)
    return replace(row, api=finding.api.name, api_code=finding.api.code) if finding.api else row
