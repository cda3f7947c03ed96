"""What specifications say, on the samples of a shop and on documents that bend the rules."""

import json
from pathlib import Path
from typing import Any

import pytest

from inventory.connectors.base import MOST_INDEXED, DocumentError
from inventory.connectors.registry import reader_for
from inventory.records import EndpointRecord, Parameter, Scheme, SpecificationRecord, SpecificationSummary
from tests.inventory.connectors.reading import HAZARDS, read

SAMPLES = Path(__file__).parent / "samples"


def told(
    data: bytes | str, name: str = "shop.json"
) -> tuple[SpecificationRecord, list[EndpointRecord], SpecificationSummary]:
    records, summary = read(data, name)
    return records[0], records[1:], summary


def sample(name: str) -> tuple[SpecificationRecord, dict[tuple[str, str], EndpointRecord], SpecificationSummary]:
    specification, endpoints, summary = told((SAMPLES / name).read_bytes(), name)
    return specification, {(one.method, one.path): one for one in endpoints}, summary


def spec(**members: Any) -> str:
    return json.dumps({"openapi": "3.0.3", "info": {"title": "Shop", "version": "1"}, "paths": {}} | members)


def test_swagger_2_is_read_with_host_schemes_and_inherited_security() -> None:
    specification, endpoints, summary = sample("shop-2.0.json")
    assert specification == SpecificationRecord(
        title="Shop orders",
        version="1.0",
        format="Swagger 2.0",
        spec_version="2.0",
        servers=("https://API.shop.example/orders/v1", "http://API.shop.example/orders/v1"),
        base_urls=("https://API.shop.example/orders/v1", "http://API.shop.example/orders/v1"),
        security_schemes=(Scheme(name="key", kind="apiKey header X-Shop-Key"), Scheme(name="basic", kind="basic")),
        contact="orders@shop.example",
        paths=2,
        operations=4,
    )
    assert endpoints["GET", "/orders"] == EndpointRecord(
        method="GET",
        path="/orders",
        path_key="/orders",
        operation_id="listOrders",
        summary="List orders",
        tags=("orders",),
        authentication="declared",
        schemes=("key",),
        parameters=(Parameter(name="page", where="query", kind="integer"),),
        response_types=("application/json", "text/csv"),
        responses=("200",),
    )
    placed = endpoints["POST", "/orders"]
    assert placed.schemes == ("key", "basic")
    assert placed.parameters[1] == Parameter(name="order", where="body", required=True, kind="object")
    assert placed.request_types == ("application/json",)
    assert endpoints["GET", "/orders/{number}"].authentication == "none"
    dropped = endpoints["DELETE", "/orders/{number}"]
    assert (dropped.authentication, dropped.schemes) == ("none", ("basic",))
    assert (dropped.deprecated, dropped.sunset) == (True, "2027-01-31")
    assert (summary.operations, summary.deprecated, summary.unauthenticated) == (4, 1, 2)


def test_openapi_3_0_in_yaml_is_read_without_surprises_of_yaml() -> None:
    specification, endpoints, summary = sample("shop-3.0.yaml")
    assert (specification.version, specification.owner) == ("1.10", "catalogue")
    assert specification.servers[0] == "https://{region}.shop.example:{port}/catalogue/{version}"
    assert specification.base_urls == (
        "https://eu.shop.example:8443/catalogue/v2",
        "https://us.shop.example:8443/catalogue/v2",
        "https://no.shop.example:8443/catalogue/v2",
        "/catalogue/v2",
    )
    assert [scheme.kind for scheme in specification.security_schemes] == ["http bearer", "oauth2", "oauth2"]
    assert sorted(endpoints) == [
        ("*", "/stock"),
        ("GET", "/items/{id}"),
        ("GET", "/items/{id}/picture"),
        ("GET", "items"),
        ("PUT", "/items/{id}"),
    ]
    assert summary.operations == 5


def test_references_and_path_level_parameters_are_followed_inside_the_document() -> None:
    _, endpoints, _ = sample("shop-3.0.yaml")
    got = endpoints["GET", "/items/{id}"]
    assert got.parameters == (
        Parameter(name="id", where="path", required=True),
        Parameter(name="lang", where="query", required=True),
    )
    assert got.response_types == ("application/json",)
    assert got.authentication == "not declared"
    put = endpoints["PUT", "/items/{id}"]
    assert (put.request_types, put.response_types) == (("application/json", "application/xml"), ("application/json",))
    assert (put.authentication, put.schemes) == ("declared", ("bearer",))
    picture = endpoints["GET", "/items/{id}/picture"]
    assert (picture.operation_id, picture.deprecated, picture.sunset) == ("getPicture", True, "2026-12-24")


