"""Specifications and logs as rows of an inventory."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from inventory.records import CallRecord, EndpointRecord, GatewayDayRecord, SpecificationRecord, TrafficSummary
from inventory.services.listing import Inventory

DAY = date(2026, 3, 1)


def endpoint(path: str, **more: Any) -> EndpointRecord:
    base: dict[str, Any] = {"method": "GET", "path": path, "path_key": "/d/{}"}
    return EndpointRecord(**base | more)


def inventory_rows(records: Iterable[Any], *calls: CallRecord, days: int = 0) -> list[dict[str, Any]]:
    """Return the rows of one specification and one log, which was observed on some days more."""
    listed = Inventory()
    listed.add_log(calls)
    observed = {(call.host, call.day) for call in calls}
    observed |= {(calls[0].host, DAY + timedelta(days=number)) for number in range(days)}
    told = tuple(GatewayDayRecord(host=host, day=day, calls=1) for host, day in observed)
    listed.add_days(TrafficSummary(lines=len(calls), calls=len(calls), days=told))
    listed.add_specification(records)
    return list(listed.rows())


def call(line: str, *, calls: int = 1, ok: int = 1, host: str = "api.shop.example", on: int = 0) -> CallRecord:
    method, key = line.split(" ")
    return CallRecord(host=host, method=method, path_key=key, day=DAY + timedelta(days=on), calls=calls, ok=ok)


def states(rows: list[dict[str, Any]]) -> dict[str, tuple[str, int | None]]:
    """Return state and calls of each endpoint."""
    return {f"{row['method']} {row['path']}": (row["state"], row["calls"]) for row in rows if row["type"] == "endpoint"}


def test_an_api_and_its_endpoints_come_with_every_key() -> None:
    specification = SpecificationRecord(
        title="Shop",
        version="1",
        format="OpenAPI 3.0",
        spec_version="3.0.3",
        base_urls=("/v1",),
        contact="shop@shop.example",
    )
    rows = list(inventory_rows([specification, endpoint("/d/{id}", authentication="declared", deprecated=True)]))
    assert rows == [
        {
            "type": "api",
            "name": "Shop",
            "version": "1",
            "environment": None,
            "base_urls": ["/v1"],
            "owner": "shop@shop.example",
        },
        {
            "type": "endpoint",
            "api": "Shop",
            "method": "GET",
            "path": "/d/{id}",
            "state": "documented",
            "authentication": "declared",
            "deprecated": True,
            "data_classes": [],
            "calls": None,
        },
    ]


def test_two_spellings_of_a_path_are_one_endpoint_as_open_as_the_most_open() -> None:
    spellings = [
        endpoint("/d/{name}", authentication="declared", deprecated=True),
        endpoint("/d/{id}", authentication="not declared"),
        endpoint("/d/{key}", authentication="none", deprecated=True),
        endpoint("/d/{id}", method="PUT"),
    ]
    one, other = inventory_rows(spellings)
    assert (one["path"], one["authentication"], one["deprecated"]) == ("/d/{id}", "none", False)
    assert other["method"] == "PUT"


def shop(*base_urls: str) -> list[Any]:
    """Return a specification with an endpoint in each state."""
    return [
        SpecificationRecord(
            title="Shop", version="1", format="OpenAPI 3.0", spec_version="3.0.3", base_urls=base_urls
        ),
        endpoint("/users/{name}", path_key="/users/{}"),
        endpoint("/old", path_key="/old", deprecated=True),
        endpoint("/ended", path_key="/ended", sunset="2026-03-01"),
        endpoint("/never", path_key="/never"),
        endpoint("/once", path_key="/once"),
    ]  # fmt: skip


CALLS = (
    call("GET /v1/users/mallory", calls=3, on=31), call("HEAD /v1/users/eve", on=31), call("GET /v1/old", on=31),
    call("GET /v1/ended", on=31), call("GET /v1/once"), call("GET /v1/dark/{}", calls=4, on=31),
    call("GET /v1/wp-admin", ok=0, on=31), call("GET /v1/x.css", on=31),
)  # fmt: skip
STATES = {
    "GET /users/{name}": ("documented", 4),
    "GET /old": ("zombie", 1),
    "GET /ended": ("zombie", 1),
    "GET /never": ("orphan", 0),
    "GET /once": ("unused", 1),
    "GET /dark/{}": ("shadow", 4),
}


def test_specification_and_log_together_tell_states_and_calls() -> None:
    rows = inventory_rows(shop("https://api.shop.example:8443/v1"), *CALLS, days=32)
    assert states(rows) == STATES
    assert [row["api"] for row in rows if row["type"] == "endpoint"] == ["Shop"] * 6


def test_one_specification_that_names_no_host_of_the_log_is_the_one_it_is_about() -> None:
    assert states(inventory_rows(shop("/v1"), *CALLS, days=32)) == STATES


def test_fewer_days_than_the_threshold_are_all_there_is_to_judge_by() -> None:
    rows = states(inventory_rows(shop("https://api.shop.example/v1"), call("GET /v1/users/eve")))
    assert rows["GET /never"] == ("orphan", 0)
    assert rows["GET /users/{name}"] == ("documented", 1)


def test_a_host_of_no_specification_is_listed_by_itself_and_says_nothing_of_others() -> None:
    specification = shop("https://api.shop.example/v1")
    rows = inventory_rows(specification, call("GET /v1/old", host="odd.example"), call("GET /v2/b"))
    assert [(row["api"], row["path"], row["state"]) for row in rows[-2:]] == [
        ("Shop", "/v2/b", "shadow"), ("odd.example", "/v1/old", "shadow")]  # fmt: skip
    rows = inventory_rows([*specification, endpoint("/x", path_key="/x")], call("GET /x", host="odd.example"))
    assert rows[-1]["calls"] == 1
