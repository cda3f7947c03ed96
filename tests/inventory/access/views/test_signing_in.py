"""Signing in with a passkey: the question names nobody, and made-up answers open nothing."""

import base64
import json
from http import HTTPStatus

import pytest
from allauth.account.utils import user_pk_to_url_str
from django.test import Client
from pytest_django.fixtures import Settings

from inventory.access.models import StateChange, User
from tests.inventory.access.people import PASSWORD, person

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.inventory.access.addresses")]
PASSKEY = "/login/passkey/"


def answer_of(user: User | None) -> str:
    """Return what a browser would say for a passkey nobody registered."""
    handle = base64.urlsafe_b64encode(user_pk_to_url_str(user).encode()).decode().rstrip("=") if user else "OTk5OTk5"
    made = {"clientDataJSON": "e30", "authenticatorData": "AA" * 30, "signature": "AA", "userHandle": handle}
    return json.dumps({"id": "eA", "rawId": "eA", "type": "public-key", "response": made})


def test_the_question_is_the_same_for_everybody_but_for_its_chance(client: Client) -> None:
    person(password=PASSWORD)
    asked = [client.get(PASSKEY).json()["publicKey"] for _ in range(2)]
    challenges = {question.pop("challenge") for question in asked}
    assert len(challenges) == 2
    assert asked[0] == asked[1]
    assert asked[0]["userVerification"] == "required"
    assert not asked[0].get("allowCredentials")


def test_answers_that_do_not_fit_open_nothing_and_read_alike(client: Client) -> None:
    pages = set()
    answers = [
        "",
        "{}",
        "null",
        "x",
        "9" * 5000,
        "[" * 90_000,
        "[]",
        '"x"',
        answer_of(None),
        answer_of(person(password=PASSWORD)),
    ]
    for credential in answers:
        client.get(PASSKEY)
        answer = client.post(PASSKEY, {"credential": credential})
        assert (answer.status_code, answer.headers["Location"]) == (HTTPStatus.FOUND, "/login/"), credential
        pages.add("This passkey is not known here." in client.get("/login/").content.decode())
        assert client.get("/kinds/own/").status_code == HTTPStatus.FOUND
    assert pages == {True}
    assert not StateChange.objects.filter(verb="sign in").exists()


def test_an_answer_without_a_question_opens_nothing(client: Client) -> None:
    assert client.post(PASSKEY, {"credential": answer_of(person())}).headers["Location"] == "/login/"


def test_trying_on_is_stopped(settings: Settings) -> None:
    del settings.MFA_RATE_LIMITS
    client = Client(REMOTE_ADDR="203.0.113.41")
    answers = [client.post(PASSKEY, {"credential": "{}"}).status_code for _ in range(11)]
    assert answers == [HTTPStatus.FOUND] * 10 + [HTTPStatus.TOO_MANY_REQUESTS]
