"""What matters is done only by whoever proved a short while ago who they are."""

import time
from http import HTTPStatus

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from inventory.access.choices import OrganisationRole
from tests.inventory.access.people import PASSWORD, person, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.inventory.access.addresses")]
ASKED = "/reauthenticate/?next="


def test_somebody_who_just_signed_in_gets_on(client: Client) -> None:
    user = person(password=PASSWORD)
    client.post("/login/", {"login": user.email, "password": PASSWORD})
    assert client.get("/kinds/grave/").content == b"done"


def test_somebody_who_signed_in_long_ago_is_asked_and_comes_back() -> None:
    client = signed_in(person(password=PASSWORD), ago=601)
    asked = client.get("/kinds/grave/?a=1&b=2")
    assert (asked.status_code, asked.headers["Location"]) == (
        HTTPStatus.FOUND,
        ASKED + "%2Fkinds%2Fgrave%2F%3Fa%3D1%26b%3D2",
    )
    page = client.get(asked.headers["Location"]).content.decode()
    assert 'name="next" value="/kinds/grave/?a=1&amp;b=2"' in page
    back = client.post("/reauthenticate/", {"password": PASSWORD, "next": "/kinds/grave/?a=1&b=2"})
    assert back.headers["Location"] == "/kinds/grave/?a=1&b=2"
    assert client.get(back.headers["Location"]).content == b"done"


@pytest.mark.parametrize(("ago", "status"), [(0, 200), (590, 200), (601, 302), (86_400, 302)])
def test_fresh_is_what_is_not_older_than_ten_minutes(ago: float, status: int) -> None:
    assert signed_in(person(), ago=ago).get("/kinds/grave/").status_code == status


def test_a_proof_of_somebody_else_in_the_same_browser_counts_for_nothing() -> None:
    client = signed_in(person())
    session = client.session
    session["account_authentication_methods_user"] = "999999"
    session.save()
    assert client.get("/kinds/grave/").status_code == HTTPStatus.FOUND


@pytest.mark.parametrize(
    ("sender", "goes_to"),
    [
        ("http://testserver/kinds/own/?page=2", "%2Fkinds%2Fown%2F%3Fpage%3D2"),
        ("https://evil.example/kinds/own/", "%2F"),
        ("", "%2F"),
    ],
)
def test_a_form_sent_too_late_is_not_done_and_leads_back_to_its_page(sender: str, goes_to: str) -> None:
    answer = signed_in(person(), ago=700).post("/kinds/grave/", headers={"Referer": sender})
    assert answer.headers["Location"] == ASKED + goes_to


def test_a_swap_is_led_there_as_a_whole() -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/kinds/own/"}
    answer = signed_in(person(), ago=700).post("/kinds/grave/", headers=headers)
    assert answer.headers["HX-Redirect"] == ASKED + "%2Fkinds%2Fown%2F"


def test_whoever_may_not_is_told_so_before_they_are_asked_who_they_are() -> None:
    client = signed_in(person(OrganisationRole.ANALYST), ago=time.time())
    assert client.get("/settings/sign-in/").status_code == HTTPStatus.FORBIDDEN


def under_it(patterns: list[URLPattern | URLResolver]) -> set[str]:
    """Return the names of the routes that ask for a fresh sign-in."""
    found: set[str] = set()
    for entry in patterns:
        if isinstance(entry, URLResolver):
            found |= under_it(entry.url_patterns)
        elif getattr(entry.callback, "fresh", False):
            found.add(entry.name or "")
    return found


def test_what_changes_a_sign_in_stands_under_it() -> None:
    own = {"app", "app-image", "passkey", "passkey-options", "codes", "codes-file", "factor-remove", "sign-in-rules"}
    assert own <= under_it(get_resolver().url_patterns)
