"""What answers hold, by name: through lists, references and mixtures, in circles and in whole data models."""

import time
from typing import Any

from inventory.connectors.openapi.members import MOST_MEMBERS, Members
from inventory.connectors.openapi.references import References


def members(schema: Any, **schemas: Any) -> tuple[str, ...] | None:
    root = {"components": {"schemas": schemas}}
    answer = {"200": {"content": {"application/json": {"schema": schema}}}}
    return Members(References(root)).of({"responses": answer})


def thing(*names: str, **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {name: {"type": "string"} for name in names}, **more}


def of(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def test_names_are_found_through_lists_references_and_mixtures() -> None:
    assert members(thing("a", "b")) == ("a", "b")
    assert members({"type": "array", "items": of("Card")}, Card=thing("pan")) == ("pan",)
    mixed = {"allOf": [of("Base"), thing("c")], "oneOf": [thing("d")], "anyOf": [{"items": thing("e")}]}
    assert set(members(mixed, Base=thing("a")) or ()) == {"a", "c", "d", "e"}
    assert members(thing("a", additionalProperties=thing("b"))) == ("a", "b")
    nested = {"properties": {"card": {"properties": {"number": {"type": "string"}}}}}
    assert members(nested) == ("card", "number")


def test_swagger_answers_and_all_statuses_count() -> None:
    told = Members(References({}))
    answers = {"200": {"schema": thing("a")}, "404": {"schema": thing("b")}}
    assert told.of({"responses": answers}) == ("a", "b")


def test_what_says_nothing_of_its_members_is_not_taken_for_having_none() -> None:
    silent: tuple[Any, ...] = (
        {},
        None,
        True,
        [],
        "x",
        {"type": "object"},
        of("Nowhere"),
        {"$ref": "https://a.example"},
    )
    for schema in silent:
        assert members(schema) is None
    assert members({"type": "string"}) == ()
    assert Members(References({})).of({}) is None
    assert Members(References({})).of({"responses": {"204": {"description": "Nothing."}}}) is None


def test_a_circle_ends() -> None:
    assert members(of("Node"), Node=thing("name", items=of("Node")) | {"allOf": [of("Node")]}) == ("name",)


def test_a_whole_data_model_behind_each_endpoint_is_looked_at_once_and_in_part() -> None:
    schemas = {
        f"S{one}": {"properties": {f"m{one}x{two}": of(f"S{(one * 7 + two) % 2000}") for two in range(50)}}
        for one in range(2000)
    }
    told = Members(References({"components": {"schemas": schemas}}))
    began = time.process_time()
    for one in range(2000):
        answer = {"200": {"content": {"application/json": {"schema": of(f"S{one % 20}")}}}}
        found = told.of({"responses": answer})
        assert found is not None
        assert len(found) == MOST_MEMBERS
    assert time.process_time() - began < 5
