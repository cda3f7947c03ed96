"""A code is taken once, for as long as any clock near ours would still take it."""

from http import HTTPStatus

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.core.cache import cache
from django.test import Client
from pytest_django.fixtures import Settings

from inventory.access.models import StateChange, User
from tests.inventory.access.people import PASSWORD, app_of, code_of, person

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.inventory.access.addresses")]
STEP = "/login/confirm/"


def half_in(user: User, **extra: str) -> Client:
    """Return a browser in which the password was right."""
    client = Client(**extra)  # type: ignore[arg-type] # of the request
    answer = client.post("/login/", {"login": user.email, "password": PASSWORD, "next": "/kinds/own/"})
    assert answer.headers["Location"] == STEP
    return client


def is_in(client: Client) -> bool:
    return client.get("/kinds/own/").status_code == HTTPStatus.OK


def test_a_password_alone_does_not_sign_in_who_has_an_app() -> None:
    user = person(password=PASSWORD)
    secret = app_of(user)
    client = half_in(user)
    assert not is_in(client)
    page = client.get(STEP).content.decode()
    assert f"Signing in as {user.email}." in page
    wrong = client.post(STEP, {"code": "000000"})
    assert "This did not match." in wrong.content.decode()
    assert not is_in(client)
    answer = client.post(STEP, {"code": code_of(secret)})
    assert answer.headers["Location"] == "/kinds/own/"
    assert is_in(client)
    rows = list(StateChange.objects.order_by("id").values_list("verb", "new"))
    assert rows == [("fail second factor", None), ("sign in", {"by": ["password", "app code"]})]


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_a_code_of_this_half_minute_or_a_neighbour_is_taken_and_only_once(steps: int) -> None:
    user = person(password=PASSWORD)
    code = code_of(app_of(user), steps=steps)
    first, second = half_in(user), half_in(user)
    first.post(STEP, {"code": code})
    second.post(STEP, {"code": code})
    assert (is_in(first), is_in(second)) == (True, False)


def test_a_used_code_in_another_spelling_is_not_taken_once_allauth_forgot_it() -> None:
    user = person(password=PASSWORD)
    code = code_of(app_of(user), steps=1)
    first, second = half_in(user), half_in(user)
    first.post(STEP, {"code": code})
    assert cache.delete(f"allauth.mfa.totp.used?user={user.pk}&code={code}")
    second.post(STEP, {"code": f"{code[:3]} {code[3:]}"})
    assert (is_in(first), is_in(second)) == (True, False)


@pytest.mark.parametrize("steps", [-3, 3])
def test_a_code_of_another_time_is_not_taken(steps: int) -> None:
    user = person(password=PASSWORD)
    code = code_of(app_of(user), steps=steps)
    client = half_in(user)
    client.post(STEP, {"code": code})
    assert not is_in(client)


def test_a_recovery_code_stands_in_once() -> None:
    user = person(password=PASSWORD)
    app_of(user)
    code = RecoveryCodes.activate(user).generate_codes()[3]
    first, second = half_in(user), half_in(user)
    first.post(STEP, {"code": code})
    second.post(STEP, {"code": code})
    assert (is_in(first), is_in(second)) == (True, False)


def test_guessing_codes_is_stopped_for_the_account_wherever_it_comes_from(settings: Settings) -> None:
    del settings.ACCOUNT_RATE_LIMITS
    user = person(password=PASSWORD)
    secret = app_of(user)
    for number in range(5):
        half_in(user, REMOTE_ADDR=f"203.0.113.{100 + number}").post(STEP, {"code": "000000"})
    last = half_in(user, REMOTE_ADDR="203.0.113.120")
    assert "Too many tries" in last.post(STEP, {"code": code_of(secret)}).content.decode()
    assert not is_in(last)


def test_a_factor_taken_away_in_between_sends_back_to_the_start() -> None:
    user = person(password=PASSWORD)
    app_of(user)
    client = half_in(user)
    Authenticator.objects.all().delete()
    assert client.get(STEP).headers["Location"] == "/login/"
    assert not is_in(client)


def test_without_a_password_there_is_no_second_step(client: Client) -> None:
    for answer in (client.get(STEP), client.post(STEP, {"code": "123456"})):
        assert answer.headers["Location"] == "/login/"


def test_a_factor_whose_key_is_gone_says_what_to_do(settings: Settings) -> None:
    user = person(password=PASSWORD)
    secret = app_of(user)
    RecoveryCodes.activate(user)
    old = settings.SEAL_KEYS
    settings.SEAL_KEYS = (("new", bytes(32)), *old)
    client = half_in(user)
    client.post(STEP, {"code": code_of(secret)})
    assert is_in(client), "an older key still opens"
    settings.SEAL_KEYS = (("new", bytes(32)),)
    assert "0 left" in client.get("/settings/security/").content.decode()
    lost = half_in(user)
    assert "Ask an administrator to reset it." in lost.post(STEP, {"code": code_of(secret)}).content.decode()
    assert not is_in(lost)
