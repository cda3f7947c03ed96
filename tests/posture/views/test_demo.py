"""The page that resets the demo: for administrators, after proof of who they are, saying what it deletes."""

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from inventory.access.choices import OrganisationRole
from inventory.models import Api
from posture.models import DemoInstall
from tests.inventory.access.people import person, signed_in
from tests.posture.services.estates import make_api
from tests.posture.views.pages import text_of

pytestmark = pytest.mark.django_db
PAGE = "/settings/demo/"


def test_the_page_counts_what_goes_and_deletes_nothing_before_the_box_is_ticked() -> None:
    make_api()
    DemoInstall.objects.create(moved_days=1, started_at=timezone.now())
    client = signed_in(person(OrganisationRole.ADMINISTRATOR))
    shown = text_of(client.get(PAGE).content)
    assert "1 API," in shown
    assert "the trail stay" in shown
    answer = client.post(PAGE)
    assert answer.status_code == 422
    assert "Tick the box" in text_of(answer.content)
    assert Api.objects.count() == 1


def test_an_installation_of_ones_own_has_nothing_to_reset() -> None:
    make_api()
    client = signed_in(person(OrganisationRole.ADMINISTRATOR))
    assert "no demo" in text_of(client.get(PAGE).content)
    assert client.post(PAGE, {"sure": "yes"}).status_code == 422
    assert Api.objects.count() == 1


def test_the_settings_lead_to_it_only_where_the_demo_is(settings: Settings) -> None:
    client = signed_in(person(OrganisationRole.ADMINISTRATOR))
    settings.DEMO_DATA = True
    assert PAGE in client.get("/settings/profile/").content.decode()
    settings.DEMO_DATA = False
    assert PAGE not in client.get("/settings/profile/").content.decode()
    settings.DEMO_DATA = True
    other = signed_in(person(OrganisationRole.ANALYST))
    assert PAGE not in other.get("/settings/profile/").content.decode()
