"""Signing in: whom it lets in, and what it tells those it does not."""

import re
from http import HTTPStatus

import pytest
from allauth.account.adapter import get_adapter
from django.conf import settings as product
from django.contrib.auth.hashers import MD5PasswordHasher
from django.http import HttpResponse
from django.test import Client, RequestFactory
from pytest_django.fixtures import Settings
from typing_extensions import override

from inventory.access.choices import OrganisationRole
from inventory.access.models import StateChange
from tests.inventory.access.people import PASSWORD, person, team

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.inventory.access.addresses")]


class CountingHasher(MD5PasswordHasher):
    """Counts what takes the time of a sign-in."""

    count = 0

    @override
    def encode(self, password: str, salt: str) -> str:
        """Return the stored form."""
        type(self).count += 1
        return super().encode(password, salt)


@pytest.fixture(autouse=True)
def hasher(settings: Settings) -> type[CountingHasher]:
    settings.PASSWORD_HASHERS = [f"{__name__}.CountingHasher"]
    return CountingHasher


def sign_in(client: Client, login: str, password: str = PASSWORD, **extra: str) -> HttpResponse:
    return client.post("/login/", {"login": login, "password": password, **extra})  # type: ignore[return-value]


def is_signed_in(client: Client) -> bool:
    return client.get("/kinds/own/").status_code == HTTPStatus.OK


def masked(answer: HttpResponse, login: str) -> str:
    page = answer.content.decode().replace(login, "LOGIN")
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page)


def test_somebody_signs_in_and_the_trail_says_so(client: Client) -> None:
    user = person(OrganisationRole.ANALYST, password=PASSWORD)
    answer = sign_in(client, user.email)
    assert (answer.status_code, answer.headers["Location"]) == (HTTPStatus.FOUND, "/start/")
    assert client.get("/kinds/own/").content.decode() == user.name
    row = StateChange.objects.get()
    assert (row.actor, row.kind, row.code, row.verb) == (f"user:{user.pk}", "person", user.email, "sign in")


def test_the_address_may_be_spelled_anyhow(client: Client) -> None:
    user = person(password=PASSWORD)
    sign_in(client, f"  {user.email.upper()} ")
    assert is_signed_in(client)


def test_the_session_gets_a_new_key_and_ends_with_the_browser(client: Client) -> None:
    client.get("/login/")
    client.session.save()
    before = client.session.session_key
    sign_in(client, person(password=PASSWORD).email)
    assert client.session.session_key != before
    cookie = client.cookies[product.SESSION_COOKIE_NAME]
    assert (cookie["max-age"], cookie["httponly"], cookie["samesite"]) == ("", True, "Lax")


@pytest.mark.parametrize(
    ("after", "goes_to"),
    [
        ("/kinds/team/?q=a&b=c", "/kinds/team/?q=a&b=c"),
        ("https://evil.example/", "/start/"),
        ("//evil.example/", "/start/"),
        ("\\\\evil.example", "/start/"),
        ("javascript:alert(1)", "/start/"),
        ("", "/start/"),
    ],
)
def test_the_sign_in_goes_on_to_a_page_of_ours_and_to_no_other(client: Client, after: str, goes_to: str) -> None:
    page = client.get("/login/", {"next": after}).content.decode()
    if goes_to != "/start/":
        assert 'name="next" value="/kinds/team/?q=a&amp;b=c"' in page
    answer = sign_in(client, person(password=PASSWORD).email, next=after)
    assert answer.headers["Location"] == goes_to


def test_an_unknown_address_a_wrong_password_and_a_closed_account_read_alike(client: Client) -> None:
    pages = set()
    for login in (
        person(password=PASSWORD).email,
        person(password=PASSWORD, is_active=False).email,
        person().email,
        "nobody@test.example",
    ):
        answer = sign_in(client, login, "not the password")
        assert answer.status_code == HTTPStatus.OK
        pages.add(masked(answer, login))
    assert len(pages) == 1
    assert "Email or password is wrong." in pages.pop()
    assert not is_signed_in(client)


def test_they_take_alike_too_for_each_hashes_once(client: Client, hasher: type[CountingHasher]) -> None:
    logins = [person(password=PASSWORD).email, person(password=PASSWORD, is_active=False).email, person().email]
    for login in (*logins, "nobody@test.example"):
        hasher.count = 0
        sign_in(client, login, "not the password")
        assert hasher.count == 1, login


def test_a_closed_account_is_told_so_only_to_those_who_know_the_password(client: Client) -> None:
    answer = sign_in(client, person(password=PASSWORD, is_active=False).email)
    assert answer.status_code == HTTPStatus.FORBIDDEN
    assert "not active" in answer.content.decode()
    assert not is_signed_in(client)
    assert not StateChange.objects.exists()


def test_nobody_signs_up(client: Client) -> None:
    for path in ("/signup/", "/accounts/signup/", "/email/", "/confirm-email/", "/login/code/"):
        assert client.get(path).status_code == HTTPStatus.NOT_FOUND, path
    assert "sign up" not in client.get("/login/").content.decode().lower()
    assert not get_adapter().is_open_for_signup(RequestFactory().get("/"))


def test_the_pages_have_no_second_form_as_json(client: Client) -> None:
    answer = client.get("/login/", headers={"Accept": "application/json", "X-Requested-With": "XMLHttpRequest"})
    assert answer.headers["Content-Type"].startswith("text/html")


def test_somebody_signs_out_on_a_button_and_not_by_a_link(client: Client) -> None:
    user = person(owner_of=team(), password=PASSWORD)
    sign_in(client, user.email)
    assert "Sign out?" in client.get("/logout/").content.decode()
    assert is_signed_in(client)
    answer = client.post("/logout/")
    assert answer.headers["Location"] == "/"
    assert not is_signed_in(client)
    assert list(StateChange.objects.order_by("id").values_list("verb", flat=True)) == ["sign in", "sign out"]
    assert "You are signed out." in client.get("/login/").content.decode()


def test_a_stale_page_is_answered_with_what_to_do() -> None:
    client = Client(enforce_csrf_checks=True)
    answer = sign_in(client, person(password=PASSWORD).email)
    assert answer.status_code == HTTPStatus.FORBIDDEN
    assert "This page is out of date" in answer.content.decode()


def test_guessing_one_password_is_slowed_down_and_then_stopped(settings: Settings) -> None:
    del settings.ACCOUNT_RATE_LIMITS
    guesser, user, other = Client(REMOTE_ADDR="203.0.113.7"), person(password=PASSWORD), person(password=PASSWORD)
    pages = [sign_in(guesser, user.email, f"guess {number}").content.decode() for number in range(6)]
    assert ["Too many tries" in page for page in pages] == [False] * 5 + [True]
    assert "Too many tries" in sign_in(guesser, user.email).content.decode()
    assert not is_signed_in(guesser)
    elsewhere = Client(REMOTE_ADDR="203.0.113.8")
    sign_in(elsewhere, other.email)
    assert is_signed_in(elsewhere)


def test_trying_many_accounts_from_one_address_is_stopped(settings: Settings) -> None:
    del settings.ACCOUNT_RATE_LIMITS
    client = Client(REMOTE_ADDR="203.0.113.9")
    answers = [sign_in(client, f"person-{number}@nowhere.example", "guess") for number in range(31)]
    assert "Email or password is wrong." in answers[9].content.decode()
    assert "Too many tries" in answers[10].content.decode()
    assert answers[29].status_code == HTTPStatus.OK
    assert answers[30].status_code == HTTPStatus.TOO_MANY_REQUESTS
    assert "Wait five minutes" in answers[30].content.decode()
