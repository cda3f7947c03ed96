"""The pages that set up second factors."""

import re
from http import HTTPStatus

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings as product
from django.test import Client

from inventory.access.choices import OrganisationRole
from inventory.access.directory import PEOPLE
from inventory.access.directory import code_of as code_of_row
from inventory.access.models import FactorRule, StateChange, User
from tests.inventory.access.people import PASSWORD, app_of, code_of, person, signed_in, team

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.inventory.access.addresses")]
APP, CODES, SECURITY = "/settings/security/app/", "/settings/security/codes/", "/settings/security/"


def secret_on(page: str) -> str:
    found = re.search(r'<code class="secret">([A-Z2-7 ]+)</code>', page)
    assert found
    return found[1].replace(" ", "")


def set_up(client: Client) -> str:
    """Set up an app as people do and return its secret."""
    secret = secret_on(client.get(APP).content.decode())
    answer = client.post(APP, {"code": code_of(secret)})
    assert answer.headers["Location"] == CODES
    return secret


def codes_on(client: Client) -> list[str]:
    return re.findall(r"<li><code>(\d{8})</code></li>", client.get(CODES).content.decode())


def test_an_app_is_set_up_from_the_image_or_the_secret_and_codes_are_shown() -> None:
    user = person(password=PASSWORD)
    client = signed_in(user)
    page = client.get(APP).content.decode()
    assert "data:" not in page
    (image,) = re.findall(r'<img src="([^"]+)"', page)
    drawn = client.get(image)
    assert (drawn.headers["Content-Type"], drawn.headers["Cache-Control"]) == ("image/svg+xml", "no-store")
    assert b"<svg" in drawn.content
    assert b"style=" not in drawn.content
    secret = secret_on(page)
    assert secret not in str(dict(client.session)), "what waits in the session is sealed"
    wrong = client.post(APP, {"code": "000000"})
    assert "does not fit" in wrong.content.decode()
    assert secret_on(wrong.content.decode()) == secret, "the phone need not scan again"
    assert client.post(APP, {"code": code_of(secret)}).headers["Location"] == CODES
    assert len(codes_on(client)) == 10
    assert "app-secret" not in client.session


def test_recovery_codes_are_shown_until_they_are_kept_and_never_again() -> None:
    client = signed_in(person(password=PASSWORD))
    set_up(client)
    codes = codes_on(client)
    file = client.get("/settings/security/codes.txt")
    assert file.headers["Content-Disposition"] == 'attachment; filename="posture-recovery-codes.txt"'
    assert [line for line in file.content.decode().splitlines() if line.isdigit()] == codes
    assert client.post(CODES, {"kept": "1"}).headers["Location"] == SECURITY
    assert codes_on(client) == []
    assert "10 of your recovery codes are left" in client.get(CODES).content.decode()
    assert client.get("/settings/security/codes.txt").status_code == HTTPStatus.NOT_FOUND
    assert client.post(CODES).headers["Location"] == CODES
    assert not set(codes_on(client)) & set(codes)


def test_recovery_codes_are_shown_for_ten_minutes_and_in_the_session_that_made_them() -> None:
    user = person(password=PASSWORD)
    client = signed_in(user)
    set_up(client)
    assert codes_on(signed_in(user)) == []
    session = client.session
    session["codes-shown-until"] -= 601
    session.save()
    assert codes_on(client) == []


def test_codes_without_a_factor_lead_back() -> None:
    client = signed_in(person())
    assert client.get(CODES).headers["Location"] == SECURITY
    assert client.post(CODES).headers["Location"] == SECURITY
    assert "set one up first" in client.get(SECURITY).content.decode()
    assert client.get("/settings/security/codes.txt").status_code == HTTPStatus.NOT_FOUND
    assert client.get("/settings/security/app/image.svg").status_code == HTTPStatus.NOT_FOUND


def test_a_secret_is_asked_for_before_a_code_is_taken() -> None:
    user = person()
    client = signed_in(user)
    assert client.post(APP, {"code": "123456"}).status_code == HTTPStatus.OK
    assert not Authenticator.objects.exists()


def test_a_factor_goes_on_a_button_and_somebody_elses_is_not_there() -> None:
    user, other = person(), person()
    app_of(user)
    app_of(other)
    client = signed_in(user)
    own, theirs = (Authenticator.objects.get(user=whose).pk for whose in (user, other))
    remove = "/settings/security/factors/{}/remove/"
    assert client.post(remove.format(theirs)).status_code == HTTPStatus.NOT_FOUND
    assert client.get(remove.format(own)).status_code == HTTPStatus.METHOD_NOT_ALLOWED
    assert client.post(remove.format(own)).headers["Location"] == SECURITY
    assert client.post(remove.format(own)).status_code == HTTPStatus.NOT_FOUND
    assert StateChange.objects.filter(verb="remove factor").count() == 1


def test_where_a_role_asks_for_one_the_page_says_why_it_stays() -> None:
    user = person(member_of=team())
    app_of(user)
    FactorRule.objects.create(role="member")
    client = signed_in(user)
    client.post(f"/settings/security/factors/{Authenticator.objects.get().pk}/remove/")
    assert "asks for a second factor" in client.get(SECURITY).content.decode()
    assert Authenticator.objects.filter(user=user).count() == 1


@pytest.mark.parametrize(
    "credential",
    [
        "",
        "null",
        "[]",
        "{}",
        '{"response": 1}',
        '{"id": "x", "rawId": "eA", "type": "public-key"}',
        "{",
        "9" * 5000,
        "[" * 90_000,
    ],
)
def test_what_no_browser_answers_adds_no_passkey(credential: str) -> None:
    client = signed_in(person())
    asked = client.get("/settings/security/passkey/options/").json()["publicKey"]
    assert asked["authenticatorSelection"]["userVerification"] == "required"
    assert asked["authenticatorSelection"]["residentKey"] == "required"
    assert asked["rp"] == {"id": "testserver", "name": "Posture"}
    answer = client.post("/settings/security/passkey/", {"name": "x", "credential": credential})
    assert answer.status_code == HTTPStatus.OK
    assert "Add a passkey" in answer.content.decode()
    assert not Authenticator.objects.exists()


def test_a_name_of_markup_is_text(client: Client) -> None:
    user: User = person()
    Authenticator.objects.create(user=user, type="webauthn", data={"name": "<script>alert(1)</script>"})
    page = signed_in(user).get(SECURITY).content.decode()
    assert "&lt;script&gt;alert(1)" in page
    assert product.SEAL_KEYS[0][1].hex() not in page


def test_an_administrator_resets_the_factors_of_somebody_who_lost_them() -> None:
    user, administrator = person(), person(OrganisationRole.ADMINISTRATOR)
    app_of(user)
    app_of(administrator)
    client = signed_in(administrator)
    page = f"/people/{code_of_row(user.pk, PEOPLE)}/"
    assert "Reset second factor" in client.get(page).content.decode()
    answer = client.post(f"{page}factors/reset/")
    assert answer.headers["Location"] == page
    assert "signs in by password until" in client.get(page).content.decode()
    assert not Authenticator.objects.filter(user=user).exists()
    client.post(f"/people/{code_of_row(administrator.pk, PEOPLE)}/factors/reset/")
    assert Authenticator.objects.filter(user=administrator).exists(), "nobody resets their own"
    assert client.post("/people/nobody/factors/reset/").status_code == HTTPStatus.NOT_FOUND
    manager = signed_in(person(OrganisationRole.SECURITY_MANAGER))
    assert manager.post(f"{page}factors/reset/").status_code == HTTPStatus.FORBIDDEN
