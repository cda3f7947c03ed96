"""A worker that dies in the middle of an import leaves, after it was taken up again, what an undisturbed one leaves."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from celery import current_app
from django.db import connections

from findings.models import Finding
from inventory.jobs.models import Job
from posture.services.digest import state_digest
from tests.findings.reports import NOW, analyst, openapi, result, sarif, send, settle, take_in, told

# Enough that an import takes seconds on a quick machine too, and is met in the middle.
ENTRIES = 20_000
SPECIFICATION = openapi("Orders", "/orders", "/orders/{id}")
REPORT = sarif(*(result(f"rule-{number % 40}", f"src/file_{number}.py") for number in range(ENTRIES)))


@pytest.fixture(scope="module")
def undisturbed(module_database: str) -> str:
    """Return the digest of the state after both documents were taken in without a disturbance."""
    assert take_in(SPECIFICATION, "orders.json", analyst()).state == "done"
    job = take_in(REPORT, "lint.sarif", analyst(), api="Orders")
    assert (job.state, told(job)["created"]) == ("done", ENTRIES)
    settle()
    digest = state_digest(now=NOW)[0]
    connections.close_all()
    return digest


def pool_process(worker: "subprocess.Popen[bytes]") -> int:
    """Return the id of the process in which the worker does its jobs."""
    children = Path(f"/proc/{worker.pid}/task/{worker.pid}/children").read_text().split()
    return int(children[0])


@pytest.mark.parametrize("moment", [0, 3000])
def test_the_killed_import_ends_as_the_undisturbed_one(
    undisturbed: str, worker: "subprocess.Popen[bytes]", moment: int
) -> None:
    principal = analyst()
    take_in(SPECIFICATION, "orders.json", principal)
    job = send(REPORT, "lint.sarif", principal, api="Orders")
    reached = {"progress__done__gte": moment} if moment else {}
    _wait(lambda: Job.objects.filter(pk=job.pk, state="running", **reached).exists())
    os.kill(pool_process(worker), signal.SIGKILL)
    assert not Finding.objects.exclude(source_kind="posture checks").exists(), "nothing of the report"
    # The sweeper takes up what nobody holds; its patience is tested where it lives (tests/inventory/jobs).
    Job.objects.filter(pk=job.pk).update(lease_until=NOW)
    current_app.send_task("jobs.tick", queue="short")
    _wait(lambda: Job.objects.filter(pk=job.pk, state="done").exists())
    job.refresh_from_db()
    assert job.crashes == 1
    _wait(lambda: not Job.objects.filter(state__in=["queued", "running"]).exists())
    assert state_digest(now=NOW)[0] == undisturbed


def _wait(condition: object, seconds: float = 60) -> None:
    assert callable(condition)
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, list(Job.objects.values_list("kind", "state", "error"))
        time.sleep(0.02)
