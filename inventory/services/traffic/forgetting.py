"""Letting go of what logs told long ago: counts by path and day are kept for a stated time, `TRAFFIC_DAYS`.

The day on which an endpoint was called last stays, however long ago: that it was called, and when, is what its state
rests on. What was counted before the time kept is no longer in its sums.
"""

from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import connection, transaction

from inventory.discovery import MOST_DAYS
from inventory.models import GatewayDay
from inventory.services.traffic.placing import link_traffic

LEAST: Final = MOST_DAYS
"""Days that are kept at least: the threshold of discovery may be as many."""

OLD = """
FROM inventory_observation seen WHERE seen.day < %(before)s AND {scope} AND NOT EXISTS (
    SELECT FROM inventory_endpoint held WHERE held.id = seen.endpoint_id AND held.last_called = seen.day)
"""
DROP = f"DELETE {OLD.format(scope='seen.api_id = ANY(%(apis)s)')}"
DROP_UNMAPPED = f"DELETE {OLD.format(scope='seen.api_id IS NULL')}"
CONCERNED = f"""
SELECT DISTINCT seen.api_id {OLD.format(scope="seen.api_id IS NOT NULL")}
UNION
SELECT day.api_id FROM inventory_observedday day WHERE day.day < %(before)s AND NOT EXISTS (
    SELECT FROM inventory_observation seen WHERE seen.api_id = day.api_id AND seen.day = day.day)
ORDER BY 1
"""  # noqa: S608 - our own words


def kept_since(now: datetime) -> date:
    """Return the first day (UTC) whose counts are kept."""
    return now.astimezone(UTC).date() - timedelta(days=max(settings.TRAFFIC_DAYS, LEAST))


@transaction.atomic
def forget_unmapped(*, now: datetime) -> tuple[int, list[int]]:
    """Drop old counts that no API has and old days of gateways; return how many, and the APIs that have old ones."""
    given = {"before": kept_since(now)}
    days, _ = GatewayDay.objects.filter(day__lt=given["before"]).delete()
    with connection.cursor() as cursor:
        cursor.execute(DROP_UNMAPPED, given)
        dropped = cursor.rowcount
        cursor.execute(CONCERNED, given)
        concerned = [api_id for (api_id,) in cursor.fetchall()]
    return days + dropped, concerned


@transaction.atomic
def forget_calls(*, api_ids: Collection[int], now: datetime) -> int:
    """Drop the old counts of some APIs and sum up what is left; return how many were dropped."""
    given: dict[str, Any] = {"before": kept_since(now), "apis": sorted(api_ids)}
    with connection.cursor() as cursor:
        cursor.execute(DROP, given)
        dropped: int = cursor.rowcount
    link_traffic(api_ids=given["apis"], now=now)
    return dropped
