"""The pages of invitations: the link is shown once, and works without mail."""

import re
from http import HTTPStatus

import pytest
from django.test import Client
from django.utils import timezone

from inventory.access.choices import OrganisationRole
from inventory.access.directory import INVITATIONS, code_of
from inventory.access.models import Invitation, User
from tests.inventory.access.people import PASSWORD, person, signed_in, team

pytestmark = pytest.mark.django_db
NEW = {"email": "ada@test.example", "name": "Ada <b>", "roles": ["analyst"]}
JOIN = {"name": "Ada", "password": PASSWORD, "zone": "Europe/Berlin"}


@pytest.fixture
def browser() -> Client:
    return signed_in(person(OrganisationRole.ADMINISTRATOR))


def link_in(page: str) -> str:
    found = re.search(r'value="https?://[^/"]+(/join/[^"]+)"', page)
    assert found, page
    return found[1]


def test_whoever_has_the_link_becomes_the_person_and_is_signed_in(browser: Client) -> None:
    payments = team()
    sent = browser.post("/people/invitations/new/", {**NEW, "team": payments.slug, "team_role": "owner"})
    assert "no-store" in sent.headers["Cache-Control"]
    page = sent.content.decode()
    assert "No mail was sent." in page
    link = link_in(page)
    assert link not in browser.get("/people/invitations/").content.decode()
    new = Client()
    shown = new.get(link)
    assert "Make your account" in shown.content.decode()
    assert "no-store" in shown.headers["Cache-Control"]
    assert new.post(link, {**JOIN, "password": "short"}).status_code == HTTPStatus.OK
    assert new.post(link, {**JOIN, "password": "ada@test.example"}).status_code == HTTPStatus.OK
    assert not User.objects.filter(email="ada@test.example").exists()
    assert new.post(link, JOIN).headers["Location"] == "/"
    user = User.objects.get(email="ada@test.example")
    assert (user.name, user.zone) == ("Ada", "Europe/Berlin")
    assert new.get(f"/teams/{payments.slug}/").status_code == HTTPStatus.OK
    for method in (new.get, new.post):
        assert method(link).status_code == HTTPStatus.NOT_FOUND
    assert browser.get("/people/invitations/").content.decode().count("Nobody is invited") == 1


def test_a_link_that_is_no_good_says_so_and_nothing_else() -> None:
    for token in ("x", "%00", "a" * 3000):
        answer = Client().get(f"/join/{token}/")
        assert answer.status_code == HTTPStatus.NOT_FOUND
        assert "This link does not work" in answer.content.decode()


def test_sending_again_ends_the_link_before_and_withdrawing_ends_both(browser: Client) -> None:
    first = link_in(browser.post("/people/invitations/new/", NEW).content.decode())
    code = code_of(Invitation.objects.get().pk, INVITATIONS)
    second = link_in(browser.post(f"/people/invitations/{code}/again/").content.decode())
    assert Client().get(first).status_code == HTTPStatus.NOT_FOUND
    assert Client().get(second).status_code == HTTPStatus.OK
    browser.post(f"/people/invitations/{code}/withdraw/")
    assert Client().get(second).status_code == HTTPStatus.NOT_FOUND
    for path in (f"{code}/again/", f"{code}/withdraw/", "x/again/", "x/withdraw/"):
        assert browser.post(f"/people/invitations/{path}").status_code == HTTPStatus.NOT_FOUND, path


def test_an_expired_one_is_shown_as_such(browser: Client) -> None:
    browser.post("/people/invitations/new/", NEW)
    Invitation.objects.update(expires_at=timezone.now())
    page = browser.get("/people/invitations/").content.decode()
    assert "Expired" in page
    assert "Ada &lt;b&gt;" in page


def test_what_cannot_be_is_refused_beside_its_field(browser: Client) -> None:
    there = person()
    for said in (
        {}, {**NEW, "email": "x"}, {**NEW, "roles": ["king"]}, {**NEW, "team": "nowhere"}, {**NEW, "name": "a\u2028b"},
        {**NEW, "email": there.email},
    ):  # fmt: skip
        answer = browser.post("/people/invitations/new/", said)
        assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY, said
    assert not Invitation.objects.exists()


def test_invitations_are_for_administrators(browser: Client) -> None:
    browser.post("/people/invitations/new/", NEW)
    code = code_of(Invitation.objects.get().pk, INVITATIONS)
    for user in (person(OrganisationRole.SECURITY_MANAGER), person(owner_of=team())):
        other = signed_in(user)
        for path in ("", "new/"):
            assert other.get(f"/people/invitations/{path}").status_code == HTTPStatus.FORBIDDEN
        for path in ("new/", f"{code}/again/", f"{code}/withdraw/"):
            assert other.post(f"/people/invitations/{path}", NEW).status_code == HTTPStatus.FORBIDDEN
    assert Invitation.objects.get().withdrawn_at is None
