"""The page of components: for developers only."""

from http import HTTPStatus

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from tests.inventory.access.people import person
from tests.posture.views.pages import signed_in

pytestmark = pytest.mark.django_db


def test_without_the_setting_there_is_no_such_page(settings: Settings) -> None:
    client = signed_in(person())
    assert not settings.COMPONENTS
    assert client.get("/components/").status_code == HTTPStatus.NOT_FOUND
    settings.COMPONENTS = True
    assert client.get("/components/").status_code == HTTPStatus.OK
    assert Client().get("/components/").status_code == HTTPStatus.FOUND


def test_each_tag_of_the_design_system_stands_on_it(settings: Settings) -> None:
    settings.COMPONENTS = True
    page = signed_in(person()).get("/components/").content.decode()
    names = (
        "risk sev sevcount delta spark avatar sla bar tag timeline steps kpi chip banner empty evidence pager menu"
        " table field tabs facts"
    )
    for name in names.split():
        assert f'class="{name}' in page or f" {name}" in page, name
