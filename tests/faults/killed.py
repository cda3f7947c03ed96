"""A process that dies, or finds its disk full, at any step leaves in the end what an undisturbed one leaves.

Run in a process of its own, since it forks, which a process that holds a browser for other tests does not bear:
`test_killed.py` runs a sample in the slow tier; all by hand with `POSTURE_KILLS=1000 pytest -n0 -m slow
tests/faults/killed.py`. With `POSTURE_TREE=1` PostgreSQL and Redis die with the process, are started again, and
Redis comes back empty. With `POSTURE_FULL=1` nobody dies: one write of a document or to the database finds no room.
"""

import os
import pickle
import random
import signal
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection, connections
from django.db.models import Q, QuerySet
from pytest_django import DjangoDbBlocker

from inventory.access.away import FULL as NO_ROOM_FOR_DOCUMENTS
from inventory.access.away import NO_ROOM, why_away
from inventory.access.models import StateChange
from inventory.jobs.models import Job
from inventory.jobs.services.sweeping import recover
from posture.services.digest import state_digest
from posture.supervisor.services import Services, short_pause
from tests.conftest import ALIASES, TOLD, RecordProperty, _migrate_template, _own, _point
from tests.faults.acts import ACTS, LATER, Act
from tests.faults.steps import NEVER, WRITES, Steps, die, find_no_room
from tests.findings.reports import NOW, settle

AT_MOST = int(os.environ.get("POSTURE_KILLS", "8"))
"""How many steps of an act are died at; all of them when there are fewer."""
WHOLE_TREE = bool(os.environ.get("POSTURE_TREE"))
"""Whether PostgreSQL and Redis die too; they must be our own then."""
FULL = bool(os.environ.get("POSTURE_FULL"))
"""Whether the disk is full at a step, instead of a death."""
WHAT = "The disk full" if FULL else "The whole tree killed" if WHOLE_TREE else "Killed"
Outcome = tuple[str, dict[tuple[str, str], int]]
"""The digest of the state, and how often the trail tells of each verb."""


@contextmanager
def database(name: str, template: str) -> Iterator[None]:
    """Make a database from a template and work on it; it is dropped afterwards."""
    connections.close_all()
    with psycopg.connect(os.environ["POSTURE_TEST_SUPERUSER"], autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {template} OWNER posture_owner STRATEGY file_copy")
    before = {alias: connections[alias].settings_dict["NAME"] for alias in ALIASES}
    _point(dict.fromkeys(ALIASES, name))
    try:
        yield
    finally:
        _point(before)
        with psycopg.connect(os.environ["POSTURE_TEST_SUPERUSER"], autocommit=True) as admin:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def descendants(pid: int) -> list[int]:
    """Return a process and all below it, the highest first."""
    found = [pid]
    for parent in found:
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):
                if int(stat.read_text().rpartition(")")[2].split()[1]) == parent:
                    found.append(int(stat.parent.name))
    return found


def services() -> Services:
    """Return the services that these tests started themselves."""
    assert _own, "the whole tree dies only where these tests started it: unset POSTURE_TEST_SUPERUSER"
    return _own[0]


def fell_the_rest() -> None:
    """Kill every process of PostgreSQL and Redis, without a moment for a last word."""
    for child in services().children():
        if child.process is not None:
            for pid in descendants(child.process.pid):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


def raise_the_rest() -> None:
    """Start them again, as the supervisor does."""
    for child in services().children():
        assert child.process
        child.process.wait()
        child.start(short_pause)


def happening(kind: str, on: Any) -> None:
    """Let happen what these runs are about."""
    if FULL:
        find_no_room(kind, on)
        return
    if WHOLE_TREE:
        fell_the_rest()
    die(kind, on)


def in_a_process(act: Callable[[], None], at: int = NEVER) -> list[str] | None:
    """Do something in a process of its own and return its steps; None when something happened at one of them."""
    told = _forked(act, at)
    if told is None and WHOLE_TREE:
        raise_the_rest()
    return told


