"""What a death or a lost message leaves behind is repaired, once, by however many sweepers."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event
from uuid import UUID

import pytest
from django.db import connection, transaction

from inventory.jobs.choices import State
from inventory.jobs.models import Job
from inventory.jobs.services import sweeping
from inventory.jobs.services.broker import depth, poke
from inventory.jobs.services.leases import claim
from inventory.jobs.services.running import run_job
from tests.inventory.jobs.world import NOW, ask, effects

pytestmark = pytest.mark.usefixtures("database")


def age_of_sending(seconds: float) -> None:
    """Let the last message be so many seconds old, by the database's clock."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE jobs_job SET sent_at = clock_timestamp() - %s * interval '1 second'", [seconds])


def die(job: Job) -> None:
    """Start the job and let its lease end, as when the worker is gone."""
    assert claim(job.pk) is not None
    Job.objects.filter(pk=job.pk).update(lease_until=NOW - timedelta(days=365))


def test_a_job_whose_message_was_lost_is_sent_again_and_done() -> None:
    job = ask("test.effect")
    age_of_sending(4)
    assert sweeping.overdue() == []
    age_of_sending(6)
    assert sweeping.overdue() == [(job.pk, "short")]
    assert run_job(job_id=job.pk, now=NOW) == State.DONE
    age_of_sending(3600)
    assert sweeping.overdue() == []


def test_each_message_waits_twice_as_long_as_the_one_before_up_to_some_minutes() -> None:
    ask("test.effect")
    for wait in (5, 10, 20, 40, 80, 160, 320, 320, 320):
        age_of_sending(wait - 1)
        assert sweeping.overdue() == []
        age_of_sending(wait + 1)
        assert len(sweeping.overdue()) == 1


def test_a_job_that_is_not_due_is_not_sent() -> None:
    job = ask("test.effect")
    age_of_sending(60)
    Job.objects.filter(pk=job.pk).update(not_before=NOW + timedelta(days=36500))
    assert sweeping.overdue() == []


def test_a_long_backlog_is_not_sent_all_over_but_kept_at_the_window() -> None:
    for _ in range(3):
        Job.objects.bulk_create(
            [
                Job(kind="test.effect", title="x", principal={"kind": "system"}, queue="short", created_at=NOW)
                for _ in range(sweeping.WINDOW)
            ]
        )
    first = sweeping.overdue()
    assert len(first) == sweeping.WINDOW
    poke(first)
    assert depth("short") == sweeping.WINDOW
    assert sweeping.overdue() == []
    assert ask("test.statement", seconds=0).queue == "bulk"
    age_of_sending(3600)
    assert [queue for _, queue in sweeping.overdue()] == ["bulk"]


def test_a_dead_worker_s_job_waits_again_and_is_done_once() -> None:
    job = ask("test.effect")
    die(job)
    assert sweeping.recover() == 1
    job.refresh_from_db()
    assert (job.state, job.crashes, job.attempts) == ("queued", 1, 1)
    assert sweeping.overdue() == [(job.pk, "short")]
    assert run_job(job_id=job.pk, now=NOW) == State.DONE
    assert effects() == 1


def test_a_message_may_find_the_dead_worker_s_job_before_the_sweeper() -> None:
    job = ask("test.effect")
    die(job)
    assert run_job(job_id=job.pk, now=NOW) == State.DONE
    job.refresh_from_db()
    assert (job.crashes, job.attempts) == (1, 2)
    assert effects() == 1


def test_the_third_death_sets_the_job_aside_and_says_so() -> None:
    job = ask("test.effect")
    for _ in range(2):
        die(job)
        assert sweeping.recover() == 1
    die(job)
    assert run_job(job_id=job.pk, now=NOW) is None
    assert sweeping.recover() == 1
    job.refresh_from_db()
    assert job.state == State.QUARANTINED
    assert job.error.startswith("The worker died three times in this job.")
    assert job.finished_at is not None
    assert run_job(job_id=job.pk, now=NOW) is None
    assert sweeping.recover() == 0


def test_a_death_after_two_faults_is_told_as_what_it_is() -> None:
    job = ask("test.unwritable")
    for _ in range(2):
        assert run_job(job_id=job.pk, now=NOW) == State.QUEUED
        Job.objects.update(not_before=None)
    die(job)
    sweeping.recover()
    job.refresh_from_db()
    assert job.state == State.QUARANTINED
    assert "three times" not in job.error


def test_a_job_that_should_stop_and_whose_worker_died_is_stopped() -> None:
    job = ask("test.effect")
    die(job)
    Job.objects.update(cancel_requested_at=NOW)
    assert run_job(job_id=job.pk, now=NOW) is None
    sweeping.recover()
    assert Job.objects.get(pk=job.pk).state == State.CANCELLED


def test_a_living_worker_keeps_its_job() -> None:
    claim(ask("test.effect").pk)
    assert sweeping.recover() == 0


def test_a_sweeper_passes_over_what_another_has_in_hand() -> None:
    die(ask("test.effect"))
    taken, leave = Event(), Event()

    def hold() -> int:
        try:
            with transaction.atomic():
                found = sweeping.recover()
                taken.set()
                leave.wait(10)
            return found
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        holding = pool.submit(hold)
        taken.wait(10)
        assert sweeping.recover() == 0
        leave.set()
        assert holding.result() == 1
    assert Job.objects.get().crashes == 1


def test_two_sweepers_at_once_take_and_send_each_job_once() -> None:
    dead = [ask("test.effect") for _ in range(20)]
    for job in dead:
        die(job)

    def sweep(_: int) -> tuple[int, list[tuple[UUID, str]]]:
        try:
            return sweeping.recover(), sweeping.overdue()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(sweep, range(4)))
    sent = [pk for _, pairs in found for pk, _ in pairs]
    assert sum(number for number, _ in found) == 20
    assert len(sent) == len(set(sent))
    assert set(Job.objects.values_list("state", "crashes")) == {("queued", 1)}
