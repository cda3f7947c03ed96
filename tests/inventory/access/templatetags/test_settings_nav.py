"""The tabs of the settings show what is open to the person, and where they are."""

import pytest
from django.template import engines
from django.test import RequestFactory

from inventory.access.choices import OrganisationRole
from inventory.access.selectors import principal_of
from tests.inventory.access.people import NOW, person

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.inventory.access.addresses")]


def drawn(role: OrganisationRole, current: str) -> str:
    request = RequestFactory().get("/")
    request.principal = principal_of(person(role), now=NOW)  # type: ignore[attr-defined] # as the middleware sets it
    page = engines["django"].from_string("{% load settings_nav %}{% settings_nav here %}")
    return page.render({"request": request, "here": current}, request)


def test_an_administrator_gets_to_the_rules_and_nobody_else() -> None:
    assert 'href="/settings/sign-in/"' in drawn(OrganisationRole.ADMINISTRATOR, "profile")
    assert "/settings/sign-in/" not in drawn(OrganisationRole.ANALYST, "profile")


def test_the_page_one_is_on_is_marked() -> None:
    page = drawn(OrganisationRole.ANALYST, "security")
    assert 'href="/settings/security/" aria-current="page"' in page
    assert page.count("aria-current") == 1