def _forked(act: Callable[[], None], at: int) -> list[str] | None:
    connections.close_all()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.setsid()
            os.close(reading)
            steps = Steps(at, happening)
            steps.install()
            bear(act)
            os.write(writing, pickle.dumps(steps.taken))
            status = 0
        except BaseException:  # noqa: BLE001 - said by the only process that knows, which ends here
            traceback.print_exc()
        finally:
            os._exit(status)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        told = pipe.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return None
    assert status == 0, "the act failed in its process"
    taken: list[str] = pickle.loads(told)  # noqa: S301 - from our own fork
    return None if len(taken) >= at else taken


def bear(act: Callable[[], None]) -> None:
    """Do something; a full disk may end it, as what people are told of, or behind a sentence of its own."""
    try:
        act()
    except Exception as error:
        met: BaseException | None = error
        while met is not None and why_away(met) not in {NO_ROOM, NO_ROOM_FOR_DOCUMENTS}:
            met = met.__cause__
        if not FULL or met is None:
            raise


def due() -> QuerySet[Job]:
    """Return the jobs that are to be done now; a score of a later day waits for its day."""
    return Job.objects.filter(Q(state="running") | Q(state="queued", not_before=None))


def recovered(act: Act) -> Outcome:
    """Let time pass and everything settle, repeat what a person finds undone, and return what there is then."""
    for turn in range(6):
        Job.objects.filter(state="running").update(lease_until=NOW)
        recover()
        Job.objects.filter(state="queued").exclude(attempts=0, error="").update(not_before=None)
        settle(now=LATER)
        if turn == 0 and act.unfinished():
            act.perform()
        elif not due().exists():
            break
    assert not due().exists()
    assert act.sound()
    assert not Job.objects.filter(state="quarantined").exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")
        assert cursor.fetchone() == (0,)
    verbs = Counter(StateChange.objects.values_list("kind", "verb"))
    return state_digest(now=LATER)[0], dict(verbs)


def difference(calm: Outcome, after: Outcome) -> dict[str, Any]:
    """Return what is more and what is less than it should be."""
    wanted, found = Counter(calm[1]), Counter(after[1])
    return {"same state": calm[0] == after[0], "too often": found - wanted, "missing": wanted - found}


@pytest.mark.slow
@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.name.replace(" ", "-"))
def test_a_death_at_any_step_changes_nothing_in_the_end(
    act: Act, django_db_blocker: DjangoDbBlocker, record_property: RecordProperty
) -> None:
    prefix = f"fault_{os.getpid()}_{ACTS.index(act)}"
    with django_db_blocker.unblock():
        _migrate_template()
        if WHOLE_TREE:
            # Tests are careless of what they commit; what is killed must not be.
            with psycopg.connect(os.environ["POSTURE_TEST_SUPERUSER"], autocommit=True) as admin:
                admin.execute("ALTER ROLE posture_application SET synchronous_commit = on")
        with database(f"{prefix}_base", "posture"):
            act.prepare()
            connections.close_all()
            with database(f"{prefix}_calm", f"{prefix}_base"):
                steps = in_a_process(act.perform)
                assert steps
                calm = recovered(act)
            numbers = [at for at, kind in enumerate(steps, 1) if not FULL or kind in WRITES]
            count = len(numbers)
            chosen = sorted(random.Random(count).sample(numbers, min(count, AT_MOST)))
            different = []
            for number in chosen:
                with database(f"{prefix}_{number}", f"{prefix}_base"):
                    if in_a_process(act.perform, number) is not None:
                        continue
                    after = recovered(act)
                    if after != calm:
                        different.append((number, difference(calm, after)))
    kinds = dict(Counter(steps[at - 1] for at in numbers))
    record_property(TOLD, f"{WHAT} at {len(chosen)} of {count} steps of “{act.name}”: {kinds}")
    assert different == []
