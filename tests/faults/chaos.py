"""By seed, something breaks under a worker at work; when it is whole again, nothing is lost, doubled or different.

Run in a process of its own, with services of its own, which are killed: `test_chaos.py` runs some seeds in the slow
tier; by hand `manage.py chaos --seeds 300`. Every message is delivered one to ten times, in any order, whatever else a
seed brings. Beside the worker two people are at the web server (`visitors.py`): one reads, the other sends a report in,
again and again until it is taken, and changes settings.
"""

import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import redis
from django.conf import settings
from django.test import Client
from pytest_django import DjangoDbBlocker

from inventory.access.models import User
from inventory.jobs.models import Job
from posture.services.asking import ask_for_all_scores
from posture.services.digest import state_digest
from posture.supervisor.services import short_pause
from tests.conftest import TOLD, RecordProperty, _migrate_template
from tests.faults import machines, visitors, workers
from tests.faults.acts import LATER, NARROWER, NEXT, acting, base
from tests.faults.killed import database
from tests.faults.workers import PATIENCE, Worker, undone
from tests.findings.reports import result, sarif, send, settle

SEEDS = int(os.environ.get("POSTURE_SEEDS", "3"))
FIRST = int(os.environ.get("POSTURE_FIRST_SEED", "0"))
FROZEN = 30
MORE = sarif(*(result(f"more-{at % 5}", f"lib/{at}.py") for at in range(3000)), ended="2026-05-03T08:00:00Z")
SENT = sarif(*(result(f"sent-{at % 3}", f"sent/{at}.py") for at in range(10)), ended="2026-05-04T08:00:00Z")


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


Workers = list[Worker]
State = tuple[str, list[tuple[str, str]]]
"""The digest, and how each job ended."""


def _freeze(working: Workers) -> None:
    working[-1].freeze()
    working.append(Worker(working[-1].pid))
    time.sleep(0.5)


def _clock_off(by: float) -> None:
    workers.hours.value = by
    time.sleep(1)
    workers.hours.value = 0.0


FAULTS: dict[str, Callable[[Workers], None]] = {
    "Redis is emptied": lambda _: machines.flush(),
    "Redis is killed and comes back empty": lambda _: machines.kill(1, signal.SIGKILL),
    "Redis answers nothing for two seconds": lambda _: machines.pause(1),
    "Redis has no memory for a second": lambda _: machines.without_memory(),
    "connections to PostgreSQL are ended": lambda _: machines.superuser(machines.TERMINATE),
    "PostgreSQL is stopped at once": lambda _: machines.kill(0, signal.SIGQUIT),
    "PostgreSQL is killed": lambda _: machines.kill(0, signal.SIGKILL),
    "PostgreSQL only reads for a second": lambda _: machines.read_only(),
    "the worker stands still until after its lease": _freeze,
    "the worker's clock is a day ahead": lambda _: _clock_off(24),
    "the worker's clock is a day behind": lambda _: _clock_off(-24),
}
WITHOUT_DATABASE = {name for name in FAULTS if "PostgreSQL" in name}
"""Those during which nothing can be read, at least for a moment."""
FULL = "the disk of the documents is full"
DATABASE_FULL = {"the disk of the database is full": False, "the disk of the database is full to the last file": True}


def of_a_database(disk: machines.Disk) -> dict[str, Callable[[Workers], None]]:
    """Return the faults of a database's small disk."""

    def filled(*, log_too: bool) -> Callable[[Workers], None]:
        return lambda _: disk.fill_database(log_too=log_too)

    return {name: filled(log_too=log_too) for name, log_too in DATABASE_FULL.items()}


def wait_for_work(worker: Worker, mark: int, chance: random.Random) -> None:
    """Wait until so many jobs came to an end, and a moment more, or until there is no more work."""
    while workers.done.value < mark and not worker.ended(0.01):
        pass
    worker.ended(chance.uniform(0, 0.2))


