"""What happens by itself: schedules come with a migration, mail that is asked for, a fork leaves the parent alone."""

import os

import pytest
from django.core import mail
from django.db import connection

from inventory.access.services.resets import ask_reset
from inventory.jobs.choices import State
from inventory.jobs.models import Job, Schedule
from inventory.jobs.receivers import drop_inherited_connections
from inventory.jobs.services.running import run_job
from tests.inventory.access.people import PASSWORD, person
from tests.inventory.jobs.world import NOW


@pytest.mark.django_db
def test_migrating_seeds_the_schedules_of_the_code() -> None:
    assert {"jobs.clean", "blobs.expire"} <= set(Schedule.objects.values_list("name", flat=True))


@pytest.mark.django_db
def test_a_child_drops_its_parent_s_connection_without_ending_it() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        before = cursor.fetchone()
    child = os.fork()
    if child == 0:
        try:
            drop_inherited_connections()
        finally:
            os._exit(0 if connection.connection is None or connection.connection.closed else 1)
    assert os.waitpid(child, 0)[1] == 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        assert cursor.fetchone() == before


@pytest.mark.usefixtures("fresh_database")
def test_a_lost_password_is_answered_by_a_job_whose_row_holds_no_secret() -> None:
    user = person(password=PASSWORD)
    for email in (user.email, "nobody@test.example"):
        ask_reset(email=email, now=NOW)
    jobs = list(Job.objects.filter(kind="access.reset"))
    for job in jobs:
        run_job(job_id=job.pk, now=NOW)
    assert [sent.to for sent in mail.outbox] == [[user.email]]
    secret = str(mail.outbox[0].body).partition("/password/reset/")[2].partition("/")[0]
    rows = list(Job.objects.filter(kind="access.reset").values())
    assert {row["state"] for row in rows} == {State.DONE}
    assert secret
    assert secret not in str(rows)
    assert len({str(row["result"]) for row in rows}) == 1, "the row does not tell whether there was an account"
