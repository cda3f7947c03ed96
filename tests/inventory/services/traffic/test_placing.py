"""Whose the calls are, and which endpoint a path is: by what is known, in whatever order it came."""

import itertools
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from django.db import transaction

from inventory.access.choices import PrincipalKind, TeamRole
from inventory.access.models import Team
from inventory.access.records import Principal
from inventory.models import Api, ApiTeam, Endpoint, Observation, ObservedDay
from inventory.services.traffic import placing
from inventory.services.traffic.placing import is_file, place_traffic, spelling
from inventory.spellings import Spellings
from tests.inventory.services.traffic.logs import HOST, NOW, call, day, endpoints, make_api, specify, take_log

pytestmark = pytest.mark.django_db


def test_calls_go_to_the_declared_endpoint_their_path_is_a_value_of() -> None:
    api = make_api(base="/v1")
    specify(api, "GET /users/{name}", "GET /users/me", "POST /users")
    take_log(
        call("GET /v1/users/mallory", calls=3), call("GET /v1/users/{}", calls=2), call("GET /v1/users/me"),
        call("POST /v1/users", calls=4, ok=0),
    )  # fmt: skip
    assert endpoints(api) == {"GET /users/{name}": 5, "GET /users/me": 1, "POST /users": 4}


def test_a_path_of_no_specification_is_learned_once_it_was_answered_with_success() -> None:
    api = make_api()
    specify(api, "GET /orders/{id}")
    take_log(
        call("GET /orders/{}"), call("GET /v2/orders/{}", calls=7), call("DELETE /orders/mine", calls=2),
        call("GET /wp-admin", calls=90, ok=0), call("GET /logo.png", calls=5), call("OPTIONS /orders/{}", calls=6),
        call("HEAD /orders/{}", calls=1),
    )  # fmt: skip
    assert endpoints(api) == {"GET /orders/{id}": 2, "GET /v2/orders/{}": 7, "DELETE /orders/{}": 2}
    learned = Endpoint.objects.get(path="/v2/orders/{}")
    assert (learned.documented, learned.specified_since) == (False, None)
    assert ObservedDay.objects.get(api=api).untold == 90 + 5 + 6


def test_the_longest_base_path_wins_at_whatever_port_and_the_rest_is_unmapped() -> None:
    root, orders = make_api("Root"), make_api("Orders", base="/orders")
    result = take_log(
        call("GET /orders/{}", calls=2), call("GET /health", calls=3), call("GET /x", calls=4, host="other.example")
    )
    assert endpoints(orders) == {"GET /{}": 2}
    assert endpoints(root) == {"GET /health": 3}
    assert result.unmapped == 4
    assert list(Observation.objects.filter(api=None).values_list("host", flat=True)) == ["other.example"]


def test_what_is_beside_the_base_path_belongs_to_the_only_api_of_the_host_while_it_is_the_only_one() -> None:
    orders = make_api(base="/v1")
    specify(orders, "GET /a")
    take_log(call("GET /v1/a"), call("GET /v2/a", calls=5))
    assert endpoints(orders) == {"GET /a": 1, "GET /v2/a": 5}
    specify(make_api("Other", base="/v3"), "GET /b")
    assert endpoints(orders) == {"GET /a": 1}
    assert Observation.objects.get(api=None).path_key == "/v2/a"


def test_a_log_that_was_said_to_be_about_an_api_is_wholly_about_it() -> None:
    api, other = make_api(base="/v1"), make_api("Other")
    take_log(call("GET /v1/a", host=""), call("GET /b", host="elsewhere.example"), api=api)
    assert endpoints(api) == {"GET /a": 1, "GET /b": 1}
    assert endpoints(other) == {}
    assert ObservedDay.objects.filter(api=api).count() == 1


def test_a_rule_names_the_api_where_no_address_does() -> None:
    api, ruled = make_api(), make_api("Ruled", host="elsewhere.example")
    take_log(call("GET /a"), call("GET /b", host="odd.example"), beyond=lambda _, __: ruled.pk)
    assert endpoints(api) == {"GET /a": 1}
    assert endpoints(ruled) == {"GET /b": 1}
    place_traffic(hosts=["odd.example"], now=NOW)
    assert endpoints(ruled) == {"GET /b": 1}


def test_a_gateway_that_was_observed_says_so_of_apis_that_nobody_called() -> None:
    quiet = make_api("Quiet", base="/quiet")
    make_api("Loud", base="/loud")
    take_log(call("GET /loud/a"), call("GET /loud/a", on=1))
    assert list(ObservedDay.objects.filter(api=quiet).order_by("day").values_list("day", "calls")) == [
        (day(0), 0), (day(1), 0)]  # fmt: skip


