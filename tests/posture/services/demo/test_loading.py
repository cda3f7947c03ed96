"""The demo comes in step by step, once, by the services; a stop in between is gone on from."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db.models import Q
from django.utils import timezone
from pytest_django.fixtures import Settings

from findings.models import Finding
from incidents.models import Episode
from inventory.access.models import StateChange
from inventory.jobs.models import Job
from inventory.jobs.services.running import run_job
from inventory.models import Api, Connection, Endpoint, Run
from posture.models import DemoInstall
from posture.services.demo.loading import STEPS, begin
from posture.services.demo.progress import heard
from tests.findings.reports import openapi
from tests.incidents.services.test_looking import line

pytestmark = pytest.mark.usefixtures("fresh_database")


@pytest.fixture(autouse=True)
def small(settings: Settings, tmp_path: Path) -> None:
    """Keep a demo of two APIs, one of which was walked through."""
    settings.POSTURE_HOME = tmp_path
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.DEMO_DATA = True
    settings.DEMO_SOURCE, settings.DEMO_FOLDER = tmp_path / "kept", tmp_path / "demo"
    settings.CONNECT_FOLDERS = (settings.DEMO_FOLDER,)
    apis = [
        {"slug": "orders", "title": "Orders", "team": "Logistics", "running": True},
        {"slug": "ledger", "title": "Ledger", "team": "Payments", "running": False},
    ]
    start = datetime(2026, 3, 3, 10, tzinfo=UTC)
    walk = [line(start + timedelta(seconds=6 * number), "walker", f"/o/{number + 1}") for number in range(40)]
    zap = {
        "@programName": "ZAP", "created": "2026-03-03T04:00:00Z", "site": [{"@name": "https://api.shop.example",
        "alerts": [{"pluginid": "1", "name": "Leak", "riskcode": "3", "confidence": "3", "cweid": "200",
        "instances": [{"uri": "https://api.shop.example/o/7", "method": "GET", "param": ""}]}]}],
    }  # fmt: skip
    write(settings.DEMO_SOURCE / "apis.json", json.dumps(apis))
    write(settings.DEMO_SOURCE / "lab.json", json.dumps({"first_day": "2026-03-02", "days": 2}))
    server = "https://api.shop.example"
    write(settings.DEMO_SOURCE / "specifications" / "orders.json", openapi("Orders", "/o/{id}", server=server))
    write(settings.DEMO_SOURCE / "specifications" / "ledger.json", openapi("Ledger", "/entries"))
    write(settings.DEMO_SOURCE / "logs" / "access.json", "\n".join(walk))
    write(settings.DEMO_SOURCE / "reports" / "zap.json", json.dumps(zap))


def write(path: Path, content: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)


def go_on(most: int = 200) -> int:
    """Do the jobs that wait, as workers would a minute later; return how many were done."""
    done, now = 0, timezone.now() + timedelta(minutes=1)
    soon = Q(not_before=None) | Q(not_before__lte=now + timedelta(minutes=10))
    while (job := Job.objects.filter(soon, state="queued").order_by("created_at").first()) and done < most:
        Job.objects.filter(pk=job.pk).update(not_before=None)
        run_job(job_id=job.pk, now=now)
        done += 1
    return done


def test_the_demo_comes_in_by_the_services_and_moves_to_yesterday() -> None:
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


def test_a_second_start_and_an_installation_with_apis_load_nothing() -> None:
    assert begin(now=timezone.now())
    go_on()
    jobs = Job.objects.count()
    assert not begin(now=timezone.now())
    DemoInstall.objects.all().delete()
    assert not begin(now=timezone.now())
    assert Job.objects.count() == jobs


def test_a_step_that_is_asked_for_twice_is_taken_once() -> None:
    begin(now=timezone.now())
    first = Job.objects.get()
    Job.objects.create(
        kind=first.kind, title="again", arguments=first.arguments, principal=first.principal, queue=first.queue,
        created_at=first.created_at,
    )  # fmt: skip
    go_on()
    again = Job.objects.get(title="again")
    assert again.result == {"note": "This step was taken already."}
    assert Connection.objects.count() == 2
