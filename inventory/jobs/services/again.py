"""Trying a job again that failed or was quarantined."""

from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import F

from inventory.access.records import Principal
from inventory.access.rights import Verb, may_somewhere, refused
from inventory.access.services.trail import record_change
from inventory.jobs.choices import State
from inventory.jobs.models import Job
from inventory.jobs.services.broker import poke
from inventory.jobs.services.jobs import may_stop

BROKEN: Final = (State.FAILED, State.QUARANTINED)


def may_try_again(job: Job, principal: Principal) -> bool:
    """Return True for one's own job while one may upload, and for every job with the right to all uploads."""
    return may_stop(job, principal) and may_somewhere(principal, Verb.UPLOAD)


@transaction.atomic
def try_again(*, job: Job, principal: Principal, now: datetime) -> State:
    """Let a failed or quarantined job wait for a worker once more, and return its state.

    It acts for whom it acted before, with their rights of then. A job in any other state stays as it is, so that
    asking twice runs it once. Raises AccessRefused without the right.
    """
    if not may_try_again(job, principal):
        raise refused(Verb.UPLOAD)
    before = job.state
    waits = Job.objects.filter(pk=job.pk, state__in=BROKEN).update(
        state=State.QUEUED,
        attempts=0,
        crashes=0,
        sends=0,
        fence=F("fence") + 1,
        session=None,
        not_before=None,
        lease_until=None,
        sent_at=now,
        progress={},
        result=None,
        error="",
        cancel_requested_at=None,
        started_at=None,
        finished_at=None,
    )
    job.refresh_from_db()
    if waits:
        record_change(
            principal=principal, kind="job", code=str(job.pk), verb="tried again", old=before, new=job.state, now=now
        )
        waiting = [(job.pk, job.queue)]
        transaction.on_commit(lambda: poke(waiting), robust=True)
    return State(job.state)
