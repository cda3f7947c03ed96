"""What others see and can do while a job's one transaction is open."""

import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, LiteralString

import pytest
from django.db import connection
from psycopg.sql import SQL

from inventory.access.records import SYSTEM
from inventory.jobs.choices import State
from inventory.jobs.models import Job
from inventory.jobs.services.jobs import request_cancel
from inventory.jobs.services.running import run_job
from tests.inventory.jobs.world import NOW, ask, effects, outside, wait_for

pytestmark = pytest.mark.usefixtures("database")


def start(pool: ThreadPoolExecutor, job: Job) -> Future[State | None]:
    def run() -> State | None:
        try:
            return run_job(job_id=job.pk, now=NOW)
        finally:
            connection.close()

    return pool.submit(run)


def column(name: LiteralString) -> Any:
    with outside() as other:
        row = other.execute(SQL("SELECT {} FROM jobs_job").format(SQL(name))).fetchone()
    assert row is not None
    return row[0]


def stop(job: Job) -> State:
    return request_cancel(job=job, principal=SYSTEM, now=NOW)


def test_progress_is_seen_from_outside_while_the_effects_are_not() -> None:
    job = ask("test.steps", steps=60)
    with ThreadPoolExecutor(1) as pool:
        ending = start(pool, job)
        seen = wait_for(lambda: column("progress"))
        assert seen["total"] == 60
        assert seen["stage"] == "Match"
        assert seen["stages"] == ["Read", "Match"]
        wait_for(lambda: column("progress")["done"] > seen["done"])
        assert effects() == 0
        assert not ending.done()
        assert ending.result() == State.DONE
    assert column("progress") == {"done": 59, "total": 60, "stage": "Match", "stages": ["Read", "Match"]}
    assert effects() == 1


def test_a_lease_is_renewed_while_the_work_goes_on() -> None:
    job = ask("test.statement", seconds=8)
    with ThreadPoolExecutor(1) as pool:
        ending = start(pool, job)
        wait_for(lambda: column("state") == "running")
        first = column("lease_until")
        renewed = wait_for(lambda: column("lease_until > started_at + interval '24 seconds'"), seconds=9)
        assert renewed
        assert column("lease_until") > first
        assert not ending.done()
        assert stop(job) == State.RUNNING
        assert ending.result() == State.CANCELLED


def test_a_job_that_waits_is_stopped_at_once_and_never_starts() -> None:
    job = ask("test.effect")
    assert stop(job) == State.CANCELLED
    assert run_job(job_id=job.pk, now=NOW) is None
    assert column("finished_at") == NOW
    assert effects() == 0


def test_a_running_job_is_stopped_at_its_next_checkpoint_and_leaves_nothing() -> None:
    job = ask("test.steps", steps=2000)
    with ThreadPoolExecutor(1) as pool:
        ending = start(pool, job)
        wait_for(lambda: column("state") == "running")
        asked = time.monotonic()
        assert stop(job) == State.RUNNING
        assert ending.result() == State.CANCELLED
    assert time.monotonic() - asked < 30
    assert column("state") == "cancelled"
    assert effects() == 0


def test_a_job_that_waits_in_the_database_is_stopped_too() -> None:
    job = ask("test.statement", seconds=60)
    with ThreadPoolExecutor(1) as pool:
        ending = start(pool, job)
        wait_for(lambda: column("state") == "running")
        asked = time.monotonic()
        stop(job)
        assert ending.result() == State.CANCELLED
    assert time.monotonic() - asked < 30
    assert effects() == 0


def test_after_a_stop_in_the_database_the_next_job_of_the_process_runs_undisturbed() -> None:
    def both(first: Job, second: Job) -> list[State | None]:
        try:
            return [run_job(job_id=job.pk, now=NOW) for job in (first, second)]
        finally:
            connection.close()

    first, second = ask("test.statement", seconds=60), ask("test.effect")
    with ThreadPoolExecutor(1) as pool:
        ending = pool.submit(both, first, second)
        wait_for(lambda: Job.objects.get(pk=first.pk).state == "running")
        stop(first)
        assert ending.result() == [State.CANCELLED, State.DONE]
    assert effects() == 1


def test_a_stop_after_the_end_changes_nothing() -> None:
    job = ask("test.effect")
    run_job(job_id=job.pk, now=NOW)
    assert stop(job) == State.DONE
    assert column("cancel_requested_at") is None


def test_a_heartbeat_whose_connection_is_cut_goes_on_with_another() -> None:
    job = ask("test.steps", steps=100)
    with ThreadPoolExecutor(1) as pool:
        ending = start(pool, job)
        wait_for(lambda: column("progress"))
        with outside() as other:
            cut = other.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                "WHERE application_name = 'posture heartbeat' AND datname = current_database()"
            ).fetchone()
        assert cut == (1,)
        seen = column("progress")["done"]
        wait_for(lambda: column("progress")["done"] > seen)
        assert ending.result() == State.DONE
