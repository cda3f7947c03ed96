"""Logs that tests write themselves, and the way they go in without a child."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

from inventory.access.records import SYSTEM, Principal
from inventory.jobs.models import Blob
from inventory.models import Api, BaseUrl, Endpoint
from inventory.records import CallRecord, EndpointRecord, GatewayDayRecord, TrafficSummary
from inventory.services.endpoints import write_endpoints
from inventory.services.traffic.logs import LogOptions, LogRead, LogResult, record_log
from inventory.services.traffic.placing import Beyond, place_traffic

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = date(2026, 5, 1)
HOST = "api.shop.example"


def day(number: int) -> date:
    """Return the day this many days after the first one."""
    return DAY + timedelta(days=number)


def make_api(name: str = "Orders", host: str = HOST, base: str = "") -> Api:
    """Return a new API that answers at a host and base path."""
    api = Api.objects.create(
        code=f"API-{uuid4().hex[:8]}", stable_id=uuid4(), name=name, slug=uuid4().hex, first_seen=NOW, last_seen=NOW
    )
    BaseUrl.objects.create(api=api, scheme="https", host=host, port=443, base_path=base)
    return api


def specify(api: Api, *paths: str, deprecated: Iterable[str] = (), sunset: str = "", now: datetime = NOW) -> None:
    """Make these paths (`GET /orders`) the specification of an API, and place what logs told before."""
    endpoints = []
    for line in paths:
        method, path = line.split(" ")
        key = path.replace("{id}", "{}").replace("{name}", "{}")
        endpoints.append(
            EndpointRecord(method=method, path=path, path_key=key, deprecated=line in deprecated, sunset=sunset)
        )
    write_endpoints(api=api, endpoints=endpoints, now=now)
    place_traffic(hosts=[HOST], api_ids=[api.pk], now=now)


def call(line: str, *, on: int = 0, calls: int = 1, ok: int | None = None, host: str = HOST, **more: int) -> CallRecord:
    """Return calls to one method and path, answered with success unless told otherwise."""
    method, key = line.split(" ")
    numbers: dict[str, Any] = {"calls": calls, "ok": calls if ok is None else ok, **more}
    return CallRecord(host=host, method=method, path_key=key, day=day(on), **numbers)


def take_log(  # noqa: PLR0913 - what a test says of a log, each by name
    *records: CallRecord, series: str = "edge", text: str = "", start: str = "", size: int = 100,
    principal: Principal = SYSTEM, api: Api | None = None, beyond: Beyond | None = None, quiet: Iterable[int] = (),
) -> LogResult:  # fmt: skip
    """Take a log in; `quiet` are days with calls to the host that nobody tells apart. Equal records are equal bytes."""
    digest = sha256((text or repr(records) + repr(tuple(quiet))).encode()).hexdigest()
    blob = Blob.objects.create(
        id=uuid4(), digest=digest, size=size, key_id="k", where=uuid4().hex, created_at=NOW, expires_at=NOW
    )
    days: dict[tuple[str, date], int] = {}
    for record in records:
        days[record.host, record.day] = days.get((record.host, record.day), 0) + record.calls
    told = [GatewayDayRecord(host=host, day=at, calls=calls) for (host, at), calls in days.items()]
    told += [GatewayDayRecord(host=HOST, day=day(number), calls=1, untold=1) for number in quiet]
    moments = [datetime.combine(at, time(9), UTC) for _, at in days]
    summary = TrafficSummary(
        lines=sum(one.calls for one in told), calls=sum(one.calls for one in told), days=tuple(told),
        first_at=min(moments, default=None), last_at=max(moments, default=None),
    )  # fmt: skip
    options = LogOptions(name="access.log", format="access_log", series=series, api_id=api.pk if api else None)
    return record_log(
        blob=blob, start=start or digest, size=size, read=LogRead(records=records, summary=lambda: summary),
        options=options, principal=principal, now=NOW, beyond=beyond,
    )  # fmt: skip


def endpoints(api: Api) -> dict[str, int | None]:
    """Return the calls of each endpoint that shows."""
    rows = Endpoint.objects.filter(api=api, removed_at=None)
    return {f"{row.method} {row.path}": row.calls for row in rows}
