"""Taking in a log: its counts are stored whole or not at all, each call once however often its line comes.

Whether calls were counted before is decided by the series of a log and its bytes. The same bytes in one series, again,
change nothing. A file that grew is known by its first line: of the logs of one series that begin alike the longest
holds all lines of the others, so it alone counts, whichever came first. Logs of one series that begin differently are
taken to share no line, as rotated files do; logs of two series are two gateways.
"""

import hmac
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Final

from django.conf import settings
from django.db import connection, transaction

from inventory.access.records import Principal
from inventory.access.rights import Verb, may
from inventory.access.services.trail import record_change
from inventory.codes import chance_code
from inventory.jobs.documents import Document
from inventory.jobs.models import Blob
from inventory.models import Api, Endpoint, GatewayDay, Observation, TrafficLog
from inventory.records import CallRecord, TrafficSummary
from inventory.services.traffic.placing import Beyond, place_traffic
from inventory.signals import ApisChanged, endpoints_recorded

UNNAMED: Final = "upload"
"""The series of logs that nobody gave a name."""

STAGE = """
CREATE TEMPORARY TABLE staged_call (
    host text, method text, path_key text, day date, calls bigint, ok bigint, redirected bigint, refused bigint,
    failed bigint, signed bigint, unsigned bigint, open bigint
) ON COMMIT DROP
"""
FIELDS = "host, method, path_key, day, calls, ok, redirected, refused, failed, signed, unsigned, open"
STORE = f"INSERT INTO inventory_observation (log_id, {FIELDS}) SELECT %(log)s, {FIELDS} FROM staged_call"  # noqa: S608 - our own names


@dataclass(frozen=True, slots=True, kw_only=True)
class LogOptions:
    """What was said of a log; `api_id` is the API it is about, None when its hosts tell."""

    name: str
    format: str
    series: str = ""
    api_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRead:
    """What a reader makes of a log: `records` can be gone through once, and `summary()` is known after."""

    records: Iterable[CallRecord]
    summary: Callable[[], TrafficSummary]


@dataclass(frozen=True, slots=True, kw_only=True)
class LogResult:
    """What came of a log. `repeated` when its bytes, or a longer state of the file, were held already.

    `unmapped` calls belong to no API yet; `untold` are past what is told apart by path. `learned` is how many
    endpoints became known that no specification has. `anew_since` is the last call of the log that had this name
    before, where this one starts anew and later: what was written to the former one after that may not have been read.
    """

    code: str
    repeated: bool = False
    lines: int = 0
    calls: int = 0
    skipped: int = 0
    first_skipped: str = ""
    unmapped: int = 0
    untold: int = 0
    learned: int = 0
    api_ids: tuple[int, ...] = ()
    anew_since: datetime | None = None


def start_of(file: BinaryIO, name: str) -> tuple[str, int]:
    """Return the HMAC of the first line of a log and how many plain bytes it has; the file is left at its start."""
    stream = Document(file, name).stream()
    first = b""
    while b"\n" not in first and len(first) < 1 << 16 and (chunk := stream.read(1 << 12)):
        first += chunk
    while stream.read(1 << 20):
        pass
    file.seek(0)
    line = first.split(b"\n", 1)[0].strip()
    return hmac.new(settings.DIGEST_KEY, line, digestmod="sha256").hexdigest(), stream.position


def reach_of(principal: Principal) -> list[int] | None:
    """Return the teams whose APIs a log of the principal may speak of; None is all."""
    if may(principal, Verb.UPLOAD, team_id=None):
        return None
    return sorted(team_id for team_id in principal.team_ids if may(principal, Verb.UPLOAD, team_id=team_id))


def held_log(*, blob: Blob, options: LogOptions, principal: Principal) -> TrafficLog | None:
    """Return the log with these bytes in this series, if it may speak of as much already; else None."""
    held = TrafficLog.objects.filter(series=options.series or UNNAMED, digest=blob.digest, api=options.api_id).first()
    if held is None:
        return None
    return held if _joined(held.teams, reach_of(principal)) == held.teams else None


def _joined(one: list[int] | None, other: list[int] | None) -> list[int] | None:
    return None if one is None or other is None else sorted({*one, *other})


