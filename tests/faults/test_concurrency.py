"""Many at once: uploads to the same APIs with people deciding beside them, and a small team beside a large one."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from io import BytesIO
from itertools import chain
from pathlib import Path

import pytest
from django.db import connection, connections

from findings.errors import FindingsRefused
from findings.models import Decision, Finding, Retest, Scan
from findings.services.decide import Statement, Target, answer_acceptance, ask_acceptance, decide, undo
from findings.services.notes import add_note
from findings.services.upload import receive_upload
from findings.services.work import ask_retest
from findings.status import DecisionKind
from inventory.access.choices import OrganisationRole
from inventory.access.records import Principal
from inventory.access.selectors import principal_of
from inventory.jobs.choices import Queue
from inventory.jobs.models import Job
from inventory.jobs.services.running import run_job
from posture.models import CurrentScore
from posture.services.digest import state_digest
from tests.conftest import ROOT, TOLD, RecordProperty, _clone, environment_of
from tests.faults.meeting import meet_at
from tests.findings.reports import NOW, analyst, openapi, result, sarif, send, settle, take_in
from tests.inventory.access.people import person
from tests.inventory.jobs.world import wait_for

UPLOADS = 32
FINDINGS = 40
LARGE = int(os.environ.get("POSTURE_LARGE", "60000"))
"""Findings of the large report that a small one must not wait for; a million by hand."""
STATED, MOST_SECONDS = 1_000_000, 10
"""The goal: a small report is scored so soon while so many are read."""
LATER = NOW + timedelta(hours=1)


def base() -> Principal:
    """Leave two APIs with findings that people may decide on."""
    principal = analyst()
    for name in ("Orders", "Carts"):
        server = f"https://{name.lower()}.example"
        take_in(openapi(name, "/a", server=server), f"{name}.json", principal)
        report = sarif(*(result(f"old-{number % 5}", f"{name}/{number}.py") for number in range(FINDINGS)), tool="Old")
        take_in(report, "old.sarif", principal, api=name, series="old")
    settle()
    return principal


def upload(number: int, principal: Principal) -> Callable[[], None]:
    """Return what sends a report in and has a worker do its job; reports overlap in findings, series and APIs."""
    files = (result(f"rule-{at % 7}", f"src/{at}.py") for at in range(number, number + 30))
    report = sarif(*files, ended=f"2026-05-{1 + number % 28:02}T08:{number:02}:00Z")
    options = {"api": ("Orders", "Carts")[number % 2], "series": f"series {number % 4}"}

    def run() -> None:
        job = receive_upload(
            file=BytesIO(report), name=f"{number}.sarif", options=options, principal=principal, now=LATER
        )
        run_job(job_id=job.pk, now=LATER)

    return run


def triage(pk: int, principal: Principal) -> Callable[[], None]:
    """Return what decides on one of the old findings."""
    statement = Statement(kind=DecisionKind.FALSE_POSITIVE, reason=f"Seen {pk % 3}.")
    target = Target(finding_ids=(pk,))

    def run() -> None:
        decide(target=target, statement=statement, principal=principal, now=LATER)

    return run


def at_once(lanes: Sequence[Sequence[Callable[[], None]]]) -> list[BaseException]:
    """Do each lane in a thread of its own, all from one start, and return what was raised."""
    start, raised = threading.Barrier(len(lanes)), []

    def follow(lane: Sequence[Callable[[], None]]) -> None:
        try:
            start.wait()
            for act in lane:
                act()
        except BaseException as error:  # noqa: BLE001 - told by the thread that judges
            raised.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=follow, args=(lane,)) for lane in lanes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def lanes_of(principal: Principal) -> list[list[Callable[[], None]]]:
    """Return a lane for each upload, and four of people at work."""
    old = list(Finding.objects.filter(source_kind="old").order_by("fingerprint").values_list("pk", flat=True))
    people = [[triage(pk, principal) for pk in old[lane::4]] for lane in range(4)]
    return [*([upload(number, principal)] for number in range(UPLOADS)), *people]


def settled() -> str:
    """Let everything come to rest, jobs put back by a collision too, and return the digest."""
    for _ in range(3):
        Job.objects.filter(state="queued", attempts__gt=0).update(not_before=None)
        settle(now=LATER)
    assert set(Job.objects.exclude(state="queued").values_list("state", flat=True)) == {"done"}
    return state_digest(now=LATER)[0]


@pytest.mark.slow
def test_uploads_and_decisions_at_once_leave_what_they_leave_in_turn(
    fresh_database: str, record_property: RecordProperty
) -> None:
    lanes = lanes_of(base())
    raised = at_once(lanes)
    assert raised == []
    together = settled()
    decided = sum(len(lane) for lane in lanes[UPLOADS:])
    assert Decision.objects.count() == decided == 2 * FINDINGS
    assert Scan.objects.filter(series__source_kind="lint").count() == UPLOADS
    with connection.cursor() as cursor:
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        deadlocks = cursor.fetchone()[0]
    with _clone():
        for act in chain.from_iterable(lanes_of(base())):
            act()
        in_turn = settled()
    record_property(
        TOLD, f"{UPLOADS} uploads beside {decided} decisions: {deadlocks} deadlocks met, none seen by people"
    )
    assert together == in_turn


def refused(act: Callable[[], object]) -> Callable[[], None]:
    """Return what does it or is refused in words."""

    def run() -> None:
        with suppress(FindingsRefused):
            act()

    return run


def test_a_request_is_taken_back_while_another_approves_it_and_neither_waits_in_a_ring(fresh_database: str) -> None:
    """Who took it back wrote the answer first and held the finding next, and who approved it the other way round."""
    mine = analyst()
    take_in(openapi("Orders", "/a"), "orders.json", mine)
    take_in(sarif(result("old", "a.py")), "old.sarif", mine, api="Orders", series="old")
    other = principal_of(person(OrganisationRole.SECURITY_MANAGER), now=LATER)
    found = Finding.objects.get()
    said = Statement(kind=DecisionKind.ASKED, reason="x", until=LATER + timedelta(days=9))
    ask_acceptance(target=Target(finding_ids=(found.pk,)), statement=said, principal=mine, now=LATER)
    asked = Decision.objects.waiting(now=LATER).get()
    approve = partial(answer_acceptance, asked=asked, accept=True, reason="", principal=other, now=LATER)
    take_back = partial(undo, decisions=[asked], principal=mine, now=LATER)
    first, second = meet_at(found, (approve, take_back))
    assert first is None
    assert isinstance(second, FindingsRefused)
    assert Decision.objects.get(about=asked).kind == DecisionKind.ACCEPTED


@pytest.mark.slow
def test_all_that_people_do_to_one_finding_at_once_is_done_or_refused_in_words(fresh_database: str) -> None:
    """They held the finding in two orders once: one in a ring of waiting was told that the database is away."""
    mine = base()
    others = [principal_of(person(OrganisationRole.SECURITY_MANAGER), now=LATER) for _ in range(3)]
    pk = Finding.objects.filter(source_kind="old").order_by("pk").values_list("pk", flat=True)[0]
    target, found = Target(finding_ids=(pk,)), Finding.objects.get(pk=pk)

    def judge(by: Principal, kind: DecisionKind) -> None:
        decide(target=target, statement=Statement(kind=kind, reason="x"), principal=by, now=LATER)

    def ask(by: Principal) -> None:
        said = Statement(kind=DecisionKind.ASKED, reason="x", until=LATER + timedelta(days=9))
        ask_acceptance(target=target, statement=said, principal=by, now=LATER)

    def answer(by: Principal) -> None:
        for asked in Decision.objects.waiting(now=LATER).exclude(by=by.user_id):
            answer_acceptance(asked=asked, accept=True, reason="", principal=by, now=LATER)

    def take_back(by: Principal) -> None:
        for asked in Decision.objects.waiting(now=LATER):
            undo(decisions=[asked], principal=by, now=LATER)

    acts: list[Callable[[Principal], object]] = [
        ask, answer, take_back,
        partial(judge, kind=DecisionKind.TRIAGED), partial(judge, kind=DecisionKind.FALSE_POSITIVE),
        lambda by: add_note(finding=found, text="x", principal=by, now=LATER),
        lambda by: ask_retest(finding=found, note="", principal=by, now=LATER),
    ]  # fmt: skip
    lanes = [[refused(partial(act, by)) for _ in range(8)] for act in acts for by in (mine, *others)]
    assert at_once(lanes) == []
    answered = Decision.objects.exclude(about=None).values_list("about", flat=True)
    assert len(answered) == len(set(answered))
    assert Retest.objects.filter(finding=pk, answered_at=None).count() == 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        assert cursor.fetchone()[0] == 0


@contextmanager
def workers(database: str, folder: Path) -> Iterator[None]:
    """Run a worker for each queue, as `manage.py up` does."""
    environment = {**environment_of(database), "C_FORCE_ROOT": "1"}
    common = [sys.executable, "-m", "posture.supervisor.child", "celery", "-A", "posture", "worker", "-l", "INFO"]
    common += ["-c", "1", "--without-gossip", "--without-mingle", "--without-heartbeat"]
    logs, started = [folder / f"{queue}.log" for queue in Queue.values], []
    try:
        for queue, log in zip(Queue.values, logs, strict=True):
            with log.open("wb") as output:
                command = [*common, "-Q", queue, "-n", f"{queue}@fair"]
                started.append(subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output))
        wait_for(lambda: all(b" ready." in log.read_bytes() for log in logs), seconds=120)
        yield
    finally:
        for process in started:
            process.send_signal(signal.SIGQUIT)
        for process in started:
            process.wait(30)


@pytest.mark.slow
@pytest.mark.timeout(max(900, LARGE // 400))
def test_a_small_report_is_scored_while_a_large_one_is_still_read(
    fresh_database: str, queues: None, tmp_path: Path, record_property: RecordProperty
) -> None:
    """With the workers of the product: the small one waits neither for a worker nor for a row of the large one."""
    principal = base()
    large = sarif(*(result(f"r-{number % 50}", f"big/{number}.py") for number in range(LARGE)), tool="Large")
    small = sarif(*(result(f"s-{number}", f"small/{number}.py") for number in range(10)), tool="Small")

    def state(job: Job) -> str:
        return Job.objects.values_list("state", flat=True).get(pk=job.pk)

    def scored() -> bool:
        return CurrentScore.objects.filter(api__name="Carts", computed_at__gt=began).exists()

    with workers(fresh_database, tmp_path):
        big = send(large, "large.sarif", principal, api="Orders", series="large", now=LATER)
        wait_for(lambda: state(big) == "running")
        # Well into it: when it began, nothing of it was in anybody's way yet.
        wait_for(
            lambda: Job.objects.get(pk=big.pk).progress.get("done", 0) > LARGE // 20, seconds=max(120, LARGE // 3000)
        )
        began, clock = datetime.now(UTC), time.monotonic()
        job = send(small, "small.sarif", principal, api="Carts", series="small", now=began)
        wait_for(scored, seconds=120)
        seconds, still_reading = time.monotonic() - clock, state(big) == "running"
        wait_for(lambda: state(big) != "running", seconds=max(200, LARGE // 500))
    record_property(
        TOLD, f"Fairness: ten findings scored in {seconds:.1f} s while {LARGE:,} were read by another worker"
    )
    if LARGE >= STATED:
        assert seconds < MOST_SECONDS
    assert still_reading, "the large report was done first: it was too small for this test"
    assert (state(job), state(big)) == ("done", "done")
    assert (Job.objects.get(pk=job.pk).queue, Job.objects.get(pk=big.pk).queue) == (Queue.SMALL, Queue.BULK)
