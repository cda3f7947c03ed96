"""Lists as CSV, for programs: the rows of the page, without a byte-order mark."""

from collections.abc import Iterator
from typing import ClassVar

from django.http import StreamingHttpResponse
from django.utils import timezone

from findings.status import SeverityRank, Status
from inventory.access.api.asking import choice, text
from inventory.access.api.resources import Resource
from inventory.access.api.signing_in import ApiRequest
from inventory.access.rights import Verb
from posture.api.apis import NARROWING, api_in_sight, narrowed_apis
from posture.filters import ANY_STATUS, FindingFilter
from posture.selectors.api_list import DEFAULT_SORT, SORTS
from posture.services.exporting import export_apis, export_findings

CSV = {(200, "text/csv"): str}


class ApisCsv(Resource):
    """The list of APIs as a table."""

    tag = "export"
    verbs: ClassVar = {"GET": Verb.EXPORT}
    parameters: ClassVar = (*NARROWING, choice("sort", "The order, as on the page.", tuple(SORTS)))
    says: ClassVar = {"GET": CSV}

    def get(self, _request: ApiRequest) -> StreamingHttpResponse:
        """Return the list of APIs, of those you may export, as CSV."""
        pieces = export_apis(
            principal=self.principal,
            narrowed=narrowed_apis(self),
            sort=self.asked.get("sort", DEFAULT_SORT),
            now=timezone.now(),
            for_spreadsheets=False,
        )
        return _sent(pieces)


class FindingsCsv(Resource):
    """The findings of one API as a table."""

    tag = "export"
    verbs: ClassVar = {"GET": Verb.EXPORT}
    parameters: ClassVar = (
        choice("severity", "How bad it is by itself.", tuple(rank.name.lower() for rank in reversed(SeverityRank))),
        choice("status", "What is shown of it; the open ones without it.", (ANY_STATUS, *Status.values)),
        text("q", "Part of title, rule or path, or the code.", longest=200),
    )
    says: ClassVar = {"GET": CSV}

    def get(self, request: ApiRequest, code: str) -> StreamingHttpResponse:
        """Return the findings of an API as CSV, the open ones if no status is named."""
        pieces = export_findings(
            principal=self.principal,
            api=api_in_sight(self.principal, code),
            narrowed=FindingFilter(request.query_params),
            now=timezone.now(),
            for_spreadsheets=False,
        )
        return _sent(pieces)


def _sent(pieces: Iterator[str]) -> StreamingHttpResponse:
    return StreamingHttpResponse(pieces, content_type="text/csv; charset=utf-8")
