"""A run on a real database: what is stored when, and what each way to end leaves behind."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import connection
from django.db.models import F

from inventory.access.choices import OrganisationRole
from inventory.access.models import OrganisationRoleGrant, User
from inventory.access.records import SYSTEM, Principal
from inventory.access.selectors import principal_of
from inventory.jobs.choices import State
from inventory.jobs.models import Job
from inventory.jobs.services import sweeping
from inventory.jobs.services.jobs import enqueue
from inventory.jobs.services.leases import claim
from inventory.jobs.services.running import run_job
from inventory.jobs.services.sweeping import recover
from tests.inventory.jobs.world import NOW, ask, effects, outside, wait_for

pytestmark = pytest.mark.usefixtures("database")

BROKEN = "SELECT 1 / 0"
DEADLOCK = "DO $$ BEGIN RAISE EXCEPTION 'planted' USING ERRCODE = '40P01'; END $$"
NO_ROOM = "DO $$ BEGIN RAISE EXCEPTION 'planted' USING ERRCODE = '53100'; END $$"
CUT = "SELECT pg_terminate_backend(pg_backend_pid())"


def run(job: Job) -> State | None:
    return run_job(job_id=job.pk, now=NOW)


def make_due(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(not_before=None)


def in_a_thread(job: Job) -> State | None:
    try:
        return run(job)
    finally:
        connection.close()


def test_effects_result_and_done_are_stored_together() -> None:
    job = ask("test.effect")
    assert run(job) == State.DONE
    job.refresh_from_db()
    assert (job.state, job.attempts, job.fence, job.error) == ("done", 1, 1, "")
    assert job.result == {"created": 1, "links": [{"label": "The effect", "url": "/effects/1/"}]}
    assert job.started_at is not None
    assert job.finished_at is not None
    assert job.lease_until is None
    assert effects() == 1


def test_a_message_that_comes_again_changes_nothing() -> None:
    job = ask("test.effect")
    assert [run(job) for _ in range(3)] == [State.DONE, None, None]
    assert effects() == 1
    assert Job.objects.get(pk=job.pk).attempts == 1


def test_ten_deliveries_at_once_leave_one_effect() -> None:
    jobs = [ask("test.effect") for _ in range(5)]
    with ThreadPoolExecutor(10) as pool:
        ends = list(pool.map(in_a_thread, [job for job in jobs for _ in range(10)]))
    assert ends.count(State.DONE) == 5
    assert ends.count(None) == 45
    assert effects() == 5
    assert set(Job.objects.values_list("attempts", "fence")) == {(1, 1)}


def test_a_message_without_a_job_is_let_go() -> None:
    assert run_job(job_id=uuid4(), now=NOW) is None


def test_the_attempt_is_counted_and_seen_by_others_before_the_work_ends(tmp_path: Path) -> None:
    told, gate = tmp_path / "told", tmp_path / "gate"
    job = ask("test.gate", told=str(told), gate=str(gate))
    with ThreadPoolExecutor(1) as pool:
        ending = pool.submit(in_a_thread, job)
        wait_for(told.exists)
        with outside() as other:
            row = other.execute("SELECT state, attempts, lease_until > clock_timestamp() FROM jobs_job").fetchone()
            seen = other.execute("SELECT count(*) FROM access_team").fetchone()
        gate.touch()
        assert ending.result() == State.DONE
    assert row == ("running", 1, True)
    assert seen == (0,)
    assert effects() == 1


def test_a_refusal_is_one_sentence_and_leaves_nothing() -> None:
    job = ask("test.refuse", sentence="Line 3 of petstore.yaml: a key stands twice. Remove one.")
    assert run(job) == State.FAILED
    job.refresh_from_db()
    assert job.error == "Line 3 of petstore.yaml: a key stands twice. Remove one."
    assert (effects(), job.attempts, job.result) == (0, 1, None)
    assert run(job) is None


def test_what_breaks_waits_longer_each_time_and_is_set_aside_after_the_third(tmp_path: Path) -> None:
    job = ask("test.break", file=str(tmp_path / "count"), times=99, sql=BROKEN)
    waits = []
    for _ in range(2):
        assert run(job) == State.QUEUED
        assert run(job) is None  # it is not due yet
        with outside() as other:
            row = other.execute("SELECT extract(epoch FROM not_before - clock_timestamp()), sent_at FROM jobs_job")
            wait, sent_at = row.fetchone() or (0, 0)
        waits.append(round(float(wait)))
        assert sent_at is None
        make_due(job)
    assert waits == [2, 4]
    assert run(job) == State.QUARANTINED
    job.refresh_from_db()
    assert job.attempts == 3
    assert "3 attempts" in job.error
    assert "DataError" in job.error
    assert effects() == 0
    assert run(job) is None


def test_what_breaks_once_is_done_the_second_time(tmp_path: Path) -> None:
    job = ask("test.break", file=str(tmp_path / "count"), times=1, sql=BROKEN)
    assert run(job) == State.QUEUED
    make_due(job)
    assert run(job) == State.DONE
    assert effects() == 1
    assert Job.objects.get(pk=job.pk).error == ""


def test_a_deadlock_is_tried_again_at_once_and_costs_no_attempt(tmp_path: Path) -> None:
    job = ask("test.break", file=str(tmp_path / "count"), times=2, sql=DEADLOCK)
    assert run(job) == State.DONE
    assert (tmp_path / "count").read_text() == "2"
    assert effects() == 1
    assert Job.objects.get(pk=job.pk).attempts == 1


def test_a_full_disk_costs_no_attempt_and_the_job_waits_until_there_is_room(tmp_path: Path) -> None:
    job = ask("test.break", file=str(tmp_path / "count"), times=5, sql=NO_ROOM)
    for _ in range(5):
        assert run(job) == State.QUEUED
        job.refresh_from_db()
        assert job.attempts == 0
        assert job.error.startswith("The disk of the database is full. Nothing was stored; the job is tried again")
        assert run(job) is None, "it is not due yet"
        make_due(job)
    assert run(job) == State.DONE
    assert effects() == 1
    job.refresh_from_db()
    assert (job.attempts, job.error) == (1, "")


def test_a_connection_cut_in_the_work_is_replaced_and_the_job_tried_again(tmp_path: Path) -> None:
    job = ask("test.break", file=str(tmp_path / "count"), times=1, sql=CUT)
    assert run(job) == State.QUEUED
    make_due(job)
    assert run(job) == State.DONE
    assert effects() == 1


def test_a_result_that_is_not_json_is_a_fault_and_stores_nothing() -> None:
    job = ask("test.unwritable")
    assert run(job) == State.QUEUED
    assert effects() == 0
    assert "TypeError" in Job.objects.get(pk=job.pk).error


def test_a_kind_that_nobody_knows_is_set_aside_in_the_end() -> None:
    job = ask("test.effect")
    Job.objects.filter(pk=job.pk).update(kind="test.removed")
    for expected in (State.QUEUED, State.QUEUED, State.QUARANTINED):
        assert run(job) == expected
        make_due(job)
    assert "UnknownKindError" in Job.objects.get(pk=job.pk).error


def test_a_worker_that_lost_its_lease_stores_nothing(tmp_path: Path) -> None:
    told, gate = tmp_path / "told", tmp_path / "gate"
    job = ask("test.gate", told=str(told), gate=str(gate))
    with ThreadPoolExecutor(1) as pool:
        late = pool.submit(in_a_thread, job)
        wait_for(told.exists)
        Job.objects.update(lease_until=NOW - timedelta(days=1))
        assert recover() == 1
        newer = claim(job.pk)
        gate.touch()
        assert late.result() is None
    assert newer is not None
    assert newer.fence == 2
    assert effects() == 0
    assert Job.objects.get(pk=job.pk).state == State.RUNNING


def test_a_run_whose_fence_is_no_longer_the_newest_stores_nothing(tmp_path: Path) -> None:
    told, gate = tmp_path / "told", tmp_path / "gate"
    job = ask("test.gate", told=str(told), gate=str(gate))
    with ThreadPoolExecutor(1) as pool:
        late = pool.submit(in_a_thread, job)
        wait_for(told.exists)
        Job.objects.update(fence=F("fence") + 1)
        gate.touch()
        assert late.result() is None
    job.refresh_from_db()
    assert (effects(), job.state, job.result) == (0, "running", None)


def test_a_small_import_that_waits_for_another_s_locks_waits_among_the_large_and_loses_no_attempt() -> None:
    lock = "SELECT pg_advisory_xact_lock(7)"
    job = enqueue(kind="test.lock", arguments={"slug": "small", "sql": lock}, principal=SYSTEM, now=NOW, size=10)
    with outside() as other, other.transaction():
        other.execute(lock)
        assert run(job) == State.QUEUED
        job.refresh_from_db()
        assert (job.queue, job.attempts, job.sent_at, job.error, effects()) == ("bulk", 0, None, "", 0)
    assert sweeping.overdue() == [(job.pk, "bulk")]
    assert run(job) == State.DONE
    assert effects() == 1


def test_a_deleted_job_stores_nothing(tmp_path: Path) -> None:
    told, gate = tmp_path / "told", tmp_path / "gate"
    job = ask("test.gate", told=str(told), gate=str(gate))
    with ThreadPoolExecutor(1) as pool:
        late = pool.submit(in_a_thread, job)
        wait_for(told.exists)
        Job.objects.all().delete()
        gate.touch()
        assert late.result() is None
    assert effects() == 0


def test_nothing_starts_before_its_time() -> None:
    from_now = enqueue(
        kind="test.effect", arguments={}, principal=principal(), now=NOW, not_before=NOW + timedelta(days=36500)
    )
    assert run(from_now) is None
    assert Job.objects.get(pk=from_now.pk).attempts == 0


def principal() -> Principal:
    user = User.objects.create_user(email="amira@example.org", name="Amira")
    OrganisationRoleGrant.objects.create(user=user, role=OrganisationRole.ANALYST)
    return principal_of(user, now=NOW)


def test_a_job_runs_with_the_roles_its_person_has_by_then() -> None:
    job = enqueue(kind="test.who", arguments={}, principal=principal(), now=NOW)
    OrganisationRoleGrant.objects.update(role=OrganisationRole.AUDITOR)
    assert run(job) == State.DONE
    job.refresh_from_db()
    assert job.result == {"name": "Amira", "roles": ["auditor"], "now": "2026-11-19T09:38:00+00:00"}
    assert str(job.user) == "Amira"
