"""Sessions are noted as they are used, without a write for each page, and ended one by one or all others."""

from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inventory.access.choices import OrganisationRole
from inventory.access.errors import AccessRefused
from inventory.access.models import StateChange, User
from inventory.access.selectors import own_security, principal_of
from inventory.access.services.sessions import end_other_sessions, end_session
from tests.inventory.access.people import NOW, PASSWORD, person

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.inventory.access.addresses")]


def browser(user: User, agent: str = "Firefox/1 Linux", address: str = "203.0.113.5") -> Client:
    """Return a browser somebody signed in with by the page."""
    client = Client(REMOTE_ADDR=address, headers={"User-Agent": agent})
    client.post("/login/", {"login": user.email, "password": PASSWORD})
    return client


def is_in(client: Client) -> bool:
    return client.get("/kinds/own/").status_code == 200


def number_of(client: Client) -> int:
    return int(UserSession.objects.get(session_key=client.session.session_key).pk)


def test_each_sign_in_is_a_session_with_its_device_and_address() -> None:
    user = person(password=PASSWORD)
    here = browser(user)
    browser(user, agent="<b>" + "x" * 500, address="2001:db8::7")
    key = here.session.session_key or ""
    shown = own_security(principal_of(user, now=NOW), session_key=key).sessions
    assert [(row.device, row.address, row.is_this) for row in shown] == [
        ("Firefox on Linux", "203.0.113.5", True),
        ("Unknown device", "2001:db8::7", False),
    ]


def test_a_page_costs_no_write_and_every_five_minutes_one_is_noted() -> None:
    client = browser(person(password=PASSWORD))
    with CaptureQueriesContext(connection) as queries:
        client.get("/kinds/own/")
    assert not [query for query in queries if "usersession" in query["sql"].lower()]
    session = client.session
    session["seen"] -= 301
    session.save()
    old = timezone.now() - timedelta(hours=1)
    UserSession.objects.update(last_seen_at=old)
    client.get("/kinds/own/", REMOTE_ADDR="203.0.113.99")
    noted = UserSession.objects.get()
    assert noted.last_seen_at > old + timedelta(minutes=59)
    assert noted.ip == "203.0.113.99"


def test_a_session_that_was_ended_is_out_with_its_next_page() -> None:
    user = person(password=PASSWORD)
    here, there = browser(user), browser(user)
    acting, key = principal_of(user, now=NOW), here.session.session_key or ""
    assert end_session(user=user, number=number_of(there), but=key, principal=acting, now=NOW)
    assert (is_in(here), is_in(there)) == (True, False)
    row = StateChange.objects.order_by("-id")[0]
    assert (row.verb, row.old) == ("end sessions", [{"address": "203.0.113.5", "device": "Firefox/1 Linux"}])
    assert not end_session(user=user, number=number_of(here), but=key, principal=acting, now=NOW), "not this one"


def test_all_others_end_at_once_and_nobody_elses() -> None:
    user, other = person(password=PASSWORD), person(password=PASSWORD)
    here, there, yonder, theirs = browser(user), browser(user), browser(user), browser(other)
    acting, key = principal_of(user, now=NOW), here.session.session_key or ""
    assert not end_session(user=user, number=number_of(theirs), but=key, principal=acting, now=NOW)
    assert end_other_sessions(user=user, but=key, principal=acting, now=NOW) == 2
    assert [is_in(client) for client in (here, there, yonder, theirs)] == [True, False, False, True]
    count = StateChange.objects.count()
    assert end_other_sessions(user=user, but=key, principal=acting, now=NOW) == 0
    assert StateChange.objects.count() == count


def test_only_who_manages_people_ends_sessions_of_others() -> None:
    user = person(password=PASSWORD)
    there = browser(user)
    with pytest.raises(AccessRefused):
        end_other_sessions(user=user, but="", principal=principal_of(person(), now=NOW), now=NOW)
    administrator = principal_of(person(OrganisationRole.ADMINISTRATOR), now=NOW)
    assert end_other_sessions(user=user, but="", principal=administrator, now=NOW) == 1
    assert not is_in(there)
