"""Asking for work: in the caller's transaction, once where that is wanted, and without a broker if need be."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event

import pytest
from celery import current_app
from django.db import connection, transaction

from inventory.access.choices import OrganisationRole, PrincipalKind, TeamRole
from inventory.access.errors import AccessRefused
from inventory.access.models import StateChange, User
from inventory.access.records import SYSTEM, Principal
from inventory.jobs.choices import State
from inventory.jobs.models import Job
from inventory.jobs.registry import UnknownKindError
from inventory.jobs.services import sweeping
from inventory.jobs.services.broker import depth
from inventory.jobs.services.jobs import enqueue, request_cancel
from inventory.jobs.services.leases import claim
from inventory.jobs.services.running import run_job
from tests.conftest import ROOT, environment_of
from tests.inventory.jobs.lines import broker_that
from tests.inventory.jobs.world import NOW, ask, effects

pytestmark = pytest.mark.usefixtures("database")


def ask_by_key(key: str, *, once: bool = False) -> Job:
    return enqueue(kind="test.effect", arguments={}, principal=SYSTEM, now=NOW, key=key, once=once)


def test_a_job_exists_only_if_its_transaction_does() -> None:
    with transaction.atomic():
        ask("test.effect")
        transaction.set_rollback(True)
    assert Job.objects.count() == 0
    assert depth("short") == 0


def test_a_job_is_sent_when_its_transaction_is_committed_and_not_before() -> None:
    with transaction.atomic():
        ask("test.effect")
        assert depth("short") == 0
    assert depth("short") == 1


@pytest.mark.parametrize(
    ("kind", "size", "queue"),
    [
        ("test.gate", None, "bulk"), ("test.gate", 262_144, "small"), ("test.gate", 262_145, "bulk"),
        ("test.effect", 10, "short"), ("test.effect", 10_000_000, "short"),
    ],
)  # fmt: skip
def test_a_small_document_does_not_wait_behind_large_ones(kind: str, size: int | None, queue: str) -> None:
    job = enqueue(kind=kind, arguments={}, principal=SYSTEM, now=NOW, size=size)
    assert job.queue == queue
    assert depth(queue) == 1


def test_a_message_carries_the_id_and_nothing_else() -> None:
    job = ask("test.effect", secret="not for the broker")
    with current_app.connection_for_read() as broker:
        message = broker.default_channel.basic_get("short")
    arguments, keywords, _ = message.decode()
    assert (arguments, keywords) == ([str(job.pk)], {})
    assert message.headers["task"] == "jobs.run"
    assert message.content_type == "application/json"


def test_a_kind_nobody_handles_is_refused_at_once() -> None:
    with pytest.raises(UnknownKindError, match=r"test\.nothing"):
        ask("test.nothing")


def test_a_title_is_the_caller_s_or_the_kind_s() -> None:
    assert ask("test.effect").title == "Leave an effect"
    job = enqueue(kind="test.effect", arguments={}, principal=SYSTEM, now=NOW, title="t" * 400)
    assert job.title == "t" * 300


def test_while_a_job_waits_its_key_gives_that_job() -> None:
    assert {ask_by_key("score:7").pk for _ in range(3)} == {Job.objects.get().pk}
    assert ask_by_key("score:8").pk != ask_by_key("score:7").pk


def test_once_a_job_has_started_its_key_gives_a_new_one_that_sees_what_came_later() -> None:
    first = ask_by_key("score:7")
    claim(first.pk)
    second = ask_by_key("score:7")
    assert second.pk != first.pk
    assert run_job(job_id=second.pk, now=NOW) == State.DONE


@pytest.mark.parametrize("state", ["waits", "runs", "is done"])
def test_what_is_asked_for_once_stays_one_job(state: str) -> None:
    first = ask_by_key("report:1", once=True)
    if state == "runs":
        claim(first.pk)
    if state == "is done":
        run_job(job_id=first.pk, now=NOW)
    assert ask_by_key("report:1", once=True).pk == first.pk
    assert Job.objects.count() == 1


def test_what_failed_or_was_stopped_gives_its_key_back() -> None:
    failed = enqueue(
        kind="test.refuse", arguments={"sentence": "No."}, principal=SYSTEM, now=NOW, key="report:1", once=True
    )
    run_job(job_id=failed.pk, now=NOW)
    second = ask_by_key("report:1", once=True)
    assert second.pk != failed.pk
    request_cancel(job=second, principal=SYSTEM, now=NOW)
    assert ask_by_key("report:1", once=True).pk not in {failed.pk, second.pk}


@pytest.mark.parametrize("once", [True, False])
def test_eight_who_ask_at_once_get_one_job(*, once: bool) -> None:
    def asked(_: int) -> object:
        try:
            return ask_by_key("score:7", once=once).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(asked, range(8)))) == 1
    assert Job.objects.count() == 1


def test_a_waiting_job_does_not_start_before_the_one_who_joined_it_commits() -> None:
    job = ask_by_key("score:7")
    joined, leave = Event(), Event()

    def join() -> None:
        with transaction.atomic():
            assert ask_by_key("score:7").pk == job.pk
            joined.set()
            leave.wait(10)
        connection.close()

    with ThreadPoolExecutor(1) as pool:
        joining = pool.submit(join)
        joined.wait(10)
        assert run_job(job_id=job.pk, now=NOW) is None
        leave.set()
        joining.result()
    assert depth("short") == 2
    assert run_job(job_id=job.pk, now=NOW) == State.DONE
    assert effects() == 1


ASK = """
import time, django
django.setup()
from django.utils import timezone
from inventory.access.records import SYSTEM
from inventory.jobs.services.broker import depth
from inventory.jobs.services.jobs import enqueue
assert depth("short") is None
for _ in range(5):
    started = time.monotonic()
    enqueue(kind="jobs.clean", arguments={}, principal=SYSTEM, now=timezone.now())
    print(time.monotonic() - started)
