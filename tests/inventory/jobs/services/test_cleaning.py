"""What ended a month ago is forgotten; what lives, and what keeps a tick from coming twice, is not."""

from datetime import timedelta

import pytest

from inventory.access.records import SYSTEM
from inventory.jobs.models import Job, Schedule, Tick
from inventory.jobs.services.cleaning import clean
from tests.inventory.jobs.world import NOW

pytestmark = pytest.mark.django_db


def job(state: str, days: int | None) -> Job:
    return Job.objects.create(
        kind="test.effect",
        title="x",
        principal=SYSTEM.stored(),
        queue="short",
        state=state,
        created_at=NOW - timedelta(days=400),
        finished_at=None if days is None else NOW - timedelta(days=days),
    )


def test_ended_jobs_go_after_30_days_and_live_ones_never() -> None:
    kept = [job("queued", None), job("running", None), job("done", 30), job("failed", 29)]
    for state in ("done", "failed", "cancelled", "quarantined"):
        job(state, 31)
    assert clean(now=NOW)["jobs"] == 4
    assert set(Job.objects.all()) == set(kept)


def test_each_schedule_keeps_its_newest_tick() -> None:
    rare, frequent = (
        Schedule.objects.create(name=name, rule="every 60", kind="x", principal={}, created_at=NOW) for name in "ab"
    )
    for days in (90, 60):
        Tick.objects.create(schedule=rare, at=NOW - timedelta(days=days))
    for days in (60, 31, 1):
        Tick.objects.create(schedule=frequent, at=NOW - timedelta(days=days))
    assert clean(now=NOW)["ticks"] == 3
    left = Tick.objects.filter(schedule__in=[rare, frequent]).order_by("at").values_list("schedule", "at")
    assert list(left) == [(rare.pk, NOW - timedelta(days=60)), (frequent.pk, NOW - timedelta(days=1))]
