"""A reset deletes what hangs on APIs, keeps people and the trail, and loads the demo anew."""

from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from findings.models import Decision, Finding, Report
from incidents.models import Episode
from inventory.access.choices import OrganisationRole
from inventory.access.errors import AccessRefused
from inventory.access.models import StateChange, Team, User
from inventory.access.selectors import principal_of
from inventory.jobs.models import Job, Schedule
from inventory.models import Api, Connection, DiscoveryPolicy
from posture.models import DemoInstall
from posture.services.demo.loading import begin
from posture.services.demo.resetting import ResetRefused, doomed, going, reset_demo
from tests.inventory.access.people import person
from tests.posture.services.demo.small import go_on, keep_small

pytestmark = pytest.mark.usefixtures("fresh_database")


@pytest.fixture(autouse=True)
def _small(settings: Settings, tmp_path: Path) -> None:
    keep_small(settings, tmp_path)


def test_a_reset_deletes_what_the_page_says_keeps_people_and_trail_and_loads_anew() -> None:
    begin(now=timezone.now())
    go_on()
    code = Api.objects.get(name="Orders").code
    people, teams, told = User.objects.count(), Team.objects.count(), StateChange.objects.count()
    administrator = principal_of(User.objects.get(email="administrator@demo.example"), now=timezone.now())
    assert going().apis == 2
    reset_demo(principal=administrator, now=timezone.now())
    for gone in (Api, Finding, Decision, Report, Episode, Connection):
        assert not gone.objects.exists(), gone
    assert not Schedule.objects.filter(name__startswith="connection ").exists()
    assert [job.kind for job in Job.objects.all()] == ["posture.demo"]
    assert (User.objects.count(), Team.objects.count(), DiscoveryPolicy.objects.count()) == (people, teams, 1)
    assert StateChange.objects.count() == told + 1
    go_on()
    assert DemoInstall.objects.get().done_at
    assert Api.objects.get(name="Orders").code != code
    assert Connection.objects.count() == 2


def test_nobody_but_an_administrator_and_no_installation_without_a_demo_is_reset() -> None:
    manager = principal_of(person(OrganisationRole.SECURITY_MANAGER), now=timezone.now())
    administrator = principal_of(person(OrganisationRole.ADMINISTRATOR), now=timezone.now())
    with pytest.raises(ResetRefused):
        reset_demo(principal=administrator, now=timezone.now())
    begin(now=timezone.now())
    with pytest.raises(AccessRefused):
        reset_demo(principal=manager, now=timezone.now())
    assert DemoInstall.objects.exists()


def test_what_people_and_policies_are_is_not_among_the_tables_that_go() -> None:
    tables = doomed()
    assert {
        "inventory_api",
        "findings_finding",
        "incidents_episode",
        "incidents_incident",
        "incidents_entry",
        "posture_apiscore",
        "jobs_job",
    } <= {*tables}
    kept = ("access_", "auth_", "django_", "posture_scoremodel", "inventory_discoverypolicy", "jobs_schedule")
    assert not [table for table in tables if table.startswith(kept)]
