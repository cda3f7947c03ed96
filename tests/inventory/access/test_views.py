"""The pages of the first administrator, the password and the colours."""

import re
from http import HTTPStatus

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from inventory.access.choices import OrganisationRole
from inventory.access.models import StateChange, User, WelcomeLink
from inventory.access.selectors import principal_of
from inventory.access.services.first import first_link
from tests.inventory.access.people import NOW, PASSWORD, person

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.inventory.access.addresses")]
ADA = {"name": "Ada", "email": "Ada@test.example", "password": PASSWORD, "zone": "Europe/Paris"}
NEW = "another quiet harbour"


@pytest.fixture(autouse=True)
def _quick(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def link() -> str:
    printed = first_link(now=timezone.now())
    assert printed is not None
    return "/welcome/" + printed.partition("/welcome/")[2]


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


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
        ({"name": "x" * 121}, "at most 120 characters"),
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


def test_the_password_changes_and_other_sessions_end() -> None:
    user = person(password=PASSWORD)
    here, elsewhere = signed_in(user), signed_in(user)
    form = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    answer = here.post("/password/change/", form)
    assert (answer.status_code, answer.headers["Location"]) == (HTTPStatus.FOUND, "/")
    assert here.get("/kinds/own/").status_code == HTTPStatus.OK
    assert elsewhere.get("/kinds/own/").status_code == HTTPStatus.FOUND
    user.refresh_from_db()
    assert user.check_password(NEW)
    assert StateChange.objects.order_by("-id")[0].verb == "change password"
    assert "Your password is changed." in here.get("/password/change/").content.decode()


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"oldpassword": "wrong", "password1": NEW, "password2": NEW}, "The present password is wrong."),
        ({"oldpassword": PASSWORD, "password1": "short", "password2": "short"}, "at least 12 characters"),
        ({"oldpassword": PASSWORD, "password1": NEW, "password2": NEW + "x"}, "same password"),
    ],
)
def test_a_password_that_does_not_do_is_refused(form: dict[str, str], said: str) -> None:
    user = person(password=PASSWORD)
    client = signed_in(user)
    assert said in client.post("/password/change/", form).content.decode()
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_somebody_without_a_password_is_sent_to_their_identity_provider() -> None:
    page = signed_in(person()).get("/password/change/").content.decode()
    assert "identity provider" in page


def test_the_password_is_asked_once_more_before_what_matters() -> None:
    user = person(password=PASSWORD)
    client = signed_in(user)
    assert "Confirm that it is you" in client.get("/reauthenticate/?next=/kinds/own/").content.decode()
    wrong = client.post("/reauthenticate/", {"password": "wrong"})
    assert "The password is wrong." in wrong.content.decode()
    right = client.post("/reauthenticate/", {"password": PASSWORD, "next": "/kinds/own/"})
    assert right.headers["Location"] == "/kinds/own/"


def test_pages_about_oneself_ask_for_a_sign_in(client: Client) -> None:
    for path in ("/password/change/", "/reauthenticate/"):
        assert client.get(path).headers["Location"] == f"/login/?next={path}"
    assert client.post("/settings/theme/", {"theme": "dark"}).headers["Location"] == "/login/?next=/"


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
