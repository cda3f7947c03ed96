"""What the ground floor does about its own news."""

import pytest

from inventory.access.models import Team
from inventory.access.records import SYSTEM
from inventory.jobs.models import Job
from inventory.models import Api, ApiTeam
from inventory.services.classify import assign_team
from inventory.services.traffic.logs import LogResult
from inventory.tasks import place
from tests.inventory.services.traffic.logs import NOW, call, endpoints, make_api, take_log
from tests.inventory.services.traffic.test_placing import team_member
from tests.inventory.views.test_traffic import as_run

pytestmark = pytest.mark.django_db


def given(team: Team) -> tuple[Api, LogResult]:
    """Return an API of nobody, and what came of a log that a team took in before."""
    ApiTeam.objects.create(api=make_api("Ours", base="/ours"), team=team, since=NOW)
    api = make_api("Stray", base="/stray")
    return api, take_log(call("GET /stray/a", calls=4), principal=team_member(team))


def test_an_api_that_comes_to_a_team_gets_the_calls_of_the_logs_of_that_team() -> None:
    team = Team.objects.create(slug="ours", name="Ours")
    api, result = given(team)
    assert (result.unmapped, endpoints(api)) == (4, {})
    assign_team(api=api, team=team, principal=SYSTEM, now=NOW)
    assert Job.objects.get(kind="inventory.place").arguments == {"apis": [api.pk]}
    told = place(as_run("inventory.place")) or {}
    assert endpoints(api) == {"GET /a": 4}
    assert [link["label"] for link in told["links"]] == ["Stray"]
    assert Job.objects.filter(kind="posture.score").exists()
