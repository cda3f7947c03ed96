"""The page of one's own security."""

from http import HTTPStatus

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client

from inventory.access.models import FactorRule
from tests.inventory.access.people import PASSWORD, app_of, person, signed_in, team

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.inventory.access.addresses")]
SECURITY, END = "/settings/security/", "/settings/security/sessions/end/"


def browser(login: str) -> Client:
    client = Client(headers={"User-Agent": "Firefox/1 Linux"})
    client.post("/login/", {"login": login, "password": PASSWORD})
    return client


def test_it_shows_how_one_signs_in_and_where() -> None:
    user = person(password=PASSWORD)
    page = browser(user.email).get(SECURITY).content.decode()
    for said in ("Off: whoever knows your password is in.", "Change password", "Firefox on Linux", "This one"):
        assert said in page
    assert "End all others" not in page
    app_of(user)
    page = signed_in(user).get(SECURITY).content.decode()
    assert "A password alone does not open your account." in page
    assert "None yet: make some" in page


def test_sessions_end_one_by_one_or_all_others() -> None:
    user = person(password=PASSWORD)
    here, there, yonder = browser(user.email), browser(user.email), browser(user.email)
    number = UserSession.objects.get(session_key=there.session.session_key).pk
    assert here.post(END, {"number": str(number)}).headers["Location"] == SECURITY
    assert "The session is ended." in here.get(SECURITY).content.decode()
    assert there.get("/kinds/own/").status_code == HTTPStatus.FOUND
    for gone in (str(number), "0", "x", "9" * 40, "9" * 5000, "\N{SUPERSCRIPT TWO}", "\0"):
        here.post(END, {"number": gone})
        assert "had ended already" in here.get(SECURITY).content.decode(), gone
    here.post(END)
    assert "1 other session ended." in here.get(SECURITY).content.decode()
    assert yonder.get("/kinds/own/").status_code == HTTPStatus.FOUND
    assert here.get(END).status_code == HTTPStatus.METHOD_NOT_ALLOWED


def test_somebody_who_owes_a_factor_is_told_there() -> None:
    user = person(member_of=team())
    FactorRule.objects.create(role="member")
    assert "Your role asks for a second factor." in signed_in(user).get(SECURITY).content.decode()


def test_pages_of_the_settings_ask_for_a_sign_in(client: Client) -> None:
    for path in (SECURITY, "/settings/profile/", "/settings/sign-in/", "/settings/security/app/"):
        assert client.get(path).headers["Location"] == f"/login/?next={path}"
