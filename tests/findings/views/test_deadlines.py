"""The page of deadlines."""

import re
from datetime import date
from http import HTTPStatus

import pytest
from django.test import Client

from findings.deadlines import Calendar
from findings.selectors import deadline_calendar, deadline_days, deadline_exceptions
from findings.status import SeverityRank
from inventory.access.choices import OrganisationRole
from tests.inventory.access.people import person, team
from tests.posture.views.pages import signed_in, text_of

pytestmark = pytest.mark.django_db
PAGE = "/policies/deadlines/"


def filled(client: Client, **values: str) -> dict[str, str]:
    """Return the form as the page gave it, with these values changed."""
    page = client.get(PAGE).content.decode()
    fields = re.findall(r'<input type="(?:number|hidden)" name="(\w+)"(?: value="(\d*)")?', page)
    return {name: value for name, value in fields if name != "csrfmiddlewaretoken"} | values


def test_everybody_reads_the_days_and_a_manager_sets_them() -> None:
    reader = signed_in(person(member_of=team()))
    assert "Critical 7" in text_of(reader.get(PAGE).content)
    assert b'name="critical"' not in reader.get(PAGE).content
    client = signed_in(person(OrganisationRole.SECURITY_MANAGER))
    answer = client.post(PAGE, filled(client, critical="3", low=""))
    assert answer.status_code == HTTPStatus.FOUND
    assert (deadline_days()[SeverityRank.CRITICAL], deadline_days()[SeverityRank.LOW]) == (3, None)
    assert "Critical 3" in text_of(reader.get(PAGE).content)


def test_who_may_not_set_them_is_told_who_may() -> None:
    answer = signed_in(person(OrganisationRole.AUDITOR)).post(PAGE, {"critical": "3"})
    assert answer.status_code == HTTPStatus.FORBIDDEN
    assert "Security manager" in text_of(answer.content)


def test_of_two_at_once_the_second_is_shown_what_the_first_said() -> None:
    client = signed_in(person(OrganisationRole.SECURITY_MANAGER))
    late = filled(client, low="60")
    client.post(PAGE, filled(client, high="14"))
    answer = client.post(PAGE, late)
    assert answer.status_code == HTTPStatus.CONFLICT
    assert 'name="high" value="14"' in answer.content.decode()
    assert deadline_days()[SeverityRank.LOW] == 180


def test_what_is_no_number_of_days_is_said_beside_the_field() -> None:
    client = signed_in(person(OrganisationRole.SECURITY_MANAGER))
    for wrong in ("0", "many", "99999", "1.5"):
        assert client.post(PAGE, filled(client, high=wrong)).status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert deadline_days()[SeverityRank.HIGH] == 30


def test_an_exception_is_added_shown_and_removed() -> None:
    client = signed_in(person(OrganisationRole.SECURITY_MANAGER))
    sent = {"severity": "high", "reach": "public", "criticality": "", "days": "5", "why": "The regulator asks."}
    assert client.post(f"{PAGE}except/", sent).status_code == HTTPStatus.FOUND
    assert "High Public Any 5" in text_of(signed_in(person(member_of=team())).get(PAGE).content)
    number = deadline_exceptions()[0].pk
    assert client.post(f"{PAGE}except/{number}/end/").status_code == HTTPStatus.FOUND
    assert deadline_exceptions() == []
    nowhere = client.post(f"{PAGE}except/", sent | {"reach": "", "days": "5"})
    assert nowhere.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "Say for which reach or criticality" in text_of(nowhere.content)


def test_the_days_that_count_are_chosen_and_what_is_no_day_is_said() -> None:
    client = signed_in(person(OrganisationRole.SECURITY_MANAGER))
    client.post(PAGE, filled(client, business="on", holidays="2026-12-25\n2027-01-01"))
    assert deadline_calendar() == Calendar(business=True, holidays=frozenset({date(2026, 12, 25), date(2027, 1, 1)}))
    assert "Monday to Friday count, without 2 holidays." in text_of(client.get(PAGE).content)
    wrong = client.post(PAGE, filled(client, holidays="Christmas"))
    assert wrong.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "Write each day as in 2026-12-25" in text_of(wrong.content)
