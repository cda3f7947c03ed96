"""What people set for themselves."""

from http import HTTPStatus

import pytest
from django.test import Client

from inventory.access.choices import OrganisationRole
from inventory.access.models import User
from tests.inventory.access.people import person

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.inventory.access.addresses")]


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize(
    ("back", "goes_to"),
    [("/kinds/own/?page=2", "/kinds/own/?page=2"), ("https://evil.example/", "/"), ("//evil.example", "/"), ("", "/")],
)
def test_the_colours_change_and_the_page_comes_back(back: str, goes_to: str) -> None:
    user = person(OrganisationRole.ANALYST)
    client = signed_in(user)
    answer = client.post("/settings/theme/", {"theme": "dark", "next": back})
    assert (answer.status_code, answer.headers["Location"]) == (HTTPStatus.FOUND, goes_to)
    user.refresh_from_db()
    assert user.theme == "dark"


def test_colours_that_do_not_exist_are_refused() -> None:
    user = person()
    client = signed_in(user)
    answer = client.post("/settings/theme/", {"theme": "<script>"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (HTTPStatus.UNPROCESSABLE_ENTITY, "text/plain")
    assert client.get("/settings/theme/").status_code == HTTPStatus.METHOD_NOT_ALLOWED
    user.refresh_from_db()
    assert user.theme == "auto"
