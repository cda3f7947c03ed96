"""What happens by itself: schedules come with a migration, a fork leaves the parent's connection alone."""

import os

import pytest
from django.db import connection

from inventory.jobs.models import Schedule
from inventory.jobs.receivers import drop_inherited_connections


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
