"""Ticks become jobs once each, whoever counts them and however long nobody did."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from inventory.access.records import SYSTEM
from inventory.jobs.models import Job, Schedule, Tick
from inventory.jobs.services import schedules
from inventory.jobs.services.running import run_job
from tests.inventory.jobs.world import NOW

pytestmark = pytest.mark.usefixtures("schedule")


@pytest.fixture
def schedule(database: str) -> None:
    Schedule.objects.all().delete()
    Schedule.objects.create(
        name="hourly",
        rule="every 3600",
        kind="test.effect",
        arguments={"slug": "hourly"},
        principal=SYSTEM.stored(),
        created_at=NOW,
    )


@pytest.mark.parametrize(
    ("rule", "now", "expected"),
    [
        ("every 3600", "2026-11-19T09:38:00Z", "2026-11-19T09:00:00Z"),
        ("every 3600", "2026-11-19T09:00:00Z", "2026-11-19T09:00:00Z"),
        ("every 60", "2026-11-19T09:38:59.999Z", "2026-11-19T09:38:00Z"),
        ("every 86400", "2026-11-19T09:38:00Z", "2026-11-19T00:00:00Z"),
        ("daily 03:10", "2026-11-19T09:38:00Z", "2026-11-19T03:10:00Z"),
        ("daily 03:10", "2026-11-19T03:10:00Z", "2026-11-19T03:10:00Z"),
        ("daily 03:10", "2026-11-19T03:09:59Z", "2026-11-18T03:10:00Z"),
        ("daily 03:10", "2026-11-19T04:09:00+01:00", "2026-11-18T03:10:00Z"),
    ],
)
def test_the_newest_time_a_rule_names(rule: str, now: str, expected: str) -> None:
    assert schedules.last_due(rule, now=datetime.fromisoformat(now)) == datetime.fromisoformat(expected)


@pytest.mark.parametrize("rule", ["", "every", "every 0", "every -5", "every 1.5", "daily 25:00", "daily", "hourly"])
def test_any_other_rule_is_refused(rule: str) -> None:
    with pytest.raises(ValueError, match=r"every|daily|match|unconverted|time data"):
        schedules.last_due(rule, now=NOW)


def test_a_new_schedule_starts_with_its_next_tick() -> None:
    assert schedules.enqueue_due(now=NOW + timedelta(minutes=21)) == 0
    assert schedules.enqueue_due(now=NOW + timedelta(minutes=22)) == 1
    job = Job.objects.get()
    assert (job.kind, job.arguments, job.principal["kind"]) == ("test.effect", {"slug": "hourly"}, "system")
    assert Tick.objects.get().at == datetime(2026, 11, 19, 10, 0, tzinfo=UTC)


def test_each_tick_gives_one_job_however_often_one_looks() -> None:
    for minutes in range(0, 300, 5):
        schedules.enqueue_due(now=NOW + timedelta(minutes=minutes))
        for job in Job.objects.filter(state="queued"):
            run_job(job_id=job.pk, now=NOW)
    assert Job.objects.count() == 5
    assert Tick.objects.count() == 5


def test_four_schedulers_at_once_give_one_job_per_tick() -> None:
    def look(hours: int) -> int:
        try:
            return schedules.enqueue_due(now=NOW + timedelta(hours=hours))
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        for hours in range(1, 6):
            assert sum(pool.map(look, [hours] * 4)) == 1
    assert Tick.objects.count() == 5


def test_after_a_week_without_a_scheduler_one_tick_is_caught_up() -> None:
    schedules.enqueue_due(now=NOW + timedelta(hours=1))
    assert schedules.enqueue_due(now=NOW + timedelta(days=7)) == 1
    assert schedules.enqueue_due(now=NOW + timedelta(days=7, minutes=1)) == 0


def test_a_clock_set_back_starts_nothing_twice() -> None:
    schedules.enqueue_due(now=NOW + timedelta(days=1))
    assert schedules.enqueue_due(now=NOW + timedelta(hours=2)) == 0
    assert schedules.enqueue_due(now=NOW + timedelta(days=1, hours=1)) == 1


def test_a_job_that_still_waits_gets_no_second_behind_it() -> None:
    for hours in range(1, 5):
        schedules.enqueue_due(now=NOW + timedelta(hours=hours))
    assert Tick.objects.count() == 4
    assert Job.objects.count() == 1


def test_what_is_switched_off_or_unknown_starts_nothing() -> None:
    Schedule.objects.update(enabled=False)
    assert schedules.enqueue_due(now=NOW + timedelta(hours=1)) == 0
    Schedule.objects.update(enabled=True, kind="test.removed")
    assert schedules.enqueue_due(now=NOW + timedelta(hours=1)) == 0


def test_a_rule_nobody_can_read_stops_no_other_schedule() -> None:
    Schedule.objects.create(name="bad", rule="hourly", kind="test.effect", principal={}, created_at=NOW)
    assert schedules.enqueue_due(now=NOW + timedelta(hours=1)) == 1


def test_seeding_follows_the_code_and_leaves_people_s_choices() -> None:
    schedules.seed(now=NOW, using="default")
    Schedule.objects.filter(name="jobs.clean").update(enabled=False, rule="every 1")
    Schedule.objects.create(
        name="jobs.gone", rule="every 60", kind="jobs.gone", principal={}, seeded=True, created_at=NOW
    )
    schedules.seed(now=NOW, using="default")
    rows = {row.name: row for row in Schedule.objects.all()}
    assert {"hourly", "jobs.clean", "blobs.expire"} <= set(rows)
    assert "jobs.gone" not in rows
    assert (rows["jobs.clean"].enabled, rows["jobs.clean"].rule) == (False, "daily 03:10")