def test_a_path_described_elsewhere_is_counted_and_never_fetched() -> None:
    _, endpoints, summary = sample("shop-3.0.yaml")
    stock = endpoints["*", "/stock"]
    assert stock.unresolved == ("https://specs.shop.example/stock.yaml#/paths/~1stock",)
    assert summary.unresolved == 1


def test_what_was_tolerated_is_told_with_its_place() -> None:
    _, _, summary = sample("shop-3.0.yaml")
    assert [oddity.place for oddity in summary.oddities] == [
        "/paths/~1items~1{id}/patch",
        "/paths/items",
        "/paths/items/GET",
        "/paths/~1stock",
    ]
    assert summary.oddity_count == 4


def test_openapi_3_1_has_webhooks_shared_paths_and_optional_sign_in() -> None:
    specification, endpoints, summary = sample("shop-3.1.json")
    assert (specification.title, specification.version) == ("Shop\ufffd accounts\ufffd", "3")
    assert (specification.webhooks, specification.environment) == (2, "staging")
    assert (endpoints["GET", "/me"].authentication, endpoints["GET", "/me"].schemes) == (
        "declared",
        ("session", "mtls"),
    )
    assert ("GET", "/health") in endpoints
    assert endpoints["*", "/loop"].unresolved == ("#/paths/~1loop",)
    assert endpoints["GET", "/users/{id}"].unresolved == ("file:///etc/hostname", "#/components/parameters/none")
    assert endpoints["GET", "/users/{id}"].authentication == "none"
    assert endpoints["GET", "/users/{name}"].authentication == "not declared"
    assert endpoints["GET", "/users/{id}"].path_key == endpoints["GET", "/users/{name}"].path_key == "/users/{}"
    assert (summary.operations, summary.unresolved) == (5, 2)


def test_openapi_3_2_adds_query_and_other_methods() -> None:
    _, endpoints, _ = sample("shop-3.2.yaml")
    assert {key: one.authentication for key, one in endpoints.items()} == {
        ("QUERY", "/search"): "not declared",
        ("PURGE", "/search"): "none",
    }


@pytest.mark.parametrize(
    ("own", "shared", "told_as"),
    [
        (None, None, "not declared"),
        (None, [], "none"),
        (None, [{"key": []}], "declared"),
        (None, [{"key": []}, {}], "none"),
        ([], [{"key": []}], "none"),
        ([{}], [{"key": []}], "none"),
        ([{"key": []}], [], "declared"),
        ([{"key": []}], None, "declared"),
    ],
)
def test_sign_in_is_declared_none_or_not_declared(own: Any, shared: Any, told_as: str) -> None:
    operation = {"responses": {}} | ({} if own is None else {"security": own})
    document = spec(paths={"/x": {"get": operation}}, **({} if shared is None else {"security": shared}))
    assert told(document)[1][0].authentication == told_as


REFUSED = {
    "[]": ("", "must be an object, but is an array"),
    '{"openapi": "3.0.0", "paths": []}': ("/paths", "must be an object, but is an array"),
    '{"openapi": "3.0.0", "paths": {"/x": "y"}}': ("/paths/~1x", "must be an object, but is text"),
    '{"openapi": "3.0.0", "paths": {"/x": {"get": true}}}': ("/paths/~1x/get", "true or false"),
    '{"openapi": "3.0.0", "paths": {"/x": {"get": {"security": 5}}}}': ("/paths/~1x/get/security", "a number"),
    '{"openapi": "3.0.0", "paths": {"/x": {"get": {}}}, "security": [null]}': ("/security/0", "null"),
    '{"openapi": "4.0.0", "paths": {}}': ("/openapi", "“4.0.0” of openapi is not read"),
    '{"openapi": "2.0", "paths": {}}': ("/openapi", "not read"),
    '{"swagger": "1.2", "apis": []}': ("/swagger", "“1.2” of swagger is not read"),
    '{"swagger": {}, "paths": {}}': ("/swagger", "“” of swagger is not read"),
    '{"paths": {}}': ("", "no key “openapi” or “swagger”"),
}


@pytest.mark.parametrize(("text", "fault"), REFUSED.items())
def test_what_decides_the_inventory_is_refused_with_its_place(text: str, fault: tuple[str, str]) -> None:
    with pytest.raises(DocumentError, match=fault[1]) as caught:
        read(text, "shop.json", reader_for("openapi"))
    assert caught.value.place == fault[0]


