"""The first administrator's page."""

import re
from http import HTTPStatus

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from inventory.access.models import User, WelcomeLink
from inventory.access.selectors import principal_of
from inventory.access.services.first import first_link
from tests.inventory.access.people import NOW, PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.inventory.access.addresses")]
ADA = {"name": "Ada", "email": "Ada@test.example", "password": PASSWORD, "zone": "Europe/Paris"}


@pytest.fixture(autouse=True)
def _quick(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def link() -> str:
    printed = first_link(now=timezone.now())
    assert printed is not None
    return "/welcome/" + printed.partition("/welcome/")[2]


def token_in(page: str) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert found is not None
    return found.group(1)


def test_the_first_person_fills_in_a_page_and_is_in(link: str) -> None:
    client = Client(enforce_csrf_checks=True)
    page = client.get(link)
    assert page.status_code == HTTPStatus.OK
    text = page.content.decode()
    assert "<b>administrator</b> and <b>security manager</b>" in text
    assert "no-store" in page.headers["Cache-Control"]
    answer = client.post(link, {**ADA, "csrfmiddlewaretoken": token_in(text)})
    assert (answer.status_code, answer.headers["Location"]) == (HTTPStatus.FOUND, "/")
    assert client.get("/kinds/own/").content == b"Ada"
    assert client.get("/kinds/grave/").content == b"done", "who just chose a password is not asked for it again"
    assert "This one" in client.get("/settings/security/").content.decode()
    user = User.objects.get()
    assert (user.email, user.zone) == ("ada@test.example", "Europe/Paris")
    assert principal_of(user, now=NOW).organisation_roles == {"administrator", "security_manager"}
    assert Client().post("/login/", {"login": "ada@test.example", "password": PASSWORD}).status_code == HTTPStatus.FOUND


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"password": "short"}, "at least 12 characters"),
        ({"password": "password123456"}, "too common"),
        ({"password": "ada@test.example", "email": "ada@test.example"}, "too similar"),
        ({"email": "ada"}, "valid email address"),
        ({"name": ""}, "This field is required"),
        ({"name": "x" * 121}, "At most 120 characters"),
        ({"zone": "Mars/Olympus"}, "Select a valid choice"),
    ],
)
def test_what_is_filled_in_wrongly_is_said_at_its_field_and_the_link_stays(
    client: Client, link: str, wrong: dict[str, str], said: str, caplog: pytest.LogCaptureFixture
) -> None:
    answer = client.post(link, {**ADA, **wrong})
    assert answer.status_code == HTTPStatus.OK
    assert caplog.text == "", "the link still works, so no log may hold it"
    assert said in answer.content.decode()
    assert PASSWORD not in answer.content.decode()
    assert not User.objects.exists()
    assert client.post(link, ADA).status_code == HTTPStatus.FOUND


def test_a_used_wrong_or_old_link_says_what_to_do(client: Client, link: str) -> None:
    client.post(link, ADA)
    WelcomeLink.objects.create(digest="0" * 64, expires_at=NOW)
    for address in (link, "/welcome/wrong/"):
        for answer in (Client().get(address), Client().post(address, ADA)):
            assert answer.status_code == HTTPStatus.NOT_FOUND
            assert "start Posture again" in answer.content.decode()
    assert User.objects.count() == 1
