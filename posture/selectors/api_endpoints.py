"""The endpoints of one API, page by page, and the few that matter most."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Case, Count, Q, When
from django.db.models.functions import Left

from findings.models import Finding, FindingQuerySet
from findings.status import SeverityRank
from inventory.access.pages import Key, Page, page_of, read_number, read_text
from inventory.choices import Authentication
from inventory.models import Api, Endpoint
from posture.filters import EndpointFilter
from posture.selectors.summaries import SEVERITIES, Mark, authentication_mark

PATH_LETTERS: Final = 200
"""Endpoints are ordered by the start of their path, so that a cursor fits into an address."""
MATTER: Final = 6
ORDER: Final = (Key(name="start", read=read_text), Key(name="method", read=read_text), Key(name="pk", read=read_number))


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointRow:
    """One endpoint: what the specification says of it and what is open on it."""

    method: str
    path: str
    summary: str
    spellings: tuple[str, ...]
    authentication: Mark
    deprecated: bool
    removed_at: datetime | None
    counts: Mapping[str, int]

    @property
    def has_findings(self) -> bool:
        """Whether anything is open on it."""
        return any(self.counts.values())


def endpoint_page(*, api: Api, narrowed: EndpointFilter, after: str = "", before: str = "") -> Page[EndpointRow]:
    """Return one page of the endpoints of a visible API, by path; three queries."""
    found = narrowed.apply(Endpoint.objects.filter(api=api)).annotate(start=Left("path", PATH_LETTERS))
    page = page_of(found, order=ORDER, after=after, before=before)
    counts = _counts(Finding.objects.filter(endpoint__in=page.rows))
    rows = tuple(_row(endpoint, counts[endpoint.pk]) for endpoint in page.rows)
    return Page(rows=rows, total=page.total, more=page.more, next=page.next, previous=page.previous)


def endpoints_that_matter(*, api: Api) -> tuple[EndpointRow, ...]:
    """Return the endpoints of a visible API with the worst open findings, then those without sign-in; two queries."""
    counts = _counts(Finding.objects.filter(api=api), worst=MATTER)
    rank = {pk: place for place, pk in enumerate(counts)}
    found = Endpoint.objects.filter(Q(pk__in=rank) | Q(authentication=Authentication.NONE), api=api, removed_at=None)
    told = Case(When(pk__in=rank, then=0), default=1)
    shown = list(found.order_by(told, Left("path", PATH_LETTERS), "method", "pk")[:MATTER])
    shown.sort(key=lambda endpoint: rank.get(endpoint.pk, len(rank)))
    return tuple(_row(endpoint, counts[endpoint.pk]) for endpoint in shown)


def _counts(findings: FindingQuerySet, *, worst: int | None = None) -> Mapping[int, Mapping[str, int]]:
    """Return the open findings by endpoint and severity, the worst endpoint first."""
    by_severity = {name: Count("pk", filter=Q(severity=SeverityRank[name.upper()])) for name in SEVERITIES}
    grouped = findings.open().filter(endpoint__isnull=False, severity__gt=SeverityRank.INFO).order_by()
    counted = (
        grouped.values("endpoint").annotate(**by_severity).order_by(*(f"-{name}" for name in SEVERITIES), "endpoint")
    )
    counts: dict[int, Mapping[str, int]] = defaultdict(lambda: dict.fromkeys(SEVERITIES, 0))
    rows: Iterable[Mapping[str, Any]] = counted[:worst]
    for row in rows:
        counts[row["endpoint"]] = {name: row[name] for name in SEVERITIES}
    return counts


def _row(endpoint: Endpoint, counts: Mapping[str, int]) -> EndpointRow:
    return EndpointRow(
        method=endpoint.method,
        path=endpoint.path,
        summary=endpoint.summary,
        spellings=tuple(path for path in endpoint.spellings if path != endpoint.path),
        authentication=authentication_mark(endpoint),
        deprecated=endpoint.deprecated,
        removed_at=endpoint.removed_at,
        counts=counts,
    )
