"""What endpoints turned out to be, by what their specification says and what was observed."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date

from inventory.discovery import DEFAULT_DAYS, SINCE_EVER, Discovered, EndpointFacts, discover, watch_of
from inventory.models import (
    ApiQuerySet,
    Endpoint,
    EndpointQuerySet,
    ObservedDay,
)
from inventory.models.traffic import threshold


def endpoints_of(apis: ApiQuerySet) -> EndpointQuerySet:
    """Return the endpoints of some APIs, those that their specification dropped among them."""
    return Endpoint.objects.filter(api__in=apis).known()


def discovered(endpoints: Sequence[Endpoint]) -> dict[int, Discovered]:
    """Return what each of some endpoints turned out to be, by their ids; one query."""
    watches: dict[int, list[date]] = {}
    days = DEFAULT_DAYS
    observed = ObservedDay.objects.filter(api__in={row.api_id for row in endpoints})
    for api_id, day, days in observed.values_list("api", "day", threshold()):  # noqa: B007 - the same in each row
        watches.setdefault(api_id, []).append(day)
    return {row.pk: judged(row, watches.get(row.api_id, []), days=days) for row in endpoints}


def judged(endpoint: Endpoint, observed: Sequence[date], *, days: int) -> Discovered:
    """Return what an endpoint turned out to be, by the observed days of its API and the threshold."""
    found = discover(facts_of(endpoint), watch_of(observed, days=days), days=days)
    return replace(found, observed=bool(observed))


def facts_of(endpoint: Endpoint) -> EndpointFacts:
    """Return what decides the state of an endpoint."""
    removed = endpoint.removed_at if not endpoint.documented else None
    return EndpointFacts(
        specified_since=endpoint.specified_since or (SINCE_EVER if endpoint.documented else None),
        removed_on=removed.astimezone(UTC).date() if removed else None,
        deprecated=endpoint.deprecated,
        sunset=endpoint.sunset,
        last_called=endpoint.last_called,
    )
