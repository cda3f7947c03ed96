"""The palette's address: a fragment of options for htmx, a page of links for everybody."""

from http import HTTPStatus

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from inventory.access.choices import OrganisationRole
from tests.inventory.access.people import person
from tests.posture.services.estates import make_api, make_finding
from tests.posture.views.pages import FRAGMENT, signed_in, text_of

pytestmark = pytest.mark.django_db

HOSTILE = "<img src=x onerror=alert(1)>"


def test_htmx_gets_options_and_a_visit_gets_a_page() -> None:
    make_api(name="Refunds")
    client = signed_in(person(OrganisationRole.AUDITOR))
    options = client.get("/search?q=refund", headers=FRAGMENT).content.decode()
    assert 'role="option"' in options
    assert "<html" not in options
    page = client.get("/search?q=refund").content
    assert b"<html" in page
    assert "Refunds" in text_of(page)


def test_nothing_found_says_what_was_asked() -> None:
    client = signed_in(person(OrganisationRole.AUDITOR))
    for headers in ({}, FRAGMENT):
        assert "“qqqqq”" in text_of(client.get("/search?q=qqqqq", headers=headers).content)


def test_what_is_found_and_what_is_asked_stay_text() -> None:
    make_finding(make_api(name=HOSTILE), title=HOSTILE)
    client = signed_in(person(OrganisationRole.AUDITOR))
    for headers in ({}, FRAGMENT):
        assert "<img" not in client.get("/search", {"q": "<img"}, headers=headers).content.decode()


def test_strangers_are_sent_to_the_sign_in_and_nobody_posts() -> None:
    assert Client().get("/search?q=x").status_code == HTTPStatus.FOUND
    assert signed_in(person()).post("/search").status_code == HTTPStatus.METHOD_NOT_ALLOWED


def test_the_page_stays_under_twelve_queries(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    client = signed_in(person(OrganisationRole.ADMINISTRATOR))
    with django_assert_max_num_queries(12):
        client.get("/search?q=something")
