"""A profile is changed by its person, and the trail tells what changed."""

import pytest

from inventory.access.errors import AccessRefused
from inventory.access.models import StateChange
from inventory.access.selectors import principal_of
from inventory.access.services.profile import set_profile
from tests.inventory.access.people import NOW, person

pytestmark = pytest.mark.django_db


def test_what_changed_is_stored_and_told_and_nothing_else() -> None:
    user = person()
    acting = principal_of(user, now=NOW)
    wanted = {"name": user.name, "zone": "Europe/Warsaw", "start_page": "findings", "email": "x@y.example"}
    assert set_profile(user=user, wanted=wanted, principal=acting, now=NOW)
    assert not set_profile(user=user, wanted=wanted, principal=acting, now=NOW), "twice"
    row = StateChange.objects.get()
    assert (row.verb, row.code) == ("set profile", user.email)
    assert row.old == {"zone": "UTC", "start_page": "overview"}
    assert row.new == {"zone": "Europe/Warsaw", "start_page": "findings"}
    before = user.email
    user.refresh_from_db()
    assert (user.zone, user.start_page, user.email) == ("Europe/Warsaw", "findings", before)


def test_nobody_sets_the_profile_of_somebody_else() -> None:
    user = person()
    with pytest.raises(AccessRefused):
        set_profile(user=user, wanted={"name": "x"}, principal=principal_of(person(), now=NOW), now=NOW)
