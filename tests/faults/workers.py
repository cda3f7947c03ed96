"""Processes that work until nothing is left, through whatever happens, and can be stopped from outside."""

import multiprocessing
import os
import random
import signal
import time
import traceback
from datetime import timedelta

from django.db import InterfaceError, InternalError, OperationalError, connection, connections, transaction
from django.db.models import Q, QuerySet

from findings.models import Report
from inventory.jobs.models import Job
from inventory.jobs.services.running import run_job
from inventory.jobs.services.sweeping import overdue, recover
from posture.supervisor.process import die_with
from tests.faults.acts import LATER
from tests.findings.reports import NOW

PATIENCE = 300
hours = multiprocessing.Value("d", 0.0)
"""How far the worker's clock is off; shared with the processes that work."""
done = multiprocessing.Value("i", 0)
"""How many jobs came to an end: faults come by the work, not by the clock of a machine that may be busy."""


def undone() -> QuerySet[Job]:
    """Return the jobs that are to be done now, and those that something went wrong with; others wait for their day."""
    return Job.objects.filter(Q(state="running") | Q(state="queued") & (Q(not_before=None) | ~Q(error="")))


def deliver(chance: random.Random) -> None:
    """Deliver what waits, each message one to ten times and in any order, as a worker that knows nothing of it."""
    waiting = list(Job.objects.filter(state__in=("queued", "running")).values_list("pk", flat=True))
    messages = [pk for pk in waiting for _ in range(chance.randint(1, 10))]
    chance.shuffle(messages)
    for pk in messages:
        if run_job(job_id=pk, now=LATER + timedelta(hours=hours.value)):
            done.value += 1


def work(chance: random.Random) -> None:
    """Work until nothing is left, through whatever happens; a lease that has to end ends at once."""
    end, sent = time.monotonic() + PATIENCE, False
    while time.monotonic() < end:
        try:
            sent = sent or Report.objects.filter(name="sent.sarif").exists()
            with transaction.atomic():
                # Nobody else works: what still counts as running was lost on the way.
                lost = Job.objects.filter(state="running").select_for_update(skip_locked=True)
                Job.objects.filter(pk__in=list(lost.values_list("pk", flat=True))).update(lease_until=NOW)
                # Who waits for room on a disk waits for long.
                Job.objects.filter(state="queued", attempts=0).exclude(error="").update(not_before=None)
            recover()
            overdue()
            if sent and not undone().exists():
                break
            deliver(chance)
            time.sleep(0.05)
        except (OperationalError, InternalError, InterfaceError):
            connection.close()
            time.sleep(0.1)
    connections.close_all()


class Worker:
    """A process that works until nothing is left."""

    def __init__(self, seed: int) -> None:
        connections.close_all()
        self.status: int | None = None
        self.frozen = False
        parent = os.getpid()
        self.pid = os.fork()
        if self.pid == 0:
            status = 1
            try:
                die_with(parent, signal.SIGKILL)
                work(random.Random(seed))
                status = 0
            except BaseException:  # noqa: BLE001 - said by the only process that knows, which ends here
                traceback.print_exc()
            finally:
                os._exit(status)

    def ended(self, patience: float = 0.0) -> bool:
        """Tell whether it has come to its end, within so many seconds."""
        end = time.monotonic() + patience
        while self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = status
            elif time.monotonic() >= end:
                break
            else:
                time.sleep(0.02)
        return self.status is not None

    def freeze(self) -> None:
        """Let it stand still, with its transaction and its lease; others think it dead."""
        os.kill(self.pid, signal.SIGSTOP)
        self.frozen = True

    def thaw(self) -> None:
        """Let it go on, long after it was given up."""
        os.kill(self.pid, signal.SIGCONT)
        self.frozen = False
