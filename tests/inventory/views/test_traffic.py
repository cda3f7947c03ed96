"""The page of traffic: whom it is open to, what it tells, and the two acts on it."""

from http import HTTPStatus

import pytest
from django.test import Client

from inventory.access.choices import OrganisationRole
from inventory.access.models import StateChange
from inventory.access.records import SYSTEM
from inventory.jobs.models import Job
from inventory.jobs.records import Run
from inventory.models import Api, DiscoveryPolicy, TrafficLog
from inventory.models.traffic import discovery_days
from inventory.tasks import place
from tests.inventory.access.people import person, team
from tests.inventory.services.traffic.logs import NOW, call, endpoints, take_log
from tests.posture.views.pages import rows_of, signed_in, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager() -> Client:
    return signed_in(person(OrganisationRole.SECURITY_MANAGER))


def test_who_sees_only_teams_is_told_which_roles_see_traffic() -> None:
    member = signed_in(person(member_of=team("ours")))
    assert member.get("/traffic/").status_code == HTTPStatus.FORBIDDEN
    assert member.post("/traffic/adopt/", {"host": "odd.example"}).status_code == HTTPStatus.FORBIDDEN
    assert member.post("/policies/discovery/", {"days": "7"}).status_code == HTTPStatus.FORBIDDEN
    assert 'href="/traffic/"' not in member.get("/jobs/").content.decode()


def test_an_auditor_reads_and_does_nothing() -> None:
    auditor = signed_in(person(OrganisationRole.AUDITOR))
    take_log(call("GET /a", host="odd.example"))
    page = auditor.get("/traffic/")
    assert page.status_code == HTTPStatus.OK
    assert "Make an API" not in text_of(page.content)
    assert 'name="days"' not in page.content.decode()
    assert auditor.post("/traffic/adopt/", {"host": "odd.example"}).status_code == HTTPStatus.FORBIDDEN
    assert auditor.post("/policies/discovery/", {"days": "7"}).status_code == HTTPStatus.FORBIDDEN


def test_a_host_without_an_api_becomes_one_by_a_click_and_its_calls_come_along(manager: Client) -> None:
    take_log(call("GET /a", host="odd.example", calls=1234), call("GET /b", host="odd.example", calls=2, ok=0))
    take_log(call("GET /a", host=""))
    first, second = [row for row in rows_of(manager.get("/traffic/").content) if "Series" not in row]
    assert first.startswith("odd.example")
    assert "1,236" in first
    assert "No host in the log" in second
    answer = manager.post("/traffic/adopt/", {"host": "odd.example"})
    api = Api.objects.get(name="odd.example")
    place(as_run("inventory.place"))
    assert answer.headers["Location"] == f"/jobs/{Job.objects.get(kind='inventory.place').pk}/"
    assert endpoints(api) == {"GET /a": 1234}
    assert StateChange.objects.get(verb="created", code=api.code).source == "log"
    again = manager.post("/traffic/adopt/", {"host": "odd.example"}, follow=True)
    assert "belong to no API" in text_of(again.content)
    assert Api.objects.count() == 1


def as_run(kind: str) -> Run:
    """Return the run of the one job of a kind."""
    job = Job.objects.get(kind=kind)
    return Run(job_id=job.pk, arguments=job.arguments, principal=SYSTEM, now=NOW)


def test_the_threshold_is_stated_and_set_by_who_sets_policies(manager: Client) -> None:
    assert "on one of the last 30 observed days" in text_of(manager.get("/traffic/").content)
    for wrong in ("0", "366", "-1", "x", ""):
        manager.post("/policies/discovery/", {"days": wrong})
    assert not DiscoveryPolicy.objects.exclude(days=30).exists()
    manager.post("/policies/discovery/", {"days": "7"})
    manager.post("/policies/discovery/", {"days": "7"})
    assert discovery_days() == 7
    assert "on one of the last 7 observed days" in text_of(manager.get("/traffic/").content)
    change = StateChange.objects.get(kind="policy", code="discovery")
    assert (change.old, change.new) == (30, 7)


def test_skipped_lines_and_hostile_names_are_text(manager: Client) -> None:
    take_log(call("GET /a", host="odd.example"), series="<b>edge</b>")
    skipped = [{"place": "line 3", "what": "<script>x</script>"}]
    TrafficLog.objects.update(name="<i>a.log", counts={"calls": 1, "skipped": 7, "skipped_lines": skipped})
    page = manager.get("/traffic/").content.decode()
    assert "&lt;script&gt;x" in page
    assert "<script>x" not in page
    assert "<b>edge" not in page
