"""Who is let in: a live token, or the cookie of the pages with its CSRF token; nothing else."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from inventory.access.choices import OrganisationRole
from inventory.access.models import Token, User
from inventory.access.records import SYSTEM
from inventory.access.services.tokens import revoke_token
from tests.callers import Caller, token_of
from tests.inventory.access.people import person, team

pytestmark = pytest.mark.django_db
TEAMS = "/api/v1/teams/"


def test_without_anything_one_is_told_how_to_sign_in() -> None:
    caller = Caller()
    answer = caller.get("teams/")
    assert caller.status == 401
    assert caller.answer["WWW-Authenticate"] == 'Bearer realm="Posture"'
    assert answer["error"]["code"] == "unauthenticated"
    assert "create_token" in answer["error"]["message"]


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "Basic YTpi", "posture_x", "Bearer posture_x", "Token a b"])
def test_a_wrong_header_is_401_in_one_sentence(header: str) -> None:
    answer = Client().get(TEAMS, headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "unauthenticated"
    assert answer["WWW-Authenticate"]


def test_a_wrong_header_is_not_saved_by_a_cookie() -> None:
    caller = Caller(user=person(OrganisationRole.ANALYST))
    caller.get("teams/")
    assert caller.status == 200
    caller.headers["Authorization"] = "Bearer posture_wrong"
    caller.get("teams/")
    assert caller.status == 401


def test_a_token_opens_until_it_is_over() -> None:
    user = person(OrganisationRole.ANALYST)
    caller = Caller(token=token_of(user))
    assert caller.get("teams/")["results"] == []
    assert caller.status == 200
    assert caller.answer["Cache-Control"] == "no-store"
    token = Token.objects.get()
    Token.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert "expired" in caller.get("teams/")["error"]["message"]
    assert caller.status == 401
    Token.objects.update(expires_at=timezone.now() + timedelta(days=1))
    revoke_token(token=token, principal=SYSTEM, now=timezone.now())
    assert "revoked" in caller.get("teams/")["error"]["message"]
    assert caller.status == 401


def test_somebody_whose_account_is_closed_is_out_by_both_ways() -> None:
    user = person(OrganisationRole.ANALYST)
    callers = Caller(token=token_of(user)), Caller(user=user)
    User.objects.filter(pk=user.pk).update(is_active=False)
    for caller in callers:
        caller.get("teams/")
        assert caller.status == 401


def test_a_token_has_the_roles_of_this_moment() -> None:
    team("Payments")
    user = person(OrganisationRole.AUDITOR)
    caller = Caller(token=token_of(user))
    assert len(caller.get("teams/")["results"]) == 1
    user.organisation_roles.all().delete()
    assert caller.get("teams/")["results"] == []


def test_the_cookie_needs_its_csrf_token_to_change_something() -> None:
    user = person(OrganisationRole.ANALYST)
    caller = Caller(user=user)
    caller.post("decisions/")
    assert caller.status == 400  # past the door: the body is wrong
    del caller.headers["X-CSRFToken"]
    answer = caller.post("decisions/")
    assert caller.status == 403
    assert answer["error"]["code"] == "csrf"
    assert "X-CSRFToken" in answer["error"]["message"]
    caller.get("teams/")
    assert caller.status == 200


def test_a_token_needs_no_csrf_token() -> None:
    caller = Caller(token=token_of(person(OrganisationRole.ANALYST)))
    caller.upload(b"")
    assert caller.status == 400


def test_a_request_takes_few_queries_to_know_who_asks(django_assert_num_queries: object) -> None:
    caller = Caller(token=token_of(person(OrganisationRole.ANALYST)))
    caller.get("teams/")
    with django_assert_num_queries(3):  # type: ignore[operator] # token with person, roles, no teams
        caller.get("teams/")