def storm(seed: int, total: int) -> list[tuple[str, bool]]:
    """Work while two faults come at places of the seed; return each, and whether it fell into the work."""
    chance, told = random.Random(seed), []
    names = chance.sample(sorted(FAULTS), 2)
    marks = sorted(chance.randint(0, total // 2) for _ in names)
    workers.done.value = 0
    working: list[Worker] = []
    visitors.come()
    working.append(Worker(seed + 1))
    # Services are started by this process: they would end with another.
    for name, mark in zip(names, marks, strict=True):
        wait_for_work(working[-1], mark, chance)
        told.append((name, not working[-1].ended()))
        if told[-1][1] or name != "the worker stands still until after its lease":
            with visitors.during(sorted(FAULTS).index(name) + 1), suppress(redis.RedisError):
                FAULTS[name](working)
    for worker in reversed(working):
        if worker.frozen:
            working[-1].ended(FROZEN)
            worker.thaw()
    assert all(worker.ended(PATIENCE + 10) for worker in working), "a worker found no end"
    assert {worker.status for worker in working} == {0}, "a worker ended with an error"
    visitors.go()
    return told


def calm() -> tuple[int, State]:
    """Work while nothing breaks; return how many jobs that were, and what there is then."""
    visitors.come()
    assert Worker(0).ended(PATIENCE)
    visitors.go()
    return workers.done.value, state()


def state() -> State:
    """Return what there is after the scores that are made each night anyway."""
    ask_for_all_scores(now=LATER)
    settle(now=LATER)
    assert not undone().exists()
    # Jobs of a later day wait for it; whether one was put back on the way is no difference.
    ends = Job.objects.exclude(state="queued").values_list("title", "state").distinct()
    return state_digest(now=LATER)[0], sorted(ends)


def say(line: str) -> None:
    """Say how far it is, to whoever looks."""
    sys.stderr.write(f"{line}\n")


def unread(heard: list[visitors.Answer]) -> list[visitors.Answer]:
    """Return the pages that could not be read though the database was there."""
    takes_reads = WITHOUT_DATABASE | {name for name, log_too in DATABASE_FULL.items() if log_too}
    away = {number for number, name in enumerate(sorted(FAULTS), 1) if name in takes_reads}
    reads = [each for each in heard if each.way == visitors.READ and away.isdisjoint(each.crossed)]
    return [each for each in reads if each.what != "answered"]


@contextmanager
def people_at(name: str, template: str, answers: Path) -> Iterator[None]:
    """Let the web server stand on a database made from a template, and two people before it, while the block runs."""
    client = Client()
    client.force_login(User.objects.get(email="analyst@faults.example"))
    with database(name, template):
        program, port = visitors.web(name, answers.parent)
    session = client.cookies["sessionid"].value
    people = visitors.Visitors(port=port, session=session, report=SENT, answers=answers)
    try:
        yield
    finally:
        people.leave()
        program.stop(5, short_pause)


@pytest.mark.slow
def test_whatever_breaks_nothing_is_lost_doubled_or_different(
    django_db_blocker: DjangoDbBlocker, record_property: RecordProperty, tmp_path: Path
) -> None:
    prefix, different, told = f"chaos_{os.getpid()}", [], []
    answers = tmp_path / "answers"
    answers.touch()
    with (
        django_db_blocker.unblock(),
        machines.small_disk(Path(settings.POSTURE_HOME) / "blobs") as disk,
        machines.small_database_disk() as of_database,
    ):
        if not disk.missing:
            FAULTS.update({FULL: lambda _: disk.fill(), **of_a_database(of_database)})
        _migrate_template()
        machines.superuser("ALTER ROLE posture_application SET synchronous_commit = on")
        base, storms = f"{prefix}_base", f"{prefix}_storm"
        with database(base, "posture"):
            prepare()
            with people_at(storms, base, answers):
                with database(storms, base):
                    total, usual = calm()
                for seed in range(FIRST, FIRST + SEEDS):
                    with database(storms, base):
                        faults = storm(seed, total)
                        told += faults
                        if (after := state()) != usual:
                            different.append((seed, faults, after[0] == usual[0], set(after[1]) ^ set(usual[1])))
                        say(f"Seed {seed}: {faults}, {'the same' if after == usual else 'DIFFERENT'}")
    inside, kinds = sum(fell for _, fell in told), len({name for name, _ in told})
    record_property(
        TOLD, f"Chaos: {SEEDS} seeds, {inside} of {len(told)} faults of {kinds} kinds fell into the work"
        f" ({100 * inside // len(told)} %), {len(different)} differ"
        f"{f'; no full disk: {disk.missing}' if disk.missing else ''}"
    )  # fmt: skip
    heard = visitors.heard(answers)
    for line in visitors.table(heard, sorted(FAULTS)):
        record_property(TOLD, line)
    assert different == []
    assert inside >= 0.8 * len(told)
    assert visitors.unsound(heard) == []
    assert unread(heard) == []
