"""Confirming that it is still oneself, by whatever one set up."""

from http import HTTPStatus

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from tests.inventory.access.people import PASSWORD, app_of, code_of, person, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.inventory.access.addresses")]
CONFIRM = "/reauthenticate/"


def test_the_password_confirms() -> None:
    client = signed_in(person(password=PASSWORD), ago=700)
    assert "Confirm that it is you" in client.get(f"{CONFIRM}?next=/kinds/own/").content.decode()
    wrong = client.post(CONFIRM, {"password": "wrong", "next": "/kinds/own/"})
    assert "The password is wrong." in wrong.content.decode()
    assert client.get("/kinds/grave/").status_code == HTTPStatus.FOUND
    right = client.post(CONFIRM, {"password": PASSWORD, "next": "/kinds/own/"})
    assert right.headers["Location"] == "/kinds/own/"
    assert client.get("/kinds/grave/").status_code == HTTPStatus.OK


def test_a_code_of_the_app_confirms_once() -> None:
    user = person()
    code = code_of(app_of(user))
    first, second = signed_in(user, ago=700), signed_in(user, ago=700)
    page = first.get(CONFIRM).content.decode()
    assert 'name="code"' in page
    assert 'name="password"' not in page
    assert first.post(CONFIRM, {"code": code}).headers["Location"] == "/"
    assert "did not match" in second.post(CONFIRM, {"code": code}).content.decode()


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "javascript:alert(1)", ""])
def test_it_goes_on_to_pages_of_ours_only(elsewhere: str) -> None:
    client = signed_in(person(password=PASSWORD))
    assert client.post(CONFIRM, {"password": PASSWORD, "next": elsewhere}).headers["Location"] == "/"


def test_somebody_with_nothing_to_confirm_by_is_told_what_to_do() -> None:
    page = signed_in(person(), ago=700).get(CONFIRM).content.decode()
    assert "Sign out and in again" in page


def test_a_passkey_is_asked_for_those_of_the_person_and_a_made_up_answer_is_refused() -> None:
    client = signed_in(person(password=PASSWORD), ago=700)
    asked = client.get("/reauthenticate/options/").json()["publicKey"]
    assert len(asked["challenge"]) > 20
    for credential in (
        "{}",
        "null",
        "x",
        "9" * 5000,
        "[" * 90_000,
        '{"id": "x", "rawId": "eA", "type": "public-key", "response": {}}',
    ):
        assert client.post(CONFIRM, {"credential": credential}).status_code == HTTPStatus.OK, credential
    assert client.get("/kinds/grave/").status_code == HTTPStatus.FOUND


def test_guessing_is_stopped(settings: Settings) -> None:
    del settings.ACCOUNT_RATE_LIMITS
    client = signed_in(person(password=PASSWORD), ago=700)
    answers = [client.post(CONFIRM, {"password": f"guess {number}"}).status_code for number in range(11)]
    assert answers == [HTTPStatus.OK] * 10 + [HTTPStatus.TOO_MANY_REQUESTS]
    assert client.get("/kinds/grave/").status_code == HTTPStatus.FOUND


def test_somebody_unknown_signs_in_first(client: Client) -> None:
    assert client.get(CONFIRM).headers["Location"] == f"/login/?next={CONFIRM}"
    assert client.get("/reauthenticate/options/").status_code == HTTPStatus.FOUND
