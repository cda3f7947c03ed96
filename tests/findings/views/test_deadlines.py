"""The page of deadlines."""

import re
from http import HTTPStatus

import pytest
from django.test import Client

from findings.selectors import deadline_days
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