"""


@pytest.mark.parametrize("broker", ["refuses", "is silent", "falls silent"])
def test_asking_loses_nothing_and_hardly_waits_while_the_broker_is_down(database: str, broker: str) -> None:
    with broker_that(broker) as address:
        environment = {**environment_of(database), "REDIS_URL": address}
        asked = subprocess.run(
            [sys.executable, "-c", ASK], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
    assert asked.returncode == 0, asked.stderr
    times = [float(line) for line in asked.stdout.split()]
    assert len(times) == 5
    # Celery by itself waits five seconds for each.
    assert sum(times) < 15
    assert "the sweeper sends them again" in asked.stderr
    Job.objects.update(sent_at=NOW - timedelta(days=1))
    assert sorted(sweeping.overdue()) == sorted((pk, "short") for pk in Job.objects.values_list("pk", flat=True))
    assert Job.objects.count() == 5


def test_people_stop_their_own_jobs_and_those_who_may_upload_for_all_stop_any() -> None:
    user = User.objects.create_user(email="amira@example.org", name="Amira")
    own = Principal(kind=PrincipalKind.USER, name="Amira", user_id=user.pk)
    job = enqueue(kind="test.effect", arguments={}, principal=own, now=NOW)

    def stranger(*roles: OrganisationRole) -> Principal:
        team = ((1, TeamRole.OWNER),)
        return Principal(
            kind=PrincipalKind.USER, name="X", user_id=0, organisation_roles=frozenset(roles), team_roles=team
        )

    for roles in ((), (OrganisationRole.AUDITOR,), (OrganisationRole.RESPONDER,)):
        with pytest.raises(AccessRefused, match="Security manager"):
            request_cancel(job=job, principal=stranger(*roles), now=NOW)
    assert Job.objects.get().state == State.QUEUED
    assert request_cancel(job=job, principal=own, now=NOW) == State.CANCELLED
    assert request_cancel(job=job, principal=own, now=NOW) == State.CANCELLED
    trail = StateChange.objects.filter(code=str(job.pk)).values_list(
        "actor", "kind", "verb", "old", "new", "happened_at"
    )
    assert list(trail) == [(f"user:{user.pk}", "job", "stopped", "queued", "cancelled", NOW)]
    another = enqueue(kind="test.effect", arguments={}, principal=own, now=NOW)
    assert request_cancel(job=another, principal=stranger(OrganisationRole.ANALYST), now=NOW) == State.CANCELLED
