"""Teams under other names."""

import pytest

from inventory.access.choices import OrganisationRole
from inventory.access.errors import AccessRefused
from inventory.access.models import StateChange
from inventory.access.selectors import principal_of
from inventory.access.services.teams import rename_team
from tests.inventory.access.people import NOW, person, team

pytestmark = pytest.mark.django_db


def test_a_team_keeps_its_address_under_another_name() -> None:
    payments, administrator = team(), principal_of(person(OrganisationRole.ADMINISTRATOR), now=NOW)
    assert rename_team(team=payments, name="Money", principal=administrator, now=NOW)
    assert not rename_team(team=payments, name="Money", principal=administrator, now=NOW)
    slug = payments.slug
    payments.refresh_from_db()
    assert (payments.name, payments.slug) == ("Money", slug)
    change = StateChange.objects.get(kind="team")
    assert (change.code, change.verb, change.old, change.new) == (slug, "rename", "Payments", "Money")


def test_its_owner_does_not_rename_it() -> None:
    payments = team()
    with pytest.raises(AccessRefused):
        rename_team(team=payments, name="X", principal=principal_of(person(owner_of=payments), now=NOW), now=NOW)
