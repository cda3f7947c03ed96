"""Many at once: uploads to the same APIs with people deciding beside them, and a small team beside a large one."""

import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from io import BytesIO
from itertools import chain

import pytest
from django.db import connection, connections

from findings.models import Decision, Finding, Scan
from findings.services.decide import Statement, Target, decide
from findings.services.upload import receive_upload
from findings.status import DecisionKind
from inventory.access.records import Principal
from inventory.jobs.models import Job
from inventory.jobs.services.running import run_job
from posture.models import CurrentScore
from posture.services.digest import state_digest
from tests.conftest import TOLD, RecordProperty, _clone
from tests.findings.reports import NOW, analyst, openapi, result, sarif, send, settle, take_in

UPLOADS = 32
FINDINGS = 40
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


@pytest.mark.slow
def test_a_small_report_is_scored_while_a_large_one_is_still_read(fresh_database: str) -> None:
    """The two wait for each other nowhere: the small one comes to its score before the large one has ended."""
    principal = base()
    large = sarif(*(result(f"r-{number % 50}", f"big/{number}.py") for number in range(60_000)), tool="Large")
    big = send(large, "large.sarif", principal, api="Orders", series="large")

    def read_the_large() -> None:
        run_job(job_id=big.pk, now=LATER)
        connections.close_all()

    thread = threading.Thread(target=read_the_large)
    thread.start()
    while Job.objects.values_list("state", flat=True).get(pk=big.pk) == "queued":
        thread.join(0.05)
    small = sarif(*(result(f"s-{number}", f"small/{number}.py") for number in range(10)), tool="Small")
    job = take_in(small, "small.sarif", principal, api="Carts", series="small", now=LATER)
    assert job.state == "done"
    for score in Job.objects.filter(state="queued", kind__contains="score"):
        run_job(job_id=score.pk, now=LATER)
    still_reading = Job.objects.values_list("state", flat=True).get(pk=big.pk) == "running"
    scored = CurrentScore.objects.get(api__name="Carts").computed_at
    thread.join()
    assert scored == LATER
    assert still_reading, "the large report was done first: it was too small for this test"
    big.refresh_from_db()
    assert big.state == "done"
