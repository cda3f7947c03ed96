"""Ask for work, and ask for it to stop."""

from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import Case, F, Value, When

from inventory.access.records import Principal
from inventory.access.rights import Verb, may, refused
from inventory.access.services.trail import record_change
from inventory.jobs import registry
from inventory.jobs.choices import LIVE, Queue, State
from inventory.jobs.models import Job
from inventory.jobs.services.broker import poke

SMALL_BYTES: Final = 1 << 18
"""A document up to this size, packed or not, is read in a second or few."""


def enqueue(  # noqa: PLR0913 - the columns of a job, by name
    *,
    kind: str,
    arguments: dict[str, Any],
    principal: Principal,
    now: datetime,
    key: str | None = None,
    once: bool = False,
    not_before: datetime | None = None,
    title: str = "",
    size: int | None = None,
) -> Job:
    """Write a job in the caller's transaction and return it; on commit a worker is poked.

    While a job with the same `key` waits, that job is returned instead: it has not read anything yet, and cannot
    start before the caller commits. With `once` the key also holds while the job runs and after it is done, until it
    is cleaned up: asking twice does the work once. A failed, stopped or quarantined job gives its key back.
    `size` is that of the document a job of the bulk queue reads: a small one does not wait behind large ones.
    Take keys late in a transaction and in sorted order: others who want the same key wait for the commit.
    Raises `registry.UnknownKindError`.
    """
    entry = registry.find(kind)
    job = Job(
        kind=kind,
        title=(title or entry.label)[:300],
        arguments=arguments,
        key=key,
        key_lasts=once,
        principal=principal.stored(),
        user_id=principal.user_id,
        queue=Queue.SMALL if entry.queue == Queue.BULK and size is not None and size <= SMALL_BYTES else entry.queue,
        not_before=not_before,
        sent_at=now,
        created_at=now,
    )
    job = _insert(job)
    if job.state == State.QUEUED and job.not_before is None:
        waiting = [(job.pk, job.queue)]
        transaction.on_commit(lambda: poke(waiting), robust=True)
    return job


def _insert(job: Job) -> Job:
    """Insert the job, or return the one that holds its key."""
    if job.key is None:
        job.save(force_insert=True)
        return job
    while True:
        if job.key_lasts:
            Job.objects.bulk_create([job], ignore_conflicts=True)
        else:
            # Writing the key locks the waiting job: it cannot start before the caller's rows are there to be read.
            Job.objects.bulk_create([job], update_conflicts=True, unique_fields=["key"], update_fields=["key"])
        if held := Job.objects.filter(key=job.key).first():
            return held


def request_cancel(*, job: Job, principal: Principal, now: datetime) -> State:
    """Stop the job and return its new state: at once while it waits; a running one is told, and ends within seconds.

    A job that has ended stays as it is. Raises AccessRefused for a job of somebody else, unless the principal may
    upload for the whole organisation.
    """
    if not may_stop(job, principal):
        raise refused(Verb.UPLOAD)
    waits, before = When(state=State.QUEUED, then=Value(State.CANCELLED)), job.state
    with transaction.atomic():
        changed = Job.objects.filter(pk=job.pk, state__in=LIVE, cancel_requested_at=None).update(
            cancel_requested_at=now,
            finished_at=Case(When(state=State.QUEUED, then=Value(now)), default=F("finished_at")),
            key=Case(When(state=State.QUEUED, then=Value(None)), default=F("key")),
            state=Case(waits, default=F("state")),
        )
        job.refresh_from_db()
        if changed:
            record_change(
                principal=principal, kind="job", code=str(job.pk), verb="stopped", old=before, new=job.state, now=now
            )
    return State(job.state)


def may_stop(job: Job, principal: Principal) -> bool:
    """Return True for one's own job, and for every job when the principal may upload for the whole organisation."""
    own = principal.user_id is not None and principal.user_id == job.user_id
    return own or may(principal, Verb.UPLOAD, team_id=None)