def team_member(team: Team) -> Principal:
    """Return somebody who may upload for one team."""
    return Principal(kind=PrincipalKind.USER, name="M", user_id=None, team_roles=((team.pk, TeamRole.MEMBER),))


def test_a_log_of_a_team_speaks_of_its_apis_alone_also_of_those_it_gets_later() -> None:
    team, others = Team.objects.create(slug="a", name="A"), Team.objects.create(slug="b", name="B")
    mine, foreign = make_api("Mine", base="/mine"), make_api("Foreign", base="/foreign")
    ApiTeam.objects.create(api=mine, team=team, since=NOW)
    ApiTeam.objects.create(api=foreign, team=others, since=NOW)
    take_log(call("GET /mine/a"), call("GET /foreign/a"), principal=team_member(team))
    assert (endpoints(mine), endpoints(foreign)) == ({"GET /a": 1}, {})
    assert not ObservedDay.objects.filter(api=foreign).exists()
    ApiTeam.objects.filter(api=foreign).update(team=team)
    place_traffic(hosts=[HOST], now=NOW)
    assert endpoints(foreign) == {"GET /a": 1}


def outcome(apis: dict[str, Api]) -> Any:
    """Return all that shows, by natural keys."""
    names = {api.pk: name for name, api in apis.items()}
    rows = Endpoint.objects.known().order_by("api", "method", "path_key")
    return (
        [(names[row.api_id], row.method, row.path, row.documented, row.calls, row.last_called) for row in rows],
        sorted((names[row.api_id], row.day, row.calls, row.untold) for row in ObservedDay.objects.all()),
        sorted((seen.host, seen.path_key, names.get(seen.api_id or 0)) for seen in Observation.objects.all()),
    )


def played(order: Iterable[int]) -> Any:
    """Return what four events in this order leave, and take it back."""
    with transaction.atomic():
        apis = {"root": make_api("Root")}

        def more() -> None:
            apis["orders"] = make_api("Orders", base="/orders")
            specify(apis["orders"], "GET /{id}/lines", "DELETE /{name}")

        events: list[Callable[[], Any]] = [
            lambda: specify(apis["root"], "GET /users/{name}", deprecated=["GET /users/{name}"]),
            more,
            lambda: take_log(
                call("GET /users/mallory", calls=2), call("GET /users/eve", calls=1), call("GET /orders/mine/lines")
            ),
            lambda: take_log(
                call("DELETE /orders/a", on=1), call("GET /users/none", on=1, ok=0), call("GET /new", on=1)
            ),
        ]
        for number in order:
            events[number]()
        found = outcome(apis)
        transaction.set_rollback(True)
    return found


def test_the_order_of_specifications_addresses_and_logs_does_not_matter() -> None:
    found = [played(order) for order in itertools.permutations(range(4))]
    assert len(found) == 24
    assert all(one == found[0] for one in found)
    assert ("orders", "DELETE", "/{name}", True, 1, day(1)) in found[0][0]


def test_of_one_api_and_day_only_so_many_are_learned_and_the_rest_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placing, "MOST_LEARNED", 2)
    api = make_api()
    take_log(*(call(f"GET /{letter}", calls=number) for number, letter in enumerate("abcd", 1)))
    assert endpoints(api) == {"GET /c": 3, "GET /d": 4}
    assert ObservedDay.objects.get(api=api).untold == 3
    take_log(call("GET /a", on=1, calls=1))
    assert endpoints(api) == {"GET /a": 2, "GET /c": 3, "GET /d": 4}


@pytest.mark.parametrize(
    ("seen", "meant"),
    [
        ("/users/mallory", "/users/{}"),
        ("/users/me", "/users/me"),
        ("/users/mallory/x", "/users/mallory/x"),
        ("/files/a.json", "/files/{}.json"),
        ("/files/a.xml", "/files/a.xml"),
        ("/old/x", "/old/{}"),
    ],
)
def test_a_seen_path_is_spelled_as_declared(seen: str, meant: str) -> None:
    current = Spellings(["/users/{}", "/users/me", "/files/{}.json"])
    assert spelling(seen, current, Spellings(["/old/{}"])) == meant


def test_text_beats_a_parameter_and_a_parameter_is_no_text() -> None:
    declared = Spellings(["/{}/{}", "/a/{}", "/{}/b"])
    assert declared.find("/a/b") == "/a/{}"
    assert declared.find("/{}/b") == "/{}/b"
    assert declared.find("/x/y") == "/{}/{}"
    assert Spellings(["/a/b"]).find("/{}/b") is None


def test_files_of_pages_are_no_endpoints() -> None:
    assert is_file("/assets/app.JS")
    assert not is_file("/reports/{}.json")
    assert not is_file("/.css")
    assert not is_file("/css")