@transaction.atomic
def record_log(  # noqa: PLR0913 - each by name
    *, blob: Blob, start: str, size: int, read: LogRead, options: LogOptions, principal: Principal, now: datetime,
    beyond: Beyond | None = None,
) -> LogResult:  # fmt: skip
    """Store what one log tells, place it, and return what came of it. Errors of the document pass through."""
    series = options.series or UNNAMED
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"traffic:{series}"])
        cursor.execute(STAGE)
        with cursor.copy("COPY staged_call FROM STDIN") as copy:
            for record in read.records:
                copy.write_row(_row(record))
    told = read.summary()
    log = _stored_log(blob, start, size, told, options, principal, now)
    longest = _longest(log)
    if longest.pk == log.pk:
        _store_counts(log, told)
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE staged_call")
    apis = place_traffic(logs=[log.pk], now=now, beyond=beyond)
    learned = Endpoint.objects.filter(api__in=apis, documented=False, specified_since=None, first_seen=now).known()
    result = LogResult(
        code=log.code, repeated=longest.pk != log.pk, lines=told.lines, calls=told.calls, skipped=told.skipped_count,
        first_skipped=f"{told.skipped[0].place}: {told.skipped[0].what}" if told.skipped else "",
        unmapped=_unmapped(log), untold=sum(day.untold for day in told.days) + told.other_hosts,
        learned=learned.count(), api_ids=apis, anew_since=_anew_since(log),
    )  # fmt: skip
    _tell(log, result, principal, now)
    return result


def _row(record: CallRecord) -> tuple[object, ...]:
    return (
        record.host, record.method, record.path_key, record.day, record.calls, record.ok, record.redirected,
        record.refused, record.failed, record.signed, record.unsigned, record.open,
    )  # fmt: skip


def _stored_log(  # noqa: PLR0913, PLR0917 - the parts of one row
    blob: Blob, start: str, size: int, told: TrafficSummary, options: LogOptions, principal: Principal, now: datetime
) -> TrafficLog:
    held = TrafficLog.objects.filter(series=options.series or UNNAMED, digest=blob.digest, api=options.api_id).first()
    if held is not None:
        held.teams = _joined(held.teams, reach_of(principal))
        held.save(update_fields=["teams"])
        return held
    return TrafficLog.objects.create(
        code=chance_code("LOG"), series=options.series or UNNAMED, digest=blob.digest, start=start, size=size,
        name=options.name[:300], format=options.format, api_id=options.api_id, teams=reach_of(principal),
        uploaded_by_id=principal.user_id, taken_at=now, first_at=told.first_at, last_at=told.last_at,
        counts={
            "lines": told.lines, "calls": told.calls, "skipped": told.skipped_count, "zoneless": told.zoneless,
            "other_hosts": told.other_hosts,
            "skipped_lines": [{"place": one.place, "what": one.what} for one in told.skipped],
        },
    )  # fmt: skip


def _longest(log: TrafficLog) -> TrafficLog:
    """Return the longest log of those that begin alike, and take the rows of the others away."""
    alike = TrafficLog.objects.filter(series=log.series, start=log.start, api=log.api_id).order_by("-size", "-digest")
    longest, *others = alike
    for rows in (Observation, GatewayDay):
        rows.objects.filter(log__in=others).delete()
    for other in others:
        longest.teams = _joined(longest.teams, other.teams)
    longest.save(update_fields=["teams"])
    return longest


def _anew_since(log: TrafficLog) -> datetime | None:
    """Return the last call of the newest log of this name that begins differently and ended before this one begins."""
    if log.first_at is None:
        return None
    named = TrafficLog.objects.filter(series=log.series, name=log.name, api=log.api_id, last_at__lt=log.first_at)
    former = named.exclude(start=log.start).order_by("-last_at").first()
    return former.last_at if former else None


def _store_counts(log: TrafficLog, told: TrafficSummary) -> None:
    if GatewayDay.objects.filter(log=log).exists():
        return
    with connection.cursor() as cursor:
        cursor.execute(STORE, {"log": log.pk})
    GatewayDay.objects.bulk_create(
        [GatewayDay(log=log, host=day.host, day=day.day, calls=day.calls, untold=day.untold) for day in told.days],
        batch_size=1000,
    )


def _unmapped(log: TrafficLog) -> int:
    return sum(Observation.objects.filter(log=log, api=None).values_list("calls", flat=True))


def _tell(log: TrafficLog, result: LogResult, principal: Principal, now: datetime) -> None:
    told = f"{result.calls:,} calls, {result.learned:,} endpoints learned, {result.skipped:,} lines skipped"
    for api_id in result.api_ids or (None,):
        record_change(
            principal=principal, kind="log", code=log.code, verb="read", old=None, new=told, now=now,
            source=log.name, api_id=api_id,
        )  # fmt: skip
    if result.api_ids:
        news = ApisChanged(api_ids=result.api_ids, cause=f"log {log.code} read")
        endpoints_recorded.send(Api, result=news)
