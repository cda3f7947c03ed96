"""The same upload again does the work once: at the same time, and after a server that died, wherever it died."""

import os
import signal
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from findings.models import Report
from inventory.access.choices import OrganisationRole
from inventory.jobs.models import Job, KeptAnswer
from inventory.jobs.receivers import drop_inherited_connections
from tests.callers import Caller, token_of
from tests.findings.reports import result, sarif
from tests.inventory.access.people import person

REPORT = sarif(result("r1", "a.py"))


class Death:
    """Ends the process in the instant before its statement number `at`; counts from the start."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.seen = 0

    def __call__(self, execute: Callable[..., Any], *arguments: Any) -> Any:
        """Run a statement, unless its number is up."""
        self.seen += 1
        if self.seen == self.at:
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(*arguments)


def dies(token: str, key: str, at: int) -> bool:
    """Upload in a process of its own that is killed at a statement; False when there are fewer than that."""
    child = os.fork()
    if child == 0:
        drop_inherited_connections()
        with connection.execute_wrapper(Death(at)):
            Caller(token=token).upload(REPORT, key=key)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


@pytest.mark.usefixtures("fresh_database")
@pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")
def test_a_retry_after_a_crash_never_doubles() -> None:
    token = token_of(person(OrganisationRole.ANALYST))
    Caller(token=token).get("teams/")
    at, kept_before = 1, []
    while dies(token, f"key {at}", at):
        kept_before.append(KeptAnswer.objects.filter(key=f"key {at}").exists())
        caller = Caller(token=token)
        told = caller.upload(REPORT, key=f"key {at}")
        assert caller.status == 202, at
        assert Job.objects.filter(pk=told["job"]).count() == 1
        assert Job.objects.count() == Report.objects.count() == at, at
        at += 1
    assert at > 8
    assert not all(kept_before)
    # The last one was not killed before it was done: its answer never arrived, but is there.
    caller = Caller(token=token)
    caller.upload(REPORT, key=f"key {at}")
    assert caller.answer["Idempotency-Replayed"] == "true"
    assert Job.objects.count() == Report.objects.count() == at


@pytest.mark.usefixtures("fresh_database")
def test_the_same_request_four_times_at_once_is_one_job() -> None:
    token = token_of(person(OrganisationRole.ANALYST))
    answers: list[Any] = []

    def send() -> None:
        try:
            answers.append(Caller(token=token).upload(REPORT, key="once"))
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({answer["job"] for answer in answers}) == 1
    assert len(answers) == 4
    assert Job.objects.count() == Report.objects.count() == 1
