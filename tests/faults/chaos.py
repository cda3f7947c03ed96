"""By seed, something breaks under a worker at work; when it is whole again, nothing is lost, doubled or different.

Run in a process of its own, with services of its own, which are killed: `test_chaos.py` runs some seeds in the slow
tier; by hand `POSTURE_SEEDS=300 pytest -n0 -m slow tests/faults/chaos.py --timeout 6000`. Every message is delivered
one to ten times, in any order, whatever else a seed brings.
"""

import os
import random
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress

import psycopg
import pytest
import redis
from django.db import DatabaseError, InterfaceError, connection, connections
from pytest_django import DjangoDbBlocker

from inventory.jobs.models import Job
from inventory.jobs.services.running import run_job
from inventory.jobs.services.sweeping import overdue, recover
from posture.services.digest import state_digest
from posture.supervisor.services import short_pause
from tests.conftest import TOLD, RecordProperty, _migrate_template
from tests.faults.acts import LATER, NARROWER, NEXT, acting, base
from tests.faults.killed import database, due, services
from tests.findings.reports import NOW, result, sarif, send, settle

SEEDS = int(os.environ.get("POSTURE_SEEDS", "3"))
PATIENCE = 90
MORE = sarif(*(result(f"more-{at % 5}", f"lib/{at}.py") for at in range(3000)), ended="2026-05-03T08:00:00Z")


def prepare() -> None:
    """Leave four documents whose jobs wait."""
    base()
    for content, name, options in (
        (NARROWER, "n.sarif", {"api": "Orders", "series": "nightly"}),
        (NEXT, "orders2.json", {}),
        (MORE, "more.sarif", {"api": "Orders", "series": "lib"}),
        (MORE, "again.sarif", {"api": "Orders", "series": "other"}),
    ):
        send(content, name, acting(), now=LATER, **options)


def deliver(chance: random.Random) -> None:
    """Deliver what waits, each message one to ten times and in any order, as a worker that knows nothing of it."""
    waiting = list(Job.objects.filter(state__in=("queued", "running")).values_list("pk", flat=True))
    messages = [pk for pk in waiting for _ in range(chance.randint(1, 10))]
    chance.shuffle(messages)
    for pk in messages:
        run_job(job_id=pk, now=LATER)


def work(chance: random.Random, ended: threading.Event) -> None:
    """Work until nothing is left, through whatever happens; time that has to pass is let pass at once."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            # Nobody works beside this thread: what still counts as running was lost on the way.
            Job.objects.filter(state="running").update(lease_until=NOW)
            recover()
            overdue()
            Job.objects.filter(state="queued", attempts__gt=0).update(not_before=None)
            if not due().exists():
                break
            deliver(chance)
        except (DatabaseError, InterfaceError):
            connection.close()
            time.sleep(0.1)
    ended.set()
    connections.close_all()


def _superuser(*statements: str) -> None:
    with psycopg.connect(os.environ["POSTURE_TEST_SUPERUSER"], autocommit=True) as admin:
        # A throw-away server forgets its last commits when it is killed: the role would stay as a fault left it.
        for statement in ("SET synchronous_commit = on", *statements):
            admin.execute(statement)


def _kill(which: int, how: int) -> None:
    """End a service and start it again."""
    child = services().children()[which]
    assert child.process
    os.kill(child.process.pid, how)
    child.process.wait()
    time.sleep(0.3)
    child.start(short_pause)


def _pause(which: int) -> None:
    child = services().children()[which]
    assert child.process
    os.kill(child.process.pid, signal.SIGSTOP)
    time.sleep(2)
    os.kill(child.process.pid, signal.SIGCONT)


def _flush() -> None:
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as line:
        line.flushall()


TERMINATE = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'posture_application'"


def _read_only() -> None:
    _superuser("ALTER ROLE posture_application SET default_transaction_read_only = on", TERMINATE)
    time.sleep(1)
    _superuser("ALTER ROLE posture_application RESET default_transaction_read_only", TERMINATE)


FAULTS: dict[str, Callable[[], None]] = {
    "Redis is emptied": _flush,
    "Redis is killed and comes back empty": lambda: _kill(1, signal.SIGKILL),
    "Redis answers nothing for two seconds": lambda: _pause(1),
    "connections to PostgreSQL are ended": lambda: _superuser(TERMINATE),
    "PostgreSQL is stopped at once": lambda: _kill(0, signal.SIGQUIT),
    "PostgreSQL is killed": lambda: _kill(0, signal.SIGKILL),
    "PostgreSQL only reads for a second": _read_only,
}


def storm(seed: int, seconds: float) -> list[tuple[str, bool]]:
    """Work while two faults come at times of the seed; return each, and whether it fell into the work."""
    chance, ended, told = random.Random(seed), threading.Event(), []
    names = chance.sample(sorted(FAULTS), 2)
    moments = sorted(chance.uniform(0, 0.6 * seconds) for _ in names)
    connections.close_all()
    began = time.monotonic()
    worker = threading.Thread(target=work, args=(random.Random(seed + 1), ended))
    worker.start()
    # Services are started by the main thread: they would end with another.
    for name, moment in zip(names, moments, strict=True):
        ended.wait(max(0.0, began + moment - time.monotonic()))
        told.append((name, not ended.is_set()))
        with suppress(redis.RedisError):
            FAULTS[name]()
    worker.join()
    return told


def state() -> tuple[str, list[tuple[str, str]]]:
    """Return the digest and how each job ended."""
    settle(now=LATER)
    assert not due().exists()
    # Jobs of a later day wait for it; whether one was put back on the way is no difference.
    ends = Job.objects.exclude(state="queued").values_list("title", "state").distinct()
    return state_digest(now=LATER)[0], sorted(ends)


@pytest.mark.slow
def test_whatever_breaks_nothing_is_lost_doubled_or_different(
    django_db_blocker: DjangoDbBlocker, record_property: RecordProperty
) -> None:
    prefix, different, told = f"chaos_{os.getpid()}", [], []
    with django_db_blocker.unblock():
        _migrate_template()
        _superuser("ALTER ROLE posture_application SET synchronous_commit = on")
        with database(f"{prefix}_base", "posture"):
            prepare()
            connections.close_all()
            with database(f"{prefix}_calm", f"{prefix}_base"):
                began = time.monotonic()
                work(random.Random(0), threading.Event())
                seconds, calm = time.monotonic() - began, state()
            for seed in range(SEEDS):
                with database(f"{prefix}_{seed}", f"{prefix}_base"):
                    faults = storm(seed, seconds)
                    told += faults
                    if (after := state()) != calm:
                        different.append((seed, faults, after[1]))
    inside = sum(fell for _, fell in told)
    record_property(
        TOLD, f"Chaos: {SEEDS} seeds, {inside} of {len(told)} faults fell into the work, {len(different)} differ"
    )
    assert different == []
