"""The page of compliance: what it offers to whom."""

import pytest

from inventory.access.choices import OrganisationRole
from tests.inventory.access.people import person
from tests.posture.services.estates import make_api
from tests.posture.views.pages import signed_in, text_of

pytestmark = pytest.mark.django_db
FOR_WHOM = "Reports are for: Security manager, Analyst, Team owner, Team member, Auditor."


@pytest.mark.parametrize("role", [OrganisationRole.ADMINISTRATOR, OrganisationRole.RESPONDER])
def test_who_may_not_take_a_report_along_is_told_who_may(role: OrganisationRole) -> None:
    assert shown_to(role) == (False, True)


@pytest.mark.parametrize("role", [OrganisationRole.AUDITOR, OrganisationRole.ANALYST])
def test_who_may_take_one_along_is_offered_it(role: OrganisationRole) -> None:
    assert shown_to(role) == (True, False)


def shown_to(role: OrganisationRole) -> tuple[bool, bool]:
    """Return whether the page offers an export, and whether it says for whom that is."""
    make_api()
    text = text_of(signed_in(person(role)).get("/compliance/").content)
    return "Export" in text.split(), FOR_WHOM in text
