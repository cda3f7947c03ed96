"""The facts that checks of the inventory judge, for many APIs at once."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import Sum

from inventory.checks.facts import FRESH_DAYS, CheckedApi, CheckedEndpoint, Declared
from inventory.choices import Discovery, FactSource, Reach, Sensitivity
from inventory.models import Api, ApiTeam, BaseUrl, Endpoint, Fact, Observation, ObservedDay, Specification
from inventory.models.traffic import discovery_days
from inventory.selectors.endpoints import judged

NO_CALLS = {"calls": 0, "signed": 0, "unsigned": 0, "open": 0}


def checked_apis(*, api_ids: Collection[int], now: datetime) -> Iterator[CheckedApi]:
    """Yield the facts of each API that is not retired, in the order of their ids; nine queries for all of them."""
    today = now.astimezone(UTC).date()
    fresh = today - timedelta(days=FRESH_DAYS)
    observed: dict[int, list[date]] = defaultdict(list)
    for api_id, day in ObservedDay.objects.filter(api__in=api_ids).values_list("api", "day"):
        observed[api_id].append(day)
    calls = _calls(api_ids, fresh)
    endpoints: dict[int, list[CheckedEndpoint]] = defaultdict(list)
    days = discovery_days()
    for row in Endpoint.objects.filter(api__in=api_ids).known().order_by("api", "path_key", "method"):
        state = judged(row, observed[row.api_id], days=days)
        endpoints[row.api_id].append(_endpoint(row, state.state, state.reason, calls.get(row.pk, NO_CALLS)))
    addresses = _grouped(BaseUrl.objects.filter(api__in=api_ids).values_list("api", "scheme", "host"))
    current = {row.api_id: row for row in Specification.objects.filter(api__in=api_ids, current=True)}
    teams = dict(ApiTeam.objects.filter(api__in=api_ids, until=None).values_list("api", "team__name"))
    files = Fact.objects.filter(api__in=api_ids, attribute__in=("owner", "team"), source_kind=FactSource.FILE)
    proposed = _grouped(files.order_by("attribute", "value").values_list("api", "value"))
    for api in Api.objects.filter(pk__in=api_ids).live().select_related("owner").order_by("pk"):
        specification = current.get(api.pk)
        yield CheckedApi(
            id=api.pk,
            reach=Reach(api.reach),
            sensitivity=Sensitivity(api.sensitivity),
            addresses=tuple(sorted({(scheme, host) for scheme, host in addresses[api.pk]})),
            specification=str(specification) if specification else "",
            schemes=specification.schemes if specification else None,
            owner=str(api.owner) if api.owner and api.owner.is_active else "",
            team=teams.get(api.pk, ""),
            proposed=tuple(dict.fromkeys(value for (value,) in proposed[api.pk])),
            observed=any(day >= fresh for day in observed[api.pk]),
            observed_days=len(observed[api.pk]),
            endpoints=tuple(endpoints[api.pk]),
        )


def _calls(api_ids: Collection[int], fresh: date) -> dict[int, dict[str, int]]:
    """Return the calls of each endpoint since a day."""
    seen = Observation.objects.filter(api__in=api_ids, endpoint__isnull=False, day__gte=fresh).order_by()
    rows: Any = seen.values("endpoint").annotate(**{name: Sum(name) for name in NO_CALLS})
    return {row["endpoint"]: {name: row[name] for name in NO_CALLS} for row in rows}


def _grouped(rows: Any) -> dict[int, list[tuple[Any, ...]]]:
    found: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for api_id, *rest in rows:
        found[api_id].append(tuple(rest))
    return found


def _endpoint(row: Endpoint, state: Discovery, reason: str, calls: dict[str, int]) -> CheckedEndpoint:
    declared = row.declared if row.documented else None
    return CheckedEndpoint(
        id=row.pk,
        method=row.method,
        path=row.path,
        authentication=row.authentication if row.documented else "not declared",
        schemes=tuple(row.schemes) if row.documented else (),
        parameters=None
        if declared is None
        else tuple(Declared(name=name, where=where, kind=kind) for name, where, kind in declared["parameters"]),
        responses=None if declared is None else tuple(declared["responses"]),
        members=None if declared is None or declared.get("members") is None else tuple(declared["members"]),
        documented=row.documented,
        deprecated=row.deprecated,
        removed=row.removed_at is not None,
        state=state,
        reason=reason,
        **calls,
    )
