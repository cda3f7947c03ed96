"""Specifications as rows of an inventory."""

from typing import Any

from inventory.records import EndpointRecord, SpecificationRecord
from inventory.services.listing import inventory_rows


def endpoint(path: str, **more: Any) -> EndpointRecord:
    base: dict[str, Any] = {"method": "GET", "path": path, "path_key": "/d/{}"}
    return EndpointRecord(**base | more)


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
