"""Passwords are changed by who has one, and asked for again before what matters."""

from http import HTTPStatus

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from inventory.access.models import StateChange, User
from tests.inventory.access.people import PASSWORD, person

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.inventory.access.addresses")]
NEW = "another quiet harbour"


@pytest.fixture(autouse=True)
def _quick(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_the_password_changes_and_other_sessions_end() -> None:
    user = person(password=PASSWORD)
    here, elsewhere = signed_in(user), signed_in(user)
    form = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    answer = here.post("/password/change/", form)
    assert (answer.status_code, answer.headers["Location"]) == (HTTPStatus.FOUND, "/settings/security/")
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
