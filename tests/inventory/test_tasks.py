"""The jobs of the inventory that come by themselves."""

from datetime import UTC, datetime

import pytest
from django.db import connections

from inventory.access.records import SYSTEM
from inventory.jobs.models import Schedule
from inventory.jobs.services.jobs import enqueue
from inventory.jobs.services.running import run_job

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
MONTHS = "SELECT count(*) FROM pg_inherits WHERE inhparent = 'access_statechange'::regclass"


@pytest.mark.usefixtures("fresh_database")
def test_a_missing_month_of_the_trail_is_made_again_by_the_daily_job() -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute(MONTHS)
        before = cursor.fetchone()[0]
        cursor.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits"
            " WHERE inhparent = 'access_statechange'::regclass ORDER BY 1 DESC LIMIT 1"
        )
        cursor.execute(f"DROP TABLE {cursor.fetchone()[0]}")
        cursor.execute(MONTHS)
        assert cursor.fetchone()[0] == before - 1
    job = enqueue(kind="inventory.make_months", arguments={}, principal=SYSTEM, now=NOW)
    run_job(job_id=job.pk, now=NOW)
    job.refresh_from_db()
    assert (job.state, job.result) == ("done", {"months": 1})
    with connections["owner"].cursor() as cursor:
        cursor.execute(MONTHS)
        assert cursor.fetchone()[0] == before
    assert Schedule.objects.get(name="months of the trail").rule == "daily 01:20"
