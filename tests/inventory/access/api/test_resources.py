"""Lists: each row once, whatever happens meanwhile; addresses that can be followed."""

from typing import Any

import pytest
from django.http import QueryDict
from django.urls import get_resolver
from pytest_django.fixtures import Settings

from inventory.access.api.teams import TeamList
from inventory.access.choices import OrganisationRole
from inventory.access.models import Team
from inventory.access.records import Principal
from inventory.access.routes import Scope, routes_of
from tests.callers import Caller, token_of
from tests.inventory.access.people import person, team

pytestmark = pytest.mark.django_db


@pytest.fixture
def caller() -> Caller:
    return Caller(token=token_of(person(OrganisationRole.ANALYST)))


@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize("size", [1, 3, 7, 100])
def test_walking_meets_every_row_once_while_rows_are_inserted(
    caller: Caller, monkeypatch: pytest.MonkeyPatch, size: int, *, newest_first: bool
) -> None:
    monkeypatch.setattr(TeamList, "newest_first", newest_first)
    there = [team().slug for _ in range(10)]
    met: list[str] = []
    page = caller.get("teams/", page_size=size)
    while True:
        assert len(page["results"]) <= size
        met += [row["slug"] for row in page["results"]]
        if page["next"] is None:
            break
        if len(met) < 10:
            team()
        page = caller.get(page["next"])
        assert caller.status == 200
    assert [slug for slug in met if slug in there] == (there[::-1] if newest_first else there)
    assert len(met) == len(set(met))


def test_a_list_of_exactly_one_page_has_no_next(caller: Caller) -> None:
    for _ in range(4):
        team()
    assert caller.get("teams/", page_size=4)["next"] is None
    assert caller.get("teams/", page_size=3)["next"] is not None
    assert len(caller.walk("teams/", page_size=3)) == 4
    Team.objects.all().delete()
    assert caller.get("teams/") == {"results": [], "next": None}


def test_next_keeps_what_was_asked_and_names_the_host_that_was_asked(caller: Caller, settings: Settings) -> None:
    for _ in range(3):
        team()
    following = caller.get("teams/", page_size=2)["next"]
    assert following.startswith("http://testserver/api/v1/teams/?page_size=2&cursor=")
    settings.BASE_URL = "https://testserver"
    assert caller.get("teams/", page_size=2)["next"].startswith("https://testserver/api/v1/teams/?")


def test_a_cursor_tells_no_number_and_fits_no_other_list(caller: Caller) -> None:
    made = [team() for _ in range(3)]
    following = caller.get("teams/", page_size=1)["next"]
    cursor = QueryDict(following.partition("?")[2])["cursor"]
    assert str(made[0].pk) != cursor
    assert len(cursor) == 13
    refusal = caller.get("findings/", cursor=cursor)
    assert (caller.status, refusal["error"]["field"]) == (400, "cursor")
    assert "not a place in this list" in refusal["error"]["message"]


def test_a_page_takes_two_queries_whatever_its_size(caller: Caller, django_assert_num_queries: Any) -> None:
    for _ in range(30):
        team()
    caller.get("teams/")
    for size in (1, 100):
        with django_assert_num_queries(4):
            caller.get("teams/", page_size=size)


def test_every_resource_is_declared_and_none_is_open_to_anybody() -> None:
    found = {name: declared for _, name, declared in routes_of(get_resolver()) if name.startswith("api:")}
    assert len(found) > 15
    assert {declared.scope for declared in found.values() if declared} <= {Scope.TEAM, Scope.SELF}
    assert None not in found.values()


def test_what_was_let_in_is_who_asks(caller: Caller) -> None:
    caller.get("teams/")
    principal = caller.answer.wsgi_request.principal
    assert isinstance(principal, Principal)
    assert principal.kind == "token"


@pytest.mark.parametrize("method", ["TRACE", "OPTIONS", "DELETE", "POST"])
def test_a_method_that_is_not_there_is_405_whatever_it_asks_for(caller: Caller, method: str) -> None:
    answer = caller.client.generic(method, "/api/v1/teams/?cursor=x", headers=caller.headers)
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD"
