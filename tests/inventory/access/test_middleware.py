"""The headers of every answer, and who acts in a request."""

import re
from http import HTTPStatus

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from inventory.access.choices import OrganisationRole
from inventory.access.models import FactorRule
from inventory.access.selectors import principal_of
from inventory.access.services.tokens import create_token
from tests.inventory.access.people import app_of, person, team

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.inventory.access.addresses")]
# As the architecture states it, word for word; no identity provider is configured, so none is added.
STATED = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
EXPECTED = {
    "Content-Security-Policy": STATED,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


@pytest.mark.parametrize("path", ["/login/", "/kinds/public/", "/kinds/own/", "/kinds/broken/", "/nowhere/"])
def test_every_answer_carries_the_headers(client: Client, path: str) -> None:
    client.raise_request_exception = False
    answer = client.get(path)
    assert {name: answer.headers[name] for name in EXPECTED} == EXPECTED
    assert "camera=()" in answer.headers["Permissions-Policy"]


def test_what_somebody_signed_in_sees_is_kept_in_no_cache(client: Client) -> None:
    assert "no-store" not in client.get("/kinds/public/").headers.get("Cache-Control", "")
    client.force_login(person(OrganisationRole.ANALYST))
    for path in ("/kinds/public/", "/kinds/team/", "/kinds/policies/", "/nowhere/"):
        assert client.get(path).headers["Cache-Control"] == "no-store", path


def test_a_page_that_also_answers_in_fragments_says_so(client: Client) -> None:
    client.force_login(person(OrganisationRole.ANALYST))
    page, fragment = client.get("/kinds/team/"), client.get("/kinds/team/", headers={"HX-Request": "true"})
    assert (page.content, fragment.content) == (b"page", b"fragment")
    for answer in (page, fragment):
        assert "HX-Request" in re.split(r",\s*", answer.headers["Vary"])
    assert "HX-Request" not in client.get("/kinds/own/").headers["Vary"]


def test_who_acts_is_looked_up_once_a_request(client: Client) -> None:
    client.force_login(person(OrganisationRole.ANALYST))
    with CaptureQueriesContext(connection) as queries:
        assert client.get("/kinds/policies/").status_code == HTTPStatus.FORBIDDEN
    assert len([query for query in queries if "access_organisationrolegrant" in query["sql"]]) == 1
    with CaptureQueriesContext(connection) as queries:
        client.get(reverse("kinds:team"))
    assert len(queries) == 3, "session, person, roles"


def test_somebody_unknown_costs_no_query(client: Client) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert client.get("/kinds/public/").content == b"nobody"
    assert len(queries) == 0


@pytest.mark.parametrize(
    ("zone", "noon"),
    [
        ("Europe/Berlin", "2026-07-01T14:00:00+02:00"),
        ("Asia/Kolkata", "2026-07-01T17:30:00+05:30"),
        ("UTC", "2026-07-01T12:00:00+00:00"),
        ("Nowhere/Atall", "2026-07-01T12:00:00+00:00"),
    ],
)
def test_pages_are_in_the_zone_of_the_person_and_of_nobody_after_them(client: Client, zone: str, noon: str) -> None:
    user = person(OrganisationRole.ANALYST)
    user.zone = zone
    user.save()
    client.force_login(user)
    assert client.get("/kinds/moment/").content.decode() == noon
    assert timezone.get_current_timezone_name() == "UTC"
    client.logout()
    assert client.get("/kinds/moment/").content.decode() == "2026-07-01T12:00:00+00:00"


OPEN = ("/settings/security/", "/reauthenticate/", "/password/change/", "/login/passkey/", "/kinds/public/")


def test_somebody_who_owes_a_second_factor_is_led_to_it_before_anything_else(client: Client) -> None:
    user = person(OrganisationRole.ANALYST)
    client.force_login(user)
    FactorRule.objects.create(role="analyst")
    for path in ("/kinds/team/", "/kinds/own/", "/kinds/organisation/", "/apis/", "/settings/profile/", "/jobs/"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["Location"]) == (HTTPStatus.FOUND, "/settings/security/"), path
    swap = client.post("/kinds/team/", headers={"HX-Request": "true"})
    assert swap.headers["HX-Redirect"] == "/settings/security/"
    for path in OPEN:
        assert client.get(path).status_code == HTTPStatus.OK, path
    app_of(user)
    assert client.get("/kinds/team/").status_code == HTTPStatus.OK


def test_a_rule_concerns_the_roles_it_names_only(client: Client) -> None:
    FactorRule.objects.create(role="auditor")
    FactorRule.objects.create(role="member")
    client.force_login(person(OrganisationRole.ANALYST))
    assert client.get("/kinds/team/").status_code == HTTPStatus.OK
    client.force_login(person(member_of=team()))
    assert client.get("/kinds/team/").status_code == HTTPStatus.FOUND


def test_the_cookie_of_somebody_who_owes_one_opens_no_api_and_their_token_does(client: Client) -> None:
    user = person(OrganisationRole.ANALYST)
    acting = principal_of(user, now=timezone.now())
    made = create_token(user=user, name="ci", days=1, principal=acting, now=timezone.now())
    client.force_login(user)
    assert client.get("/api/v1/apis/").status_code == HTTPStatus.OK
    FactorRule.objects.create(role="analyst")
    assert client.get("/api/v1/apis/").status_code == HTTPStatus.UNAUTHORIZED
    headers = {"Authorization": f"Bearer {made.secret}"}
    assert client.get("/api/v1/apis/", headers=headers).status_code == HTTPStatus.OK
    assert Client().get("/api/v1/apis/", headers=headers).status_code == HTTPStatus.OK


def test_an_address_that_only_takes_forms_says_so_on_a_page(client: Client) -> None:
    client.force_login(person(OrganisationRole.ANALYST))
    refused = client.get(reverse("access:theme"))
    assert (refused.status_code, refused["Allow"]) == (HTTPStatus.METHOD_NOT_ALLOWED, "POST")
    assert "There is nothing to see at this address" in refused.content.decode()


@pytest.mark.parametrize("asks_as", ["HX-Current-URL", "Referer"])
def test_a_page_before_that_is_no_address_leads_to_the_sign_in_all_the_same(client: Client, asks_as: str) -> None:
    answer = client.get("/kinds/own/", headers={"HX-Request": "true", asks_as: "http://[x"})
    assert answer.headers["HX-Redirect"] == "/login/?next=/"


def test_a_name_with_a_zero_byte_is_not_found_and_a_value_that_cannot_be_is_told(client: Client) -> None:
    client.force_login(person(OrganisationRole.ANALYST))
    assert client.get("/kinds/asked/a%00b/").status_code == HTTPStatus.NOT_FOUND
    assert client.get("/kinds/asked/b/").status_code == HTTPStatus.OK
    answer = client.get("/kinds/asked/b/?name=%00")
    assert answer.status_code == HTTPStatus.BAD_REQUEST
    assert "Nothing was changed" in answer.content.decode()
