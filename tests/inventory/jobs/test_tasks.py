"""Real workers, killed, stopped and told twice: every effect is there exactly once, without a human."""

import os
import signal
import time
from datetime import timedelta
from pathlib import Path

import pytest
from celery import current_app

from inventory.access.records import SYSTEM
from inventory.jobs.choices import State
from inventory.jobs.models import Job, Schedule
from inventory.jobs.services import sweeping
from inventory.jobs.services.jobs import request_cancel
from inventory.jobs.services.running import run_job
from tests.conftest import TOLD, RecordProperty
from tests.inventory.jobs.conftest import Workers
from tests.inventory.jobs.world import NOW, ask, children_of, effects, process_is_alive, wait_for

pytestmark = pytest.mark.timeout(120)


def send(task: str, *arguments: str, queue: str = "short") -> None:
    current_app.send_task(task, args=arguments, queue=queue)


def state_of(job: Job) -> str:
    return Job.objects.values_list("state", flat=True).get(pk=job.pk)


def end_lease(job: Job) -> None:
    """Spare the test the 20 seconds until the lease ends by itself."""
    Job.objects.filter(pk=job.pk).update(lease_until=NOW - timedelta(days=365))


def at_the_gate(directory: Path, name: str = "gate") -> tuple[Job, Path, int]:
    """Return a job that a worker has begun, the file that lets it end, and the process it runs in."""
    told, gate = directory / f"{name}-told", directory / name
    job = ask("test.gate", told=str(told), gate=str(gate), slug=name)
    return job, gate, int(wait_for(lambda: told.exists() and told.read_text()))


def test_a_worker_does_what_was_asked_and_messages_twice_over_change_nothing(workers: Workers) -> None:
    workers.start()
    jobs = [ask("test.effect", slug=f"job-{number}") for number in range(5)]
    for job in reversed(jobs * 3):
        send("jobs.run", str(job.pk))
    wait_for(lambda: all(state_of(job) == "done" for job in jobs))
    last = ask("test.effect", slug="last")
    wait_for(lambda: state_of(last) == "done")
    assert effects("job-") == 5
    assert {job.attempts for job in Job.objects.filter(kind="test.effect")} == {1}


def test_lost_messages_are_sent_again_by_a_tick(workers: Workers) -> None:
    jobs = [ask("test.effect", slug=f"job-{number}") for number in range(5)]
    with current_app.connection_for_write() as broker:
        for queue in ("short", "small", "bulk"):
            broker.default_channel.queue_purge(queue)
    Job.objects.update(sent_at=NOW - timedelta(days=1))
    workers.start()
    send("jobs.tick")
    send("jobs.tick")
    wait_for(lambda: all(state_of(job) == "done" for job in jobs))
    assert effects("job-") == 5


def test_a_process_killed_in_mid_work_leaves_what_an_undisturbed_run_leaves(workers: Workers, tmp_path: Path) -> None:
    workers.start()
    job, gate, pid = at_the_gate(tmp_path)
    os.kill(pid, signal.SIGKILL)
    gate.touch()
    wait_for(lambda: not process_is_alive(pid))
    assert (state_of(job), effects()) == ("running", 0)
    end_lease(job)
    send("jobs.tick")
    wait_for(lambda: state_of(job) == "done")
    job.refresh_from_db()
    assert (effects("gate"), job.attempts, job.crashes, job.fence) == (1, 2, 1, 2)


def test_a_process_that_slept_past_its_lease_cannot_store_anything(workers: Workers, tmp_path: Path) -> None:
    workers.start()
    job, gate, pid = at_the_gate(tmp_path)
    os.kill(pid, signal.SIGSTOP)
    end_lease(job)
    gate.touch()
    assert sweeping.recover() == 1
    # The sleeper's transaction held the very row that the second run writes.
    assert run_job(job_id=job.pk, now=NOW) == State.DONE
    os.kill(pid, signal.SIGCONT)
    wait_for(lambda: f"Job {job.pk} is no longer held" in workers.logs())
    job.refresh_from_db()
    assert (effects(), job.state, job.attempts, job.fence) == (1, "done", 2, 2)


def test_a_job_that_kills_its_worker_is_set_aside_and_the_others_go_on(workers: Workers) -> None:
    workers.start()
    job = ask("test.die", slug="die")
    for attempt in (1, 2, 3):
        begun = Job.objects.filter(pk=job.pk, attempts=attempt, state="running")
        wait_for(begun.exists)
        others = Job.objects.filter(pk=ask("test.effect", slug=f"other-{attempt}").pk, state="done")
        wait_for(others.exists)
        end_lease(job)
        send("jobs.tick")
    wait_for(lambda: state_of(job) == "quarantined")
    assert Job.objects.get(pk=job.pk).error.startswith("The worker died three times in this job.")
    assert (effects("die"), effects("other")) == (0, 3)


def test_killing_the_worker_itself_leaves_no_process_behind(workers: Workers, tmp_path: Path) -> None:
    worker = workers.start()
    at_the_gate(tmp_path)
    children = children_of(worker.pid)
    assert children
    worker.kill()
    worker.wait()
    wait_for(lambda: not any(map(process_is_alive, children)), seconds=5)


def test_a_running_job_is_stopped_and_the_worker_takes_the_next(workers: Workers) -> None:
    workers.start()
    job = ask("test.statement", seconds=60)
    wait_for(lambda: state_of(job) == "running")
    request_cancel(job=job, principal=SYSTEM, now=NOW)
    wait_for(lambda: state_of(job) == "cancelled", seconds=6)
    following = ask("test.effect", slug="following")
    wait_for(lambda: state_of(following) == "done")
    assert effects() == 1


@pytest.mark.slow
def test_with_a_beat_a_killed_process_s_job_is_done_within_30_seconds(
    workers: Workers, tmp_path: Path, record_property: RecordProperty
) -> None:
    Schedule.objects.update(enabled=False)
    workers.end()
    workers.start("-B", "-s", str(tmp_path / "beat"))
    job, gate, pid = at_the_gate(tmp_path)
    os.kill(pid, signal.SIGKILL)
    gate.touch()
    began = time.monotonic()
    wait_for(lambda: state_of(job) == "done", seconds=30)
    record_property(TOLD, f"Killed in mid-work: the job was done {time.monotonic() - began:.0f} s later, by itself")
    assert effects() == 1
