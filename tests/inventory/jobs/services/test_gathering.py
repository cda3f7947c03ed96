"""Many who ask for rows of one kind of work get one waiting job, and none of them is forgotten or read too early."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction

from inventory.access.records import SYSTEM
from inventory.jobs.choices import State
from inventory.jobs.models import Job
from inventory.jobs.services.broker import depth
from inventory.jobs.services.gathering import ask_for_rows
from inventory.jobs.services.jobs import enqueue, request_cancel
from inventory.jobs.services.running import run_job
from tests.inventory.jobs.world import NOW

pytestmark = pytest.mark.usefixtures("database")

KIND = "test.effect"


def ask(*ids: int, minute: int = 0) -> Job:
    return ask_for_rows(kind=KIND, name="rows", ids=ids, most=5, now=NOW + timedelta(minutes=minute))


def asked() -> list[list[int]]:
    return sorted(job.arguments["rows"] for job in Job.objects.filter(kind=KIND))


def test_a_waiting_job_takes_on_what_more_is_asked_for() -> None:
    assert len({ask(3, 1).pk, ask(2, 3).pk, ask(1).pk}) == 1
    assert asked() == [[1, 2, 3]]
    assert depth("short") == 3, "each who joins sends again: a worker may have come while the job was locked"


def test_a_job_does_not_grow_past_the_most() -> None:
    ask(1, 2, 3)
    ask(4, 5, 6, minute=1)
    ask(1, 9, minute=2)
    assert asked() == [[1, 2, 3], [1, 4, 5, 6, 9]]
    ask(*range(20), minute=3)
    ask(3, 4, minute=4)
    assert asked() == [list(range(20)), [1, 2, 3], [1, 4, 5, 6, 9]], "more at once is one job all the same"


def test_a_job_that_runs_is_over_or_was_stopped_takes_nothing_on() -> None:
    for state in (State.RUNNING, State.DONE):
        job = ask(1)
        done = NOW if state == State.DONE else None
        Job.objects.filter(pk=job.pk).update(state=state, finished_at=done)
        assert ask(2).pk != job.pk
        Job.objects.all().delete()
    job = ask(1)
    request_cancel(job=job, principal=SYSTEM, now=NOW)
    assert ask(2).pk != job.pk


def test_a_job_with_a_key_or_for_later_is_left_as_it_is() -> None:
    enqueue(kind=KIND, arguments={"rows": [1]}, principal=SYSTEM, now=NOW, key="mine")
    enqueue(kind=KIND, arguments={"rows": [1]}, principal=SYSTEM, now=NOW, not_before=NOW + timedelta(hours=1))
    ask(2)
    assert asked() == [[1], [1], [2]]


def test_who_adds_is_not_waited_for_and_the_job_does_not_start_before_they_commit() -> None:
    job = ask(1)

    def elsewhere() -> Job:
        try:
            return ask(3)
        finally:
            connection.close()

    def started() -> State | None:
        try:
            return run_job(job_id=job.pk, now=NOW)
        finally:
            connection.close()

    with transaction.atomic():
        assert ask(2).pk == job.pk
        with ThreadPoolExecutor(1) as pool:
            other = pool.submit(elsewhere).result(10)
            assert pool.submit(started).result(10) is None
    assert other.pk != job.pk
    assert asked() == [[1, 2], [3]]
    assert run_job(job_id=job.pk, now=NOW) == State.DONE


def test_what_is_rolled_back_was_not_asked_for() -> None:
    ask(1)
    with transaction.atomic():
        ask(2)
        transaction.set_rollback(True)
    assert asked() == [[1]]
