"""What people state about an API by hand."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from inventory.access.choices import OrganisationRole, PrincipalKind, TeamRole
from inventory.access.errors import AccessRefused
from inventory.access.models import StateChange, Team
from inventory.access.records import Principal
from inventory.errors import InventoryRefused
from inventory.models import Api, ApiTeam, Fact
from inventory.services.classify import assign_team, classify_api, give_team
from inventory.signals import ApisChanged, facts_recorded

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
LATER = datetime(2026, 6, 2, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def team() -> Team:
    return Team.objects.create(slug="payments", name="Payments")


@pytest.fixture
def api(team: Team) -> Api:
    api = Api.objects.create(
        code="API-1", stable_id=uuid4(), name="Orders", slug="orders", first_seen=NOW, last_seen=NOW
    )
    give_team(api=api, team=team, now=NOW)
    return api


def member_of(team: Team) -> Principal:
    return Principal(kind=PrincipalKind.USER, name="Ada", user_id=1, team_roles=((team.pk, TeamRole.MEMBER),))


def holder_of(role: OrganisationRole) -> Principal:
    return Principal(kind=PrincipalKind.USER, name="Ada", user_id=1, organisation_roles=frozenset({role}))


def test_a_member_classifies_what_the_team_holds_and_the_trail_tells_it(api: Api, team: Team) -> None:
    changes = {"reach": "public", "sensitivity": "restricted"}
    changed = classify_api(api=api, changes=changes, principal=member_of(team), now=NOW, reason="x")
    api.refresh_from_db()
    assert changed == ("reach", "sensitivity")
    assert (api.reach, api.sensitivity) == ("public", "restricted")
    row = StateChange.objects.get(verb="set reach")
    assert (row.code, row.old, row.new, row.reason, row.api_id) == ("API-1", "unknown", "public", "x", api.pk)


def test_stating_the_same_again_changes_and_tells_nothing(api: Api, team: Team) -> None:
    classify_api(api=api, changes={"reach": "public"}, principal=member_of(team), now=NOW)
    rows = StateChange.objects.count()
    heard: list[ApisChanged] = []

    def hear(result: ApisChanged, **_: object) -> None:
        heard.append(result)

    facts_recorded.connect(hear)
    try:
        assert classify_api(api=api, changes={"reach": "public"}, principal=member_of(team), now=LATER) == ()
        assert heard == []
        classify_api(api=api, changes={"reach": "internal"}, principal=member_of(team), now=LATER)
        assert [result.api_ids for result in heard] == [(api.pk,)]
    finally:
        facts_recorded.disconnect(hear)
    assert StateChange.objects.count() == rows + 1


def test_withdrawing_a_statement_leaves_what_other_sources_say(api: Api, team: Team) -> None:
    Fact.objects.create(
        api=api, attribute="reach", source_kind="specification", value="internal", first_seen=NOW, last_seen=NOW
    )
    classify_api(api=api, changes={"reach": "public"}, principal=member_of(team), now=NOW)
    classify_api(api=api, changes={"reach": None}, principal=member_of(team), now=LATER)
    api.refresh_from_db()
    assert api.reach == "internal"


@pytest.mark.parametrize("role", [OrganisationRole.AUDITOR, OrganisationRole.RESPONDER, OrganisationRole.ADMINISTRATOR])
def test_roles_that_only_look_are_refused_with_the_roles_that_may(api: Api, role: OrganisationRole) -> None:
    with pytest.raises(AccessRefused, match="Security manager"):
        classify_api(api=api, changes={"reach": "public"}, principal=holder_of(role), now=NOW)
    assert not Fact.objects.exists()


def test_a_stranger_to_the_team_is_refused(api: Api) -> None:
    other = Team.objects.create(slug="logistics", name="Logistics")
    with pytest.raises(AccessRefused):
        assign_team(api=api, team=other, principal=member_of(other), now=NOW)


@pytest.mark.parametrize(
    ("changes", "named"), [({"reach": "galactic"}, "public, partner"), ({"name": "x"}, "reach, environment")]
)
def test_a_word_outside_the_vocabulary_is_refused_with_the_vocabulary(
    api: Api, team: Team, changes: dict[str, str], named: str
) -> None:
    with pytest.raises(InventoryRefused, match=named):
        classify_api(api=api, changes=changes, principal=member_of(team), now=NOW)
    assert not Fact.objects.exists()


def test_an_api_comes_to_another_team_and_out_of_sight_of_the_old_one(api: Api, team: Team) -> None:
    other = Team.objects.create(slug="logistics", name="Logistics")
    assert assign_team(api=api, team=other, principal=holder_of(OrganisationRole.ANALYST), now=LATER)
    assert not Api.objects.visible_to(member_of(team)).exists()
    assert Api.objects.visible_to(member_of(other)).get() == api
    ended = ApiTeam.objects.get(team=team)
    assert (ended.since, ended.until) == (NOW, LATER)


def test_an_api_without_a_team_is_seen_by_organisation_roles_only(api: Api, team: Team) -> None:
    assign_team(api=api, team=None, principal=holder_of(OrganisationRole.SECURITY_MANAGER), now=LATER)
    assert not Api.objects.visible_to(member_of(team)).exists()
    assert Api.objects.visible_to(holder_of(OrganisationRole.AUDITOR)).exists()
