"""The endpoints of one API, page by page, and the few that matter most."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, Count, Max, OuterRef, Q, Sum, When
from django.db.models.functions import Left

from findings.models import EndpointTally, EndpointTallyQuerySet
from findings.status import SeverityRank
from inventory.access.pages import Key, Page, page_of, read_number, read_text
from inventory.choices import Authentication, Discovery
from inventory.discovery import DEFINITIONS, Discovered
from inventory.models import Api, Endpoint, ObservedDay
from inventory.models.traffic import discovery_days, threshold
from inventory.selectors.endpoints import discovered, judged
from posture.filters import EndpointFilter
from posture.selectors.summaries import SEVERITIES, Mark, authentication_mark

PATH_LETTERS: Final = 200
"""Endpoints are ordered by the start of their path, so that a cursor fits into an address."""
MATTER: Final = 6
INFO: Final = SeverityRank.INFO.name.lower()
ICONS: Final = {Discovery.SHADOW: "user-question", Discovery.ZOMBIE: "ghost"}
SHADES: Final = {Discovery.SHADOW: "bad", Discovery.ZOMBIE: "bad", Discovery.ORPHAN: "warn", Discovery.UNUSED: "warn"}
ORDER: Final = (Key(name="start", read=read_text), Key(name="method", read=read_text), Key(name="pk", read=read_number))


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointRow:
    """One endpoint: what the specification says of it, what logs tell, and what is open on it.

    `calls` is None while no log of the gateway was read; `open_calls` had no credentials and were answered with 2xx.
    """

    method: str
    path: str
    summary: str
    spellings: tuple[str, ...]
    authentication: Mark
    deprecated: bool
    removed_at: datetime | None
    counts: Mapping[str, int]
    state: Mark
    reason: str
    calls: int | None
    last_called: date | None
    open_calls: int

    @property
    def has_findings(self) -> bool:
        """Whether anything is open on it."""
        return any(self.counts.values())


def endpoint_page(*, api: Api, narrowed: EndpointFilter, after: str = "", before: str = "") -> Page[EndpointRow]:
    """Return one page of the endpoints of a visible API, by path; five queries."""
    found = narrowed.apply(Endpoint.objects.filter(api=api)).annotate(start=Left("path", PATH_LETTERS))
    page = page_of(found, order=ORDER, after=after, before=before)
    counts = _counts(EndpointTally.objects.filter(endpoint__in=page.rows))
    found_out = discovered(page.rows)
    rows = tuple(_row(endpoint, counts[endpoint.pk], found_out[endpoint.pk]) for endpoint in page.rows)
    return Page(rows=rows, total=page.total, more=page.more, next=page.next, previous=page.previous)


def endpoints_that_matter(*, api: Api) -> tuple[EndpointRow, ...]:
    """Return the endpoints with the worst open findings, then those of no specification, then those without sign-in."""
    counts = _counts(EndpointTally.objects.filter(endpoint__api=api), worst=MATTER)
    rank = {pk: place for place, pk in enumerate(counts)}
    dark = Q(documented=False, calls__gt=0)
    wanted = Q(pk__in=rank) | Q(authentication=Authentication.NONE) | dark
    found = Endpoint.objects.filter(wanted, api=api, removed_at=None)
    told = Case(When(pk__in=rank, then=0), When(dark, then=1), default=2)
    observed = ArraySubquery(ObservedDay.objects.filter(api=OuterRef("api")).values("day"))
    shown = found.annotate(observed=observed, days=threshold())
    rows: list[Any] = sorted(
        shown.order_by(told, Left("path", PATH_LETTERS), "method", "pk")[:MATTER],
        key=lambda endpoint: rank.get(endpoint.pk, len(rank)),
    )
    return tuple(_row(row, counts[row.pk], judged(row, row.observed, days=row.days)) for row in rows)


def _counts(tallies: EndpointTallyQuerySet, *, worst: int | None = None) -> Mapping[int, Mapping[str, int]]:
    """Return the open findings by endpoint and severity, the worst endpoint first; of the `worst`, none of info."""
    names = SEVERITIES if worst else (*SEVERITIES, INFO)
    by_severity = {name: Sum("n", filter=Q(severity=SeverityRank[name.upper()]), default=0) for name in names}
    grouped = tallies.open().order_by()
    if worst:
        grouped = grouped.filter(severity__gt=SeverityRank.INFO)
    # Where nothing is open any more, parts are left that add up to nothing.
    counted = grouped.values("endpoint").annotate(**by_severity, total=Sum("n")).filter(total__gt=0)
    counts: dict[int, Mapping[str, int]] = defaultdict(lambda: dict.fromkeys(names, 0))
    rows: Iterable[Mapping[str, Any]] = counted.order_by(*(f"-{name}" for name in names), "endpoint")[:worst]
    for row in rows:
        counts[row["endpoint"]] = {name: row[name] for name in names}
    return counts


def _row(endpoint: Endpoint, counts: Mapping[str, int], found: Discovered) -> EndpointRow:
    return EndpointRow(
        method=endpoint.method,
        path=endpoint.path,
        summary=endpoint.summary,
        spellings=tuple(path for path in endpoint.spellings if path != endpoint.path),
        authentication=authentication_mark(endpoint),
        deprecated=endpoint.deprecated,
        removed_at=endpoint.removed_at,
        counts=counts,
        state=Mark(text=str(found.state.label), icon=ICONS.get(found.state, ""), css=SHADES.get(found.state, "")),
        reason=found.reason,
        calls=endpoint.calls or 0 if found.observed else None,
        last_called=endpoint.last_called,
        open_calls=endpoint.open_calls or 0,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """How the gateway of an API was observed; `untold` calls are held by no endpoint."""

    days: int
    last: date | None
    calls: int
    untold: int
    meanings: tuple[tuple[str, str], ...]


def traffic_of(*, api: Api) -> Traffic:
    """Return what logs tell of a visible API as a whole, and what the states of its endpoints mean; two queries."""
    seen = ObservedDay.objects.filter(api=api).aggregate(
        n=Count("pk"), last=Max("day"), calls=Sum("calls"), past=Sum("untold")
    )
    threshold = discovery_days()
    return Traffic(
        days=seen["n"],
        last=seen["last"],
        calls=seen["calls"] or 0,
        untold=seen["past"] or 0,
        meanings=tuple((str(state.label), words.format(days=threshold)) for state, words in DEFINITIONS.items()),
    )
