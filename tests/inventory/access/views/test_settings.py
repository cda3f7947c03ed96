"""What people set for themselves."""

from http import HTTPStatus

import pytest
from django.test import Client

from inventory.access.choices import OrganisationRole
from inventory.access.models import FactorRule, StateChange, User
from tests.inventory.access.people import person
from tests.inventory.access.people import signed_in as freshly

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


PROFILE = {"name": "Ada", "zone": "Asia/Tokyo", "theme": "dark", "start_page": "findings"}


def test_a_profile_is_saved_and_the_product_follows_it() -> None:
    user = person(OrganisationRole.ANALYST)
    client = signed_in(user)
    assert client.get("/start/").headers["Location"] == "/"
    answer = client.post("/settings/profile/", PROFILE)
    assert answer.headers["Location"] == "/settings/profile/"
    page = client.get("/settings/profile/").content.decode()
    assert "Your profile is saved." in page
    assert 'data-single-keys="off"' in page
    assert '<option value="Asia/Tokyo" selected>' in page
    assert client.get("/start/").headers["Location"] == "/findings/"
    user.refresh_from_db()
    assert (user.name, user.zone, user.theme, user.single_keys) == ("Ada", "Asia/Tokyo", "dark", False)
    assert StateChange.objects.filter(verb="set profile").count() == 1


@pytest.mark.parametrize(
    "wrong",
    [{"name": ""}, {"name": "x" * 121}, {"zone": "Mars/Olympus"}, {"theme": "x"}, {"start_page": "/evil"}],
)
def test_a_profile_that_cannot_be_is_refused_whole(wrong: dict[str, str]) -> None:
    user = person()
    answer = signed_in(user).post("/settings/profile/", {**PROFILE, **wrong})
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    user.refresh_from_db()
    assert (user.zone, user.theme) == ("UTC", "auto")


def test_what_else_is_sent_with_a_profile_is_ignored() -> None:
    user = person()
    signed_in(user).post("/settings/profile/", {**PROFILE, "email": "x@y.example", "is_active": "", "pk": "1"})
    user.refresh_from_db()
    assert user.email != "x@y.example"
    assert user.is_active


def test_an_administrator_says_which_roles_need_a_second_factor() -> None:
    person(OrganisationRole.AUDITOR)
    client = freshly(person(OrganisationRole.ADMINISTRATOR))
    page = client.get("/settings/sign-in/").content.decode()
    assert "1 of them has none yet" in page
    answer = client.post("/settings/sign-in/", {"roles": ["auditor", "owner"]})
    assert answer.headers["Location"] == "/settings/sign-in/"
    assert set(FactorRule.objects.values_list("role", flat=True)) == {"auditor", "owner"}
    page = client.get("/settings/sign-in/").content.decode()
    assert page.count(" checked") == 2
    refused = client.post("/settings/sign-in/", {"roles": ["emperor"]})
    assert refused.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    client.post("/settings/sign-in/", {})
    assert not FactorRule.objects.exists()


@pytest.mark.parametrize("role", [role for role in OrganisationRole if role != OrganisationRole.ADMINISTRATOR])
def test_nobody_else_sees_or_sets_the_rules(role: OrganisationRole) -> None:
    client = freshly(person(role))
    assert client.get("/settings/sign-in/").status_code == HTTPStatus.FORBIDDEN
    assert client.post("/settings/sign-in/", {"roles": ["auditor"]}).status_code == HTTPStatus.FORBIDDEN
    assert "/settings/sign-in/" not in client.get("/settings/profile/").content.decode()
    assert not FactorRule.objects.exists()
