"""Run a job: start it, do the work in one transaction that ends with `done`, or say how it ended instead."""

import logging
import random
import time
from datetime import datetime
from uuid import UUID

import psycopg
from django.db import DatabaseError, InterfaceError, connection, transaction

from inventory.access.away import FULL, NO_ROOM, why_away
from inventory.access.masking import masked
from inventory.access.selectors import resolve_principal
from inventory.jobs import registry
from inventory.jobs.choices import Queue, State
from inventory.jobs.documents import DocumentCrashed
from inventory.jobs.records import JobCancelled, JobFailed, LeaseLost, Run
from inventory.jobs.services.heartbeat import Heartbeat
from inventory.jobs.services.leases import MAX_ATTEMPTS, Claim, claim, finish, give_way, put_back

log = logging.getLogger(__name__)

# What two honest transactions can do to each other: trying again at once is the cure, and no attempt is lost on it.
COLLISIONS = (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure)
COLLISIONS_BORNE = 5
# A full disk is nobody's fault and no reason to give a job up: it waits until there is room.
FULL_DISKS = {NO_ROOM: "The disk of the database is full", FULL: "The disk of the documents is full"}
WAIT_FOR_ROOM = 15
# Behind a small import wait those of others: it is no place to wait until a large one of the same series has ended.
WAIT_OF_SMALL = "SET LOCAL lock_timeout = '2s'"


def run_job(*, job_id: UUID, now: datetime) -> State | None:
    """Run the job if it is free and return the state it is in afterwards; None when this run has no say in it.

    None means that the job is not due, is done or held by another worker, or was lost to one on the way. The start is
    committed before the work, so that a death counts; the handler's effects and `done` are one transaction.
    Must not be called inside a transaction, else the start is not.
    """
    held = claim(job_id)
    if held is None:
        return None
    log.info("Job %s (%s) starts, attempt %s.", held.job_id, held.kind, held.attempts)
    try:
        with Heartbeat(held) as heart:
            ending: Exception | None = _work(held, heart, now)
        return State.DONE if ending is None else _end(held, heart, ending)
    except LeaseLost as lost:
        log.warning("%s Nothing of this run is stored.", lost)
        return None
    except (DatabaseError, InterfaceError):
        log.exception("Job %s: the database went away; it is tried again when its lease ends.", held.job_id)
        if not connection.in_atomic_block:
            connection.close()
        return None
    finally:
        connection.close_if_unusable_or_obsolete()


def _work(held: Claim, heart: Heartbeat, now: datetime) -> Exception | None:
    """Return None when the work and `done` are committed, else what stood in the way."""
    for turn in range(COLLISIONS_BORNE):
        try:
            _attempt(held, heart, now)
        except Exception as error:  # noqa: BLE001 - whatever a handler raises ends its job, never the worker
            collided = isinstance(error, COLLISIONS) or isinstance(error.__cause__, COLLISIONS)
            if not collided or turn + 1 == COLLISIONS_BORNE:
                return error
            time.sleep(random.uniform(0.05, 0.2) * 2**turn)  # noqa: S311 - spreads two losers, guards nothing
        else:
            return None
    return None


def _attempt(held: Claim, heart: Heartbeat, now: datetime) -> None:
    entry = registry.find(held.kind)
    run = Run(
        job_id=held.job_id,
        arguments=held.arguments,
        principal=resolve_principal(held.principal, now=now),
        now=now,
        on_progress=heart.progress,
        on_checkpoint=heart.checkpoint,
    )
    with transaction.atomic():
        if held.queue == Queue.SMALL:
            with connection.cursor() as cursor:
                cursor.execute(WAIT_OF_SMALL)
        with heart.interruptible():
            result = entry.work(run)
        finish(held, state=State.DONE, result=result, progress=heart.last_progress)


def _end(held: Claim, heart: Heartbeat, error: Exception) -> State:
    """Store how the job ended, in a transaction of its own. Raises LeaseLost."""
    broken = connection.connection is not None and connection.connection.closed
    if (broken or heart.interrupted) and not connection.in_atomic_block:
        # A cancel request that arrives late must not meet the next statement of this connection.
        connection.close()
    if isinstance(error, LeaseLost) or heart.lost:
        msg = f"Job {held.job_id} belongs to another worker."
        raise LeaseLost(msg) from error
    if isinstance(error, JobCancelled) or (heart.cancelled and isinstance(error, DatabaseError | psycopg.Error)):
        finish(held, state=State.CANCELLED, progress=heart.last_progress)
        return State.CANCELLED
    if isinstance(error, JobFailed):
        finish(held, state=State.FAILED, error=str(error), progress=heart.last_progress)
        return State.FAILED
    if held.queue == Queue.SMALL and isinstance(error.__cause__ or error, psycopg.errors.LockNotAvailable):
        log.info("Job %s waits for a larger one, and with the larger ones from now on.", held.job_id)
        give_way(held)
        return State.QUEUED
    if full := FULL_DISKS.get(why_away(error)):
        log.error("Job %s (%s): %s.", held.job_id, held.kind, full)
        said = f"{full}. Nothing was stored; the job is tried again every {WAIT_FOR_ROOM} seconds until there is room."
        put_back(held, wait=WAIT_FOR_ROOM, error=said, counts=False)
        return State.QUEUED
    return _retry(held, heart, error)


def _retry(held: Claim, heart: Heartbeat, error: Exception) -> State:
    log.error("Job %s (%s), attempt %s: %r", held.job_id, held.kind, held.attempts, error, exc_info=error)
    # The death of a reader is told in words of our own; what any other error says is for the log alone.
    name = masked(str(error)).rstrip(".") if isinstance(error, DocumentCrashed) else type(error).__name__
    if held.is_last:
        sentence = (
            f"Stopped after {MAX_ATTEMPTS} attempts; the last ended with {name}. Nothing was stored. "
            "An administrator finds the details in the worker's log under this job's id."
        )
        finish(held, state=State.QUARANTINED, error=sentence, progress=heart.last_progress)
        return State.QUARANTINED
    wait = 2**held.attempts
    put_back(held, wait=wait, error=f"Attempt {held.attempts} ended with {name}; the next follows in {wait} seconds.")
    return State.QUEUED
