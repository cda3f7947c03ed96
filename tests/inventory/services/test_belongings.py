"""What hangs on people and teams on this floor."""

import pytest

from inventory.access.belongings import floors
from inventory.access.choices import OrganisationRole
from inventory.access.models import StateChange
from inventory.access.selectors import principal_of
from inventory.models import Connection
from inventory.services.belongings import Apis
from inventory.services.classify import give_team
from tests.inventory.access.people import NOW, person, team
from tests.posture.services.estates import make_api

pytestmark = pytest.mark.django_db


def test_the_floor_is_asked() -> None:
    assert [type(floor) for floor in floors()] == [Apis]


def test_a_team_holds_what_it_holds_now_and_reads_the_trail_of_that() -> None:
    payments, logistics = team(), team("Logistics")
    kept, given = make_api(team=payments), make_api(team=payments)
    give_team(api=given, team=logistics, now=NOW)
    assert Apis().count_by_team([payments.pk, logistics.pk, 0]) == {payments.pk: 1, logistics.pk: 1}
    Connection.objects.create(code="CON-A", kind="url", name="n", team=payments, created_at=NOW, changed_at=NOW)
    rows = (("api", "a", kept.pk), ("api", "b", given.pk), ("connection", "CON-A", None), ("x", "CON-A", None))
    for kind, code, pk in rows:
        StateChange.objects.create(
            happened_at=NOW, actor="system", actor_name="x", kind=kind, code=code, verb="v", api_id=pk
        )
    found = StateChange.objects.filter(Apis().trail_of_teams([payments.pk]))
    assert {(change.kind, change.code) for change in found} == {("api", "a"), ("connection", "CON-A")}


def test_owner_and_deputy_of_one_api_are_told_and_handed_over_each() -> None:
    user, successor = person(), person()
    api = make_api(owner=user, deputy=user)
    assert [each.as_what for each in Apis().of_person(user.pk)] == ["Owner", "Deputy"]
    principal = principal_of(person(OrganisationRole.ADMINISTRATOR), now=NOW)
    Apis().hand_over(leaver=user, successor=successor, principal=principal, now=NOW)
    api.refresh_from_db()
    assert (api.owner, api.deputy) == (successor, successor)
    assert Apis().of_person(user.pk) == []
    assert StateChange.objects.filter(api_id=api.pk).count() == 2
