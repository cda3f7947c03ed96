"""The demo comes in step by step, once, by the services; a stop in between is gone on from."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from findings.models import Finding
from incidents.models import Episode
from inventory.access.models import StateChange
from inventory.jobs.models import Job
from inventory.models import Api, Connection, Endpoint, Run
from posture.models import DemoInstall
from posture.services.demo.loading import STEPS, begin
from posture.services.demo.progress import heard
from tests.posture.services.demo.small import go_on, keep_small

pytestmark = pytest.mark.usefixtures("fresh_database")


@pytest.fixture(autouse=True)
def _small(settings: Settings, tmp_path: Path) -> None:
    keep_small(settings, tmp_path)


def test_the_demo_comes_in_by_the_services_moves_to_yesterday_and_comes_once() -> None:
    assert begin(now=timezone.now())
    assert heard()
    go_on()
    install = DemoInstall.objects.get()
    assert (install.step, heard()) == (len(STEPS), None)
    assert install.done_at
    assert set(Api.objects.values_list("name", "team_rows__team__name")) == {
        ("Orders", "Logistics"),
        ("Ledger", "Payments"),
    }
    assert Endpoint.objects.get(path="/o/{id}").last_called == (
        timezone.now() + timedelta(minutes=1)
    ).date() - timedelta(1)
    assert {run.state for run in Run.objects.all()} == {"done"}
    assert Connection.objects.filter(failures=0).count() == 2
    assert Episode.objects.get().actor == "walker"
    assert Episode.objects.get().state == "acknowledged"
    assert Finding.objects.get(title="Leak").status == "triaged"
    assert set(Job.objects.filter(not_before=None).values_list("state", flat=True)) == {"done"}
    assert StateChange.objects.filter(kind="api", verb="set criticality").exists()
    jobs = Job.objects.count()
    assert not begin(now=timezone.now())
    DemoInstall.objects.all().delete()
    assert not begin(now=timezone.now()), "it has APIs by now"
    assert Job.objects.count() == jobs


def test_a_step_that_is_asked_for_twice_is_taken_once() -> None:
    begin(now=timezone.now())
    first = Job.objects.get()
    Job.objects.create(
        kind=first.kind, title="again", arguments=first.arguments, principal=first.principal, queue=first.queue,
        created_at=first.created_at + timedelta(seconds=1),
    )  # fmt: skip
    go_on()
    again = Job.objects.get(title="again")
    assert again.result == {"note": "This step was taken already."}
    assert Connection.objects.count() == 2
