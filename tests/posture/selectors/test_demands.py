"""The numbers of the side bar: one query, and what the pages behind them say."""

from datetime import datetime, timedelta

import pytest
from django.http import QueryDict
from pytest_django import DjangoAssertNumQueries

from inventory.access.choices import OrganisationRole
from inventory.access.records import SYSTEM
from inventory.access.selectors import principal_of
from inventory.choices import RUN_JOB
from inventory.filters import STATES, ConnectionFilter, needing_care
from inventory.jobs.models import Job
from inventory.models import Connection, TrafficLog
from inventory.selectors.connections import healths
from posture.selectors.demands import Demands, demands
from tests.inventory.access.people import NOW, person

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def connect(name: str, **values: object) -> Connection:
    facts = {"code": name[:16], "kind": "folder", "rule": "every 3600", "created_at": NOW, "changed_at": NOW}
    return Connection.objects.create(name=name, **{**facts, **values})


def run_job_of(connection: Connection, state: str, at: datetime) -> None:
    Job.objects.create(
        kind=RUN_JOB, title="run", arguments={"connection": connection.pk}, principal=SYSTEM.stored(), queue="bulk",
        state=state, created_at=at, finished_at=None if state in {"queued", "running"} else at,
    )  # fmt: skip


def read_log_of(series: str, *, last_at: datetime) -> None:
    TrafficLog.objects.create(
        code=f"LOG-{TrafficLog.objects.count()}", series=series, digest=str(last_at), start=str(last_at), size=1,
        name="access.log", format="access_log", taken_at=NOW, first_at=last_at - HOUR, last_at=last_at,
    )  # fmt: skip


def test_a_log_without_calls_is_told_as_silent_though_it_is_read() -> None:
    connect("edge", last_run_at=NOW - HOUR, last_good_at=NOW - HOUR)
    read_log_of("edge", last_at=NOW - timedelta(days=4))
    [health] = healths(Connection.objects.visible_to(SYSTEM), now=NOW)
    assert health.state == "silent"
    assert health.told == f"Its log tells of no call since {NOW - timedelta(days=4):%d %b %Y, %H:%M} UTC"


def test_the_count_of_connections_says_what_their_page_says() -> None:
    good = {"last_run_at": NOW - HOUR, "last_good_at": NOW - HOUR}
    connect("good", **good)
    connect("never")
    connect("by-hand", rule="", last_run_at=NOW - 90 * HOUR, last_good_at=NOW - 90 * HOUR)
    connect("silent", last_run_at=NOW - 4 * HOUR, last_good_at=NOW - 4 * HOUR)
    connect("daily", rule="daily 03:00", last_run_at=NOW - 60 * HOUR, last_good_at=NOW - 60 * HOUR)
    connect("daily-silent", rule="daily 03:00", last_run_at=NOW - 80 * HOUR, last_good_at=NOW - 80 * HOUR)
    connect("failing", **good, failures=2, fault="No answer.")
    connect("paused", **good, failures=2, paused_at=NOW)
    crashed = connect("crashed", **good)
    run_job_of(crashed, "quarantined", NOW)
    run_job_of(connect("crash-before", **good), "failed", NOW - 2 * HOUR)
    run_job_of(connect("running", **good, failures=3), "running", NOW)
    run_job_of(connect("never-and-crashed"), "failed", NOW + HOUR)
    for name, hours in (("log-of-now", 2), ("log-of-a-weekend", 70), ("log-that-fell-silent", 75)):
        connect(name, **good)
        for age in (hours, hours + 500):
            read_log_of(name, last_at=NOW - age * HOUR)
    everyone = healths(Connection.objects.visible_to(SYSTEM), now=NOW)
    told = {row.connection.name for row in everyone if row.needs_care}
    counted = set(needing_care(Connection.objects.visible_to(SYSTEM), now=NOW).values_list("name", flat=True))
    assert (
        counted == told == {"silent", "daily-silent", "failing", "crashed", "never-and-crashed", "log-that-fell-silent"}
    )
    for state in STATES:
        asked = ConnectionFilter(QueryDict(f"state={state}"), kinds=(), teams=(), now=NOW)
        listed = set(asked.apply(Connection.objects.visible_to(SYSTEM)).values_list("name", flat=True))
        assert listed == {row.connection.name for row in everyone if ("care" if row.needs_care else row.state) == state}
        assert listed, state


def test_all_numbers_take_one_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    connect("failing", failures=1, last_run_at=NOW)
    principal = principal_of(person(OrganisationRole.AUDITOR), now=NOW)
    with django_assert_num_queries(1):
        assert demands(principal=principal, now=NOW) == Demands(connections=1)
