"""Turn schedules into jobs: each tick is a row that exists once, so several schedulers and a long sleep do no harm."""

import logging
from datetime import UTC, datetime, timedelta

from django.db import connection, transaction

from inventory.access.records import SYSTEM
from inventory.access.selectors import resolve_principal
from inventory.jobs import registry
from inventory.jobs.models import Schedule
from inventory.jobs.services.jobs import enqueue

log = logging.getLogger(__name__)

NEW_TICKS = """
INSERT INTO jobs_tick (schedule_id, at)
SELECT due.schedule_id, due.at FROM unnest(%(schedules)s::bigint[], %(times)s::timestamptz[]) AS due (schedule_id, at)
WHERE NOT EXISTS (SELECT 1 FROM jobs_tick WHERE jobs_tick.schedule_id = due.schedule_id AND jobs_tick.at >= due.at)
ON CONFLICT (schedule_id, at) DO NOTHING
RETURNING schedule_id
"""


def last_due(rule: str, *, now: datetime) -> datetime:
    """Return the newest time at or before `now` that the rule names.

    `every <seconds>` counts from the epoch, `daily HH:MM` is UTC. Raises ValueError on any other rule.
    """
    match rule.split():
        case ["every", seconds] if seconds.isdecimal() and int(seconds) > 0:
            return datetime.fromtimestamp(now.timestamp() // int(seconds) * int(seconds), tz=UTC)
        case ["daily", at]:
            time = datetime.strptime(at, "%H:%M").replace(tzinfo=UTC).timetz()
            today = datetime.combine(now.astimezone(UTC).date(), time)
            return today if today <= now else today - timedelta(days=1)
        case _:
            msg = f"A schedule's rule is 'every <seconds>' or 'daily HH:MM', not {rule!r}."
            raise ValueError(msg)


def enqueue_due(*, now: datetime) -> int:
    """Write the jobs of all schedules whose newest tick is not taken yet; return how many.

    However long nothing ran, only the newest tick is caught up. A schedule whose last job still waits gets no second.
    """
    schedules = {row.pk: row for row in Schedule.objects.filter(enabled=True, kind__in=list(registry.HANDLERS))}
    due = {pk: at for pk, row in schedules.items() if (at := _newest(row, now)) and at > row.created_at}
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(NEW_TICKS, {"schedules": list(due), "times": list(due.values())})
            taken = sorted(pk for (pk,) in cursor.fetchall())
        for row in (schedules[pk] for pk in taken):
            enqueue(
                kind=row.kind,
                arguments=row.arguments,
                principal=resolve_principal(row.principal, now=now),
                now=now,
                key=f"schedule:{row.name}",
            )
    return len(taken)


def _newest(schedule: Schedule, now: datetime) -> datetime | None:
    try:
        return last_due(schedule.rule, now=now)
    except ValueError:
        log.exception("The schedule %s starts nothing: its rule cannot be read.", schedule.name)
        return None


def seed(*, now: datetime, using: str) -> None:
    """Make the schedules of the code and the rows agree; what people switched off stays off."""
    rows = [
        Schedule(name=plan.name, rule=plan.rule, kind=plan.kind, principal=SYSTEM.stored(), seeded=True, created_at=now)
        for plan in registry.PLANNED.values()
    ]
    schedules = Schedule.objects.using(using)
    schedules.bulk_create(
        rows, update_conflicts=True, unique_fields=["name"], update_fields=["rule", "kind", "principal", "seeded"]
    )
    schedules.filter(seeded=True).exclude(name__in=registry.PLANNED).delete()
