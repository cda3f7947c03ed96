"""The pages of people: for administrators, who prove who they are before acts that matter."""

from http import HTTPStatus

import pytest
from django.test import Client

from inventory.access.choices import OrganisationRole
from inventory.access.directory import PEOPLE, TOKENS, code_of
from inventory.access.models import OrganisationRoleGrant, Token, User
from inventory.access.records import SYSTEM
from inventory.access.services.tokens import create_token
from tests.inventory.access.people import NOW, person, signed_in, team
from tests.posture.services.estates import make_api

pytestmark = pytest.mark.django_db
LONG_AGO = 100_000


@pytest.fixture
def administrator() -> User:
    return person(OrganisationRole.ADMINISTRATOR)


@pytest.fixture
def browser(administrator: User) -> Client:
    return signed_in(administrator)


def page_of(user: User) -> str:
    return f"/people/{code_of(user.pk, PEOPLE)}/"


def roles(user: User) -> list[str]:
    return sorted(OrganisationRoleGrant.objects.filter(user=user).values_list("role", flat=True))


def test_people_are_for_administrators(browser: Client) -> None:
    user = person(OrganisationRole.ANALYST)
    assert user.email in browser.get("/people/").content.decode()
    assert user.email in browser.get(page_of(user)).content.decode()
    others = (person(OrganisationRole.SECURITY_MANAGER), person(OrganisationRole.AUDITOR), person(owner_of=team()))
    for other in others:
        stranger = signed_in(other)
        for path in ("/people/", page_of(user), page_of(other), "/people/nobody/", f"{page_of(user)}leave/"):
            refused = stranger.get(path)
            assert refused.status_code == HTTPStatus.FORBIDDEN, path
            assert "Administrator" in refused.content.decode()
        for path in ("roles/", "roles/analyst/revoke/", "leave/", "return/", "tokens/x/revoke/"):
            assert stranger.post(page_of(user) + path, {"role": "auditor"}).status_code == HTTPStatus.FORBIDDEN, path
    assert roles(user) == ["analyst"]
    for path in ("/people/nobody/", "/people/%00/", f"/people/{code_of(10**9, PEOPLE)}/"):
        assert browser.get(path).status_code == HTTPStatus.NOT_FOUND, path


def test_a_fragment_holds_the_rows_alone(browser: Client) -> None:
    part = browser.get("/people/?q=test", headers={"HX-Request": "true"})
    assert "<html" not in part.content.decode()
    assert part.headers["HX-Push-Url"] == "/people/?q=test"
    assert "Nobody matches" in browser.get("/people/?q=zzzz").content.decode()


def test_a_role_is_given_with_an_end_and_taken_away(browser: Client) -> None:
    user = person()
    said = browser.post(f"{page_of(user)}roles/", {"role": "auditor", "until": "2099-12-31"})
    assert said.headers["Location"] == page_of(user)
    grant = OrganisationRoleGrant.objects.get(user=user)
    assert grant.until is not None
    assert grant.until.isoformat() == "2100-01-01T00:00:00+00:00"
    assert "Auditor until 31 Dec 2099" in browser.get("/people/").content.decode()
    browser.post(f"{page_of(user)}roles/", {"role": "auditor"})
    assert OrganisationRoleGrant.objects.get(user=user).until is None
    browser.post(f"{page_of(user)}roles/auditor/revoke/")
    assert roles(user) == []
    for wrong in (
        {"role": "king"}, {"role": "auditor", "until": "2001-01-01"}, {"role": "auditor", "until": "9999-12-31"},
        {"role": "auditor", "until": "tomorrow"}, {"role": "auditor", "until": "0001-01-01"}, {},
    ):  # fmt: skip
        answer = browser.post(f"{page_of(user)}roles/", wrong)
        assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY, wrong
    assert browser.post(f"{page_of(user)}roles/king/revoke/").status_code == HTTPStatus.NOT_FOUND
    assert roles(user) == []


def test_the_last_administrator_keeps_the_role(browser: Client, administrator: User) -> None:
    here = page_of(administrator)
    refused = browser.post(f"{here}roles/administrator/revoke/", follow=True)
    assert "last administrator" in refused.content.decode()
    refused = browser.post(f"{here}roles/", {"role": "administrator", "until": "2099-01-01"})
    assert "last administrator" in refused.content.decode()
    assert roles(administrator) == ["administrator"]
    second = person(OrganisationRole.ADMINISTRATOR)
    assert browser.post(f"{here}roles/administrator/revoke/").headers["Location"] == "/"
    assert browser.get("/people/").status_code == HTTPStatus.FORBIDDEN
    assert roles(second) == ["administrator"]


def test_acts_that_matter_ask_who_one_is_once_more(administrator: User) -> None:
    user = person(OrganisationRole.ANALYST)
    stale = signed_in(administrator, ago=LONG_AGO)
    for path in ("roles/", "roles/analyst/revoke/", "leave/", "return/", "tokens/x/revoke/"):
        answer = stale.post(page_of(user) + path, {"role": "auditor"})
        assert answer.headers["Location"].startswith("/reauthenticate/"), path
    assert stale.get("/people/invitations/new/").headers["Location"].startswith("/reauthenticate/")
    assert roles(user) == ["analyst"]
    assert stale.get(page_of(user)).status_code == HTTPStatus.OK


def test_leaving_shows_what_is_left_behind_and_asks_for_a_successor(browser: Client) -> None:
    payments = team()
    user, successor = person(OrganisationRole.ANALYST, owner_of=payments), person()
    api = make_api(owner=user, name="Orders <b>")
    here = page_of(user)
    page = browser.get(f"{here}leave/").content.decode()
    for said in ("Orders &lt;b&gt;", "The only owner", "Successor", payments.name):
        assert said in page, said
    refused = browser.post(f"{here}leave/")
    assert refused.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "Name a successor" in refused.content.decode()
    assert "Nobody with an open account" in browser.post(f"{here}leave/", {"successor": "x@y.example"}).content.decode()
    assert browser.post(f"{here}leave/", {"successor": successor.email}).headers["Location"] == here
    api.refresh_from_db()
    user.refresh_from_db()
    assert (api.owner, user.is_active) == (successor, False)
    page = browser.get(here).content.decode()
    assert "This account is closed." in page
    assert browser.get(f"{here}leave/").headers["Location"] == here
    browser.post(f"{here}return/")
    user.refresh_from_db()
    assert user.is_active


def test_a_token_of_somebody_is_revoked(browser: Client) -> None:
    user, other = person(OrganisationRole.ANALYST), person(OrganisationRole.ANALYST)
    made = create_token(user=user, name="Build", days=30, principal=SYSTEM, now=NOW).token
    Token.objects.update(expires_at="2099-01-01T00:00:00Z")
    code = code_of(made.pk, TOKENS)
    assert made.prefix in browser.get(page_of(user)).content.decode()
    for path in (f"{page_of(other)}tokens/{code}/revoke/", f"{page_of(user)}tokens/x/revoke/"):
        assert browser.post(path).status_code == HTTPStatus.NOT_FOUND
    browser.post(f"{page_of(user)}tokens/{code}/revoke/")
    made.refresh_from_db()
    assert made.revoked_at is not None
