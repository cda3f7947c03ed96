"""Series that nobody scans any more.

A series without a scan for 30 days is retired as of that day. Where another live series of the same source covers
the API, what the retired one had open ends then: nothing would ever close it. Where none does, it stays open, since
nobody has looked since. A later scan brings the series back, and what it had open counts again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection, transaction

from findings.models import Finding, Series
from findings.services.due import stamp_touched
from findings.services.statuses import derive_statuses, touch, touch_also
from findings.signals import findings_ingested
from inventory.access.records import SYSTEM, Change
from inventory.access.services.trail import record_changes
from inventory.signals import ApisChanged

SILENT_DAYS: Final = 30

# A series is retired as of its last scan's time and the days of silence, whenever the job comes by.
RETIRE = """
UPDATE findings_series series SET retired_at = last.at + %(days)s * interval '1 day'
FROM (SELECT series_id, max(scanned_at) AS at FROM findings_scan GROUP BY series_id) last
WHERE last.series_id = series.id AND series.retired_at IS NULL AND last.at + %(days)s * interval '1 day' < %(now)s
RETURNING series.id
"""

RETIRED_NEIGHBOURS = """
SELECT DISTINCT series.id
FROM findings_series mine
JOIN findings_series series ON series.source_kind = mine.source_kind AND series.api_id = mine.api_id
WHERE mine.id = ANY(%s) AND series.retired_at IS NOT NULL
"""

OPEN_IN = "SELECT DISTINCT finding_id FROM findings_presence WHERE until_scan_id IS NULL AND series_id = ANY(%s)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Retirement:
    """How many series were retired, and how many findings are shown otherwise for it."""

    retired: int
    changed: int


@transaction.atomic
def retire_series(*, now: datetime) -> Retirement:
    """Retire the series that were silent for 30 days, and derive anew what depends on it."""
    with connection.cursor() as cursor:
        cursor.execute(RETIRE, {"days": SILENT_DAYS, "now": now})
        retired = sorted(pk for (pk,) in cursor.fetchall())
    if not retired:
        return Retirement(retired=0, changed=0)
    # Retired ones beside them may have been covered by these until now.
    touch(OPEN_IN, [retired_beside(*retired)])
    changed = derive_statuses(now=now).changed
    stamp_touched(now=now)
    _tell(retired, now=now)
    return Retirement(retired=len(retired), changed=changed)


def _tell(retired: Sequence[int], *, now: datetime) -> None:
    rows = list(Series.objects.filter(pk__in=retired).order_by("pk"))
    changes = (
        Change(
            kind="series",
            code=str(row),
            verb="retired",
            reason=f"no scan for {SILENT_DAYS} days",
            api_id=row.api_id,
        )
        for row in rows
    )
    record_changes(changes, principal=SYSTEM, now=now)
    api_ids = tuple(sorted({row.api_id for row in rows if row.api_id is not None}))
    if api_ids:
        findings_ingested.send(Finding, result=ApisChanged(api_ids=api_ids, cause="a series was retired"))


def retired_beside(*series_ids: int) -> list[int]:
    """Return the retired series of the same source on the same API as one of these, themselves among them.

    What they count for changes when one of these is scanned again: ask before the scan is stored.
    """
    with connection.cursor() as cursor:
        cursor.execute(RETIRED_NEIGHBOURS, [list(series_ids)])
        return sorted(pk for (pk,) in cursor.fetchall())


def touch_open(series_ids: Sequence[int]) -> None:
    """Add to the temporary table `touched` what these series have open."""
    touch_also(OPEN_IN, [list(series_ids)])
