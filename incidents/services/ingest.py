"""Taking in a document of alerts: whole or not at all, the same bytes twice change nothing."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Final

from django.db import connection, transaction

from findings.models import Report
from findings.services.ingest import UploadOptions, placement_of
from incidents.models import Episode
from incidents.records import AlertRecord, AlertSummary
from incidents.services.folding import LOCK, Holder, Placed, placed, write_alerts
from incidents.services.placing import Placing
from incidents.signals import alerts_recorded
from inventory.access.records import Principal
from inventory.access.services.trail import record_change
from inventory.signals import ApisChanged

BATCH: Final = 5_000
AHEAD: Final = timedelta(days=1)
"""An alert dated further ahead is the work of a wrong clock, not of a time zone: it is left out and counted."""
MONTHS_BACK: Final = 24
"""Older alerts are left out and counted: nothing they tell is asked for any more."""
MONTHS: Final = """
SELECT make_partitions('incidents_alert', 3, least(greatest(extract(year FROM clock.at) * 12
    + extract(month FROM clock.at) - %(oldest)s, 0) + 1, %(most)s)::int)
FROM (SELECT statement_timestamp() AT TIME ZONE 'UTC' AS at) AS clock
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertDocument:
    """A document being read: `records` can be gone through once, and `summary()` is known after.

    `each` hears the running number of alerts and may raise to stop.
    """

    records: Iterable[AlertRecord]
    summary: Callable[[], AlertSummary]
    each: Callable[[int], None] = lambda _: None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertCounts:
    """What came of a document: alerts in it, those that were new and known, the episodes they went to, and the rest.

    `unmapped` counts alerts that no address or rule ties to an API, `out_of_time` those too old or dated ahead.
    """

    alerts: int = 0
    created: int = 0
    unchanged: int = 0
    episodes: int = 0
    unmapped: int = 0
    out_of_time: int = 0
    skipped: int = 0
    api_ids: tuple[int, ...] = ()


@transaction.atomic
def ingest_alerts(
    *, report: Report, document: AlertDocument, options: UploadOptions, principal: Principal, now: datetime
) -> AlertCounts:
    """Fold one document into the alerts and return what changed.

    Considers only APIs the principal may upload to. Errors of the document pass through; then nothing is stored.
    Raises FindingsRefused when the API it was uploaded for is not among them.
    """
    holder = Holder(
        team_id=report.team_id, uploader_id=None if report.team_id else report.uploaded_by_id, report_id=report.pk
    )
    placing = Placing(placement=placement_of(report, options, principal), unmapped=holder.scope)
    with connection.cursor() as cursor:
        cursor.execute(LOCK)
    counts, episodes, changed = Counter[str](), set[int](), set[int]()
    for batch in _batches(document):
        rows = list(_in_time(batch, placing, counts, now=now))
        if rows:
            make_months(min(row.record.happened_at for row in rows))
            written = write_alerts(rows, holder=holder, now=now)
            counts["created"] += written.fresh
            episodes |= written.episode_ids
    changed = _apis_of(episodes)
    told = document.summary()
    total = AlertCounts(
        alerts=counts["alerts"],
        created=counts["created"],
        unchanged=counts["alerts"] - counts["created"] - counts["out_of_time"],
        episodes=len(episodes),
        unmapped=counts["unmapped"],
        out_of_time=counts["out_of_time"],
        skipped=told.skipped_count,
        api_ids=tuple(sorted(changed)),
    )
    _finish(report, total, source=told.source_kind, principal=principal, now=now)
    return total


def _batches(document: AlertDocument) -> Iterator[list[AlertRecord]]:
    records, count = iter(document.records), 0
    while batch := list(islice(records, BATCH)):
        count += len(batch)
        document.each(count)
        yield batch


def _in_time(
    batch: Iterable[AlertRecord], placing: Placing, counts: Counter[str], *, now: datetime
) -> Iterator[Placed]:
    oldest = _month_before(now, MONTHS_BACK - 1)
    for record in batch:
        counts["alerts"] += 1
        if not oldest <= record.happened_at <= now + AHEAD:
            counts["out_of_time"] += 1
            continue
        spot = placing.spot(method=record.method, host=record.host, port=record.port, path=record.path)
        counts["unmapped"] += spot.api_id is None
        yield placed(record, spot)


def _month_before(moment: datetime, months: int) -> datetime:
    whole = moment.year * 12 + moment.month - 1 - months
    return moment.replace(year=whole // 12, month=whole % 12 + 1, day=1, hour=0, minute=0, second=0, microsecond=0)


def make_months(oldest: datetime) -> None:
    """Make the months of alerts as old as this, and those ahead; the database's clock says which month it is."""
    moment = oldest.astimezone(UTC)
    with connection.cursor() as cursor:
        cursor.execute(MONTHS, {"oldest": moment.year * 12 + moment.month, "most": MONTHS_BACK})


def _apis_of(episode_ids: Iterable[int]) -> set[int]:
    found = Episode.objects.filter(pk__in=episode_ids).exclude(api=None).order_by()
    return set(found.values_list("api_id", flat=True).distinct())


def _finish(report: Report, counts: AlertCounts, *, source: str, principal: Principal, now: datetime) -> None:
    report.folded_at = now
    report.counts = {
        "entries": counts.alerts, "created": counts.created, "updated": 0, "unchanged": counts.unchanged, "closed": 0,
        "reopened": 0, "skipped": counts.skipped + counts.out_of_time, "unmapped": counts.unmapped,
        "episodes": counts.episodes, "api_ids": list(counts.api_ids),
    }  # fmt: skip
    report.save(update_fields=["folded_at", "counts"])
    told = f"{counts.created} alerts new in {counts.episodes} episodes, {counts.unchanged} known"
    for api_id in counts.api_ids or (None,):
        record_change(
            principal=principal, kind="report", code=report.code, verb="folded", old=None, new=told, now=now,
            source=report.name, api_id=api_id,
        )  # fmt: skip
    if counts.created and counts.api_ids:
        cause = f"alert: {counts.created} new from {source or report.name}"
        alerts_recorded.send(Episode, result=ApisChanged(api_ids=counts.api_ids, cause=cause))