def test_what_only_describes_is_left_out_and_noted() -> None:
    document = spec(
        info=["x"],
        servers={"url": "x"},
        components={"securitySchemes": [1]},
        paths={
            "/x": {"parameters": "x", "get": {"tags": {}, "parameters": [5, {"name": "a"}], "deprecated": "TRUE"}},
            "/y": None,
        },
    )
    specification, endpoints, summary = told(document, "orders.v2.yaml.gz")
    assert specification.title == "orders.v2"
    assert [(one.method, one.path, one.deprecated) for one in endpoints] == [("GET", "/x", True)]
    assert {oddity.place for oddity in summary.oddities} == {
        *("/info", "/info/title", "/servers", "/components/securitySchemes", "/paths/~1x/parameters", "/paths/~1y"),
        *("/paths/~1x/get/tags", "/paths/~1x/get/parameters/1"),
    }


def test_versions_written_as_numbers_are_read() -> None:
    assert told('{"swagger": 2.0, "info": {"version": 1.5}, "paths": {}}')[0].version == "1.5"
    assert told("openapi: 3.1\npaths: {}", "x.yaml")[0].spec_version == "3.1"


def test_servers_with_many_variables_stay_few() -> None:
    names = [f"v{n}" for n in range(30)]
    variables = {name: {"enum": [str(n) for n in range(50)]} for name in names}
    server = {"url": "https://" + ".".join(f"{{{name}}}" for name in names), "variables": variables}
    specification = told(spec(servers=[server, {"url": "https://{open}.shop.example"}]))[0]
    assert len(specification.base_urls) == 21
    assert specification.base_urls[-1] == "https://{open}.shop.example"


def test_addresses_longer_than_can_be_kept_are_left_out_and_noted() -> None:
    urls = [f"https://{'a.' * 200}example/v1", f"{'a' * 11}://b.example", f"https://b.example/{'ä' * 600}", "/v1"]
    specification, _, summary = told(spec(servers=[{"url": url} for url in urls]))
    assert len(specification.servers) == 4
    assert specification.base_urls == ("/v1",)
    assert [(oddity.place, oddity.what.partition(";")[2]) for oddity in summary.oddities] == [
        ("/servers", " it was left out.")
    ] * 3


def test_the_key_of_a_long_path_can_be_found_by_the_database_and_two_stay_two() -> None:
    paths: dict[str, Any] = {f"/{'🦊' * 1900}{end}": {"get": {}} for end in "ab"}
    keys = {endpoint.path_key for endpoint in told(spec(paths=paths))[1]}
    assert len(keys) == 2
    assert all(len(key.encode()) <= MOST_INDEXED for key in keys)


@pytest.mark.parametrize(
    ("members", "base_urls"),
    [
        ({"host": "shop.example"}, ("//shop.example",)),
        ({"basePath": "v1"}, ("/v1",)),
        ({"basePath": "/"}, ()),
        ({"host": "shop.example", "basePath": "/", "schemes": ["HTTPS"]}, ("https://shop.example",)),
        ({"host": 5, "schemes": "https"}, ("//5",)),
    ],
)
def test_addresses_of_swagger_2_are_put_together(members: dict[str, Any], base_urls: tuple[str, ...]) -> None:
    assert told(json.dumps({"swagger": "2.0", "paths": {}} | members))[0].base_urls == base_urls


def test_long_chains_of_references_end() -> None:
    chain = {f"p{n}": {"$ref": f"#/components/parameters/p{n + 1}"} for n in range(200)}
    document = spec(
        paths={"/x": {"get": {"parameters": [{"$ref": "#/components/parameters/p0"}]}}},
        components={"parameters": chain},
    )
    assert len(told(document)[1][0].unresolved) == 1


@pytest.mark.parametrize(
    ("name", "endpoints", "unresolved"),
    [
        ("openapi_circular_ref.json", [("GET", "/n")], 0),
        ("openapi_remote_ref.json", [("*", "/n"), ("GET", "/f")], 2),
    ],
)
def test_hazards_of_references_are_counted(name: str, endpoints: list[tuple[str, str]], unresolved: int) -> None:
    _, found, summary = told((HAZARDS / name).read_bytes(), name)
    assert [(one.method, one.path) for one in found] == endpoints
    assert summary.unresolved == unresolved


@pytest.mark.parametrize("name", ["yaml_alias_bomb.yaml", "yaml_python_tag.yaml"])
def test_hazards_of_yaml_are_refused_with_their_line(name: str) -> None:
    with pytest.raises(DocumentError) as caught:
        told((HAZARDS / name).read_bytes(), name)
    assert caught.value.place.startswith("line ")


def test_sorted_documents_are_recognised_before_their_version_comes() -> None:
    schemas = {f"Schema{n:05}": {"type": "object"} for n in range(4000)}
    for document in (
        json.dumps({"components": {"schemas": schemas}, "info": {}, "openapi": "3.0.0", "paths": {}}),
        "components:\n  schemas:\n"
        + "".join(f"    {name}: {{type: object}}\n" for name in schemas)
        + "openapi: 3.0.0\n",
    ):
        assert told(document)[0].format == "OpenAPI 3.0"
