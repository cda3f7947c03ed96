"""The two Celery tasks of the product, and this floor's own handlers."""

from datetime import time
from typing import Any
from uuid import UUID

from celery import shared_task
from django.utils import timezone

from inventory.access.services import resets
from inventory.jobs.choices import Queue
from inventory.jobs.records import Run
from inventory.jobs.registry import handler, scheduled
from inventory.jobs.services import blobs, cleaning, running, schedules, sweeping
from inventory.jobs.services.broker import RUN_TASK, poke


@shared_task(name=RUN_TASK, ignore_result=True)  # type: ignore[untyped-decorator] # celery has no types
def run(job_id: str) -> None:
    """Run the job with this id, if it is still to be run: a message may come twice, late, or out of order."""
    running.run_job(job_id=UUID(job_id), now=timezone.now())


@shared_task(name="jobs.tick", ignore_result=True)  # type: ignore[untyped-decorator] # celery has no types
def tick() -> None:
    """Do what time brings: take work back from the dead, send again what was lost, start what is due."""
    sweeping.recover()
    poke(sweeping.overdue())
    schedules.enqueue_due(now=timezone.now())


@scheduled(name="jobs.clean", daily=time(3, 10))
@handler(kind="jobs.clean", queue=Queue.SHORT, label="Clean up old jobs")
def clean(run: Run) -> dict[str, Any]:
    """Delete jobs that ended 30 days ago, and ticks that old."""
    return cleaning.clean(now=run.now)


@scheduled(name="blobs.expire", daily=time(3, 20))
@handler(kind="blobs.expire", queue=Queue.SHORT, label="Remove expired reports from storage")
def expire_blobs(run: Run) -> dict[str, Any]:
    """Remove the sealed bytes whose time is over."""
    return blobs.expire(now=run.now)


@handler(kind="access.reset", queue=Queue.SHORT, label="Send a way to a new password")
def send_reset(run: Run) -> None:
    """Send the mail, if there is an account; whether there was one is told to nobody."""
    resets.send_reset(email=run.arguments["email"])
