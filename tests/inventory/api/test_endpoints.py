"""Endpoints by REST: those of the APIs somebody sees."""

from typing import Any

import pytest

from inventory.access.choices import OrganisationRole
from inventory.models import Api, DiscoveryPolicy, Endpoint, ObservedDay
from tests.callers import Caller, token_of
from tests.inventory.access.people import person, team
from tests.posture.services.estates import NOW, make_api

pytestmark = pytest.mark.django_db


def endpoint(api: Api, method: str, path: str, **values: Any) -> Endpoint:
    facts = {"path_key": path, "first_seen": NOW, **values}
    return Endpoint.objects.create(api=api, method=method, path=path, **facts)


def test_endpoints_are_told_and_narrowed() -> None:
    shop, other = make_api(team=team()), make_api()
    endpoint(shop, "GET", "/orders/{id}", authentication="declared", schemes=["key"], spellings=["/orders/{id}"])
    endpoint(shop, "POST", "/orders", authentication="none", deprecated=True)
    endpoint(other, "GET", "/trains", documented=False, removed_at=NOW, specified_since="1970-01-01")
    caller = Caller(token=token_of(person(OrganisationRole.AUDITOR)))

    def paths(**asked: str) -> list[str]:
        return [f"{row['method']} {row['path']}" for row in caller.walk("endpoints/", **asked)]

    orders, post, trains = "GET /orders/{id}", "POST /orders", "GET /trains"
    assert paths(page_size="1") == [orders, post, trains]
    for asked, expected in (
        ({"api": shop.code}, [orders, post]),
        ({"method": "get"}, [orders, trains]),
        ({"authentication": "none"}, [post]),
        ({"authentication": "not declared"}, [trains]),
        ({"deprecated": "true"}, [post]),
        ({"documented": "false"}, [trains]),
        ({"q": "ORDERS"}, [orders, post]),
        ({"q": "{"}, [orders]),
        ({"q": "%"}, []),
        ({"state": "removed"}, [trains]),
        ({"state": "shadow"}, []),
    ):
        assert paths(**asked) == expected, asked
    first = caller.get("endpoints/")["results"][0]
    assert first == {
        "api": shop.code, "method": "GET", "path": "/orders/{id}", "spellings": ["/orders/{id}"], "operation_id": "",
        "summary": "", "authentication": "declared", "schemes": ["key"], "deprecated": False, "documented": True,
        "first_seen": "2026-03-01T12:00:00Z", "removed_at": None, "sunset": None, "state": "documented",
        "reason": "In the specification; no log of its gateway was read.", "calls": None, "signed_calls": None,
        "unsigned_calls": None, "open_calls": None, "first_called": None, "last_called": None,
    }  # fmt: skip
    for name in ("authentication", "method", "deprecated", "host", "state"):
        caller.get("endpoints/", **{name: "x" * 25})
        assert caller.status == 400, name


def test_foreign_endpoints_are_not_there_and_their_api_looks_like_none() -> None:
    payments = team("Payments")
    own, foreign = make_api(team=payments), make_api(team=team("Logistics"))
    for api in (own, foreign):
        endpoint(api, "GET", "/a")
    member = Caller(user=person(member_of=payments))
    assert [row["api"] for row in member.walk("endpoints/")] == [own.code]
    told = member.get("endpoints/", api=foreign.code)
    assert member.status == 400
    assert str(told).replace(foreign.code, "API-0") == str(member.get("endpoints/", api="API-0"))


def test_states_and_calls_follow_from_logs() -> None:
    shop = make_api(team=team())
    ObservedDay.objects.create(api=shop, day="2026-03-01", calls=9, untold=0)
    endpoint(shop, "GET", "/a", calls=4, signed_calls=1, unsigned_calls=3, open_calls=2, last_called="2026-03-01")
    endpoint(shop, "GET", "/b", specified_since="1970-01-01")
    endpoint(shop, "GET", "/c", calls=5, last_called="2026-03-01", documented=False)
    endpoint(shop, "GET", "/d", documented=False, removed_at=NOW)
    caller = Caller(token=token_of(person(OrganisationRole.AUDITOR)))
    rows = {row["path"]: row for row in caller.walk("endpoints/")}
    assert {path: (row["state"], row["calls"]) for path, row in rows.items()} == {
        "/a": ("documented", 4), "/b": ("documented", 0), "/c": ("shadow", 5)}  # fmt: skip
    assert rows["/c"]["reason"] == "Called, last on 2026-03-01; in no specification."
    DiscoveryPolicy.objects.create(days=1)
    assert [row["path"] for row in caller.walk("endpoints/", state="orphan")] == ["/b"]


def test_a_page_takes_three_queries_for_its_rows(django_assert_num_queries: Any) -> None:
    api = make_api(team=team())
    for number in range(40):
        endpoint(api, "GET", f"/{number}")
    caller = Caller(token=token_of(person(OrganisationRole.AUDITOR)))
    caller.get("endpoints/")
    for size in (1, 40):
        with django_assert_num_queries(5):
            assert len(caller.get("endpoints/", page_size=size)["results"]) == size
