"""Lists as files, for whoever looks at them in a spreadsheet."""

from collections.abc import Iterator

from django.http import StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from inventory.access.http import Request
from inventory.access.rights import Verb
from inventory.access.routes import Scope, route
from posture.filters import FindingFilter
from posture.selectors.api_list import teams_in_sight
from posture.selectors.columns import APIS, FINDINGS
from posture.services.exporting import export_apis, export_findings, export_findings_in_sight
from posture.views.apis import found
from posture.views.lists import api_filter, asked_columns, asked_sort, findings_filter


@route(Scope.TEAM, Verb.EXPORT)
@require_GET
def apis_csv(request: Request) -> StreamingHttpResponse:
    """Give the list of APIs, narrowed, sorted and with the columns as the page at the same parameters."""
    pieces = export_apis(
        principal=request.principal,
        narrowed=api_filter(request, teams_in_sight(request.principal)),
        sort=asked_sort(request),
        now=timezone.now(),
        for_spreadsheets=True,
        columns=asked_columns(request, APIS),
    )
    return as_file(pieces, "apis.csv")


@route(Scope.TEAM, Verb.EXPORT)
@require_GET
def findings_csv(request: Request, code: str) -> StreamingHttpResponse:
    """Give the findings of an API, narrowed as the page at the same parameters."""
    api = found(request, code)
    pieces = export_findings(
        principal=request.principal,
        api=api,
        narrowed=FindingFilter(request.GET),
        now=timezone.now(),
        for_spreadsheets=True,
    )
    return as_file(pieces, f"findings-{api.code}.csv")


@route(Scope.TEAM, Verb.EXPORT)
@require_GET
def all_findings_csv(request: Request) -> StreamingHttpResponse:
    """Give the findings of all APIs, narrowed as the page at the same parameters."""
    pieces = export_findings_in_sight(
        principal=request.principal,
        narrowed=findings_filter(request, teams_in_sight(request.principal)),
        now=timezone.now(),
        for_spreadsheets=True,
        columns=asked_columns(request, FINDINGS),
    )
    return as_file(pieces, "findings.csv")


def as_file(pieces: Iterator[str], name: str) -> StreamingHttpResponse:
    """Return pieces of CSV as a file to keep, sent while it is written."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(pieces, content_type="text/csv; charset=utf-8", headers=headers)
