"""Teams: those whose APIs somebody sees."""

import pytest

from inventory.access.choices import OrganisationRole
from tests.callers import Caller, token_of
from tests.inventory.access.people import person, team

pytestmark = pytest.mark.django_db


def test_an_organisation_role_sees_all_teams_and_a_member_their_own() -> None:
    payments, logistics = team("Payments"), team("Logistics")
    auditor = Caller(user=person(OrganisationRole.AUDITOR))
    both = [{"slug": each.slug, "name": each.name} for each in (payments, logistics)]
    assert auditor.get("teams/") == {"results": both, "next": None}
    member = Caller(token=token_of(person(member_of=payments)))
    assert member.walk("teams/") == both[:1]
    assert Caller(user=person()).walk("teams/") == []


def test_a_foreign_team_looks_exactly_like_none() -> None:
    payments, logistics = team("Payments"), team("Logistics")
    member = Caller(token=token_of(person(member_of=payments)))
    assert member.get(f"teams/{payments.slug}/")["name"] == "Payments"
    foreign = member.get(f"teams/{logistics.slug}/")
    assert member.status == 404
    absent = member.get("teams/no-such/")
    assert member.status == 404
    assert str(foreign).replace(logistics.slug, "no-such") == str(absent)


def test_a_token_bound_to_a_team_sees_that_team_only() -> None:
    payments, logistics = team("Payments"), team("Logistics")
    analyst = person(OrganisationRole.ANALYST)
    assert len(Caller(token=token_of(analyst)).walk("teams/")) == 2
    bound = Caller(token=token_of(analyst, team=logistics))
    assert [row["slug"] for row in bound.walk("teams/")] == [logistics.slug]
    bound.get(f"teams/{payments.slug}/")
    assert bound.status == 404


def test_a_token_without_the_scope_to_see_is_told_so() -> None:
    caller = Caller(token=token_of(person(OrganisationRole.ANALYST), "upload"))
    for address in ("teams/", "teams/x/"):
        answer = caller.get(address)
        assert caller.status == 403
        assert "it has not the scope see" in answer["error"]["message"]
