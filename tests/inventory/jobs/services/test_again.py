"""Trying again what failed: by whom, once, from the start, on the trail."""

import pytest

from inventory.access.choices import OrganisationRole, PrincipalKind, TeamRole
from inventory.access.errors import AccessRefused
from inventory.access.models import StateChange
from inventory.access.records import Principal
from inventory.access.selectors import principal_of
from inventory.jobs.choices import State
from inventory.jobs.models import Job
from inventory.jobs.services.again import try_again
from inventory.jobs.services.broker import depth
from inventory.jobs.services.jobs import enqueue
from inventory.jobs.services.running import run_job
from tests.inventory.access.people import person
from tests.inventory.jobs.world import NOW, effects

pytestmark = pytest.mark.usefixtures("database")


def ended(state: State, principal: Principal) -> Job:
    """Return a job that ended in this state after three starts."""
    job = enqueue(kind="test.effect", arguments={"slug": "again"}, principal=principal, now=NOW)
    Job.objects.filter(pk=job.pk).update(
        state=state, error="It went wrong.", attempts=3, crashes=3, started_at=NOW, finished_at=NOW,
        progress={"done": 3, "stage": "Read"}, result={"note": "x"},
    )  # fmt: skip
    job.refresh_from_db()
    return job


def member() -> Principal:
    """Return somebody of a team that is nowhere stored: the fixture takes teams away."""
    user = person()
    return Principal(kind=PrincipalKind.USER, name=user.name, user_id=user.pk, team_roles=((7, TeamRole.MEMBER),))


def analyst() -> Principal:
    return principal_of(person(OrganisationRole.ANALYST), now=NOW)


@pytest.mark.parametrize("state", [State.FAILED, State.QUARANTINED])
def test_what_failed_waits_anew_and_runs_to_its_end(state: State) -> None:
    principal = analyst()
    job = ended(state, principal)
    sent = depth("short") or 0
    assert try_again(job=job, principal=principal, now=NOW) == State.QUEUED
    assert (job.attempts, job.crashes, job.error, job.progress, job.finished_at) == (0, 0, "", {}, None)
    assert depth("short") == sent + 1
    run_job(job_id=job.pk, now=NOW)
    job.refresh_from_db()
    assert (job.state, job.attempts, effects()) == (State.DONE, 1, 1)
    change = StateChange.objects.get(kind="job", code=str(job.pk))
    assert (change.verb, change.old, change.new) == ("tried again", state.value, "queued")


def test_asking_twice_asks_once_and_what_did_not_fail_stays() -> None:
    principal = analyst()
    job = ended(State.FAILED, principal)
    for _ in range(2):
        try_again(job=job, principal=principal, now=NOW)
    assert StateChange.objects.filter(verb="tried again", code=str(job.pk)).count() == 1
    for state in (State.DONE, State.CANCELLED):
        done = ended(state, principal)
        assert try_again(job=done, principal=principal, now=NOW) == state


def test_others_jobs_are_for_those_who_may_upload_everywhere() -> None:
    owner = member()
    for role, may in ((OrganisationRole.ADMINISTRATOR, True), (OrganisationRole.AUDITOR, False),
                      (OrganisationRole.RESPONDER, False), (OrganisationRole.SECURITY_MANAGER, True)):  # fmt: skip
        job, other = ended(State.FAILED, owner), principal_of(person(role), now=NOW)
        if may:
            assert try_again(job=job, principal=other, now=NOW) == State.QUEUED
        else:
            with pytest.raises(AccessRefused):
                try_again(job=job, principal=other, now=NOW)
    with pytest.raises(AccessRefused):
        try_again(job=ended(State.FAILED, owner), principal=member(), now=NOW)
    assert try_again(job=ended(State.FAILED, owner), principal=owner, now=NOW) == State.QUEUED


def test_who_may_no_longer_upload_tries_nothing_again() -> None:
    left = principal_of(person(), now=NOW)
    with pytest.raises(AccessRefused):
        try_again(job=ended(State.FAILED, left), principal=left, now=NOW)
