"""One's own tokens: made with care, shown once, revoked at once."""

import re
from http import HTTPStatus
from typing import Any

import pytest
from django.utils import timezone

from inventory.access.choices import OrganisationRole
from inventory.access.directory import TOKENS, code_of
from inventory.access.models import Token
from inventory.access.records import SYSTEM
from inventory.access.services.tokens import create_token
from tests.callers import Caller
from tests.inventory.access.people import person, signed_in, team

pytestmark = pytest.mark.django_db
NEW, LIST = "/settings/tokens/new/", "/settings/tokens/"
SAID = {"name": "Build <b>", "scopes": ["see", "upload"], "days": "30"}


def test_a_token_is_shown_once_and_works() -> None:
    payments = team()
    browser = signed_in(person(member_of=payments))
    made = browser.post(NEW, {**SAID, "team": payments.slug})
    assert "no-store" in made.headers["Cache-Control"]
    found = re.search(r'value="(posture_[\w-]+)"', made.content.decode())
    assert found
    program = Caller(token=found[1])
    assert [row["slug"] for row in program.walk("teams/")] == [payments.slug]
    page = browser.get(LIST).content.decode()
    assert found[1] not in page
    assert found[1][:14] in page
    assert "Build &lt;b&gt;" in page
    token = Token.objects.get()
    assert (token.scopes, token.team, (token.expires_at - token.created_at).days) == (["see", "upload"], payments, 30)
    browser.post(f"{LIST}{code_of(token.pk, TOKENS)}/revoke/")
    program.get("teams/")
    assert program.status == HTTPStatus.UNAUTHORIZED
    assert "Revoked" in browser.get(LIST).content.decode()


def test_one_gives_no_more_than_one_may() -> None:
    payments, foreign = team(), team("Logistics")
    browser = signed_in(person(member_of=payments))
    cannot_be: tuple[dict[str, Any], ...] = (
        {"scopes": ["decide"]}, {"scopes": ["connect"]}, {"scopes": []}, {"team": foreign.slug}, {"days": "9999"},
        {"name": ""}, {"name": "a\nb"},
    )  # fmt: skip
    for wrong in cannot_be:
        assert browser.post(NEW, {**SAID, **wrong}).status_code == HTTPStatus.UNPROCESSABLE_ENTITY, wrong
    responder = signed_in(person(OrganisationRole.RESPONDER))
    page = responder.get(NEW).content.decode()
    assert 'value="see"' in page
    assert 'value="upload"' not in page
    assert responder.post(NEW, SAID).status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "could do nothing" in signed_in(person()).get(NEW).content.decode()
    assert not Token.objects.exists()


def test_tokens_of_others_are_not_there() -> None:
    other = create_token(
        user=person(OrganisationRole.ANALYST), name="Secret plan", days=1, principal=SYSTEM, now=timezone.now()
    ).token
    browser = signed_in(person(OrganisationRole.ADMINISTRATOR))
    assert "Secret plan" not in browser.get(LIST).content.decode()
    for code in (code_of(other.pk, TOKENS), "x"):
        assert browser.post(f"{LIST}{code}/revoke/").status_code == HTTPStatus.NOT_FOUND
    other.refresh_from_db()
    assert other.revoked_at is None


def test_making_one_asks_who_one_is_once_more() -> None:
    stale = signed_in(person(OrganisationRole.ANALYST), ago=100_000)
    for method in (stale.get, stale.post):
        assert method(NEW).headers["Location"].startswith("/reauthenticate/")
    assert stale.get(LIST).status_code == HTTPStatus.OK
    assert stale.get(f"{LIST}x/revoke/").status_code == HTTPStatus.METHOD_NOT_ALLOWED
