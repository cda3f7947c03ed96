"""The schema: what is committed is what the code says, whole and valid."""

import re
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import call_command
from django.urls import get_resolver

from inventory.access.choices import OrganisationRole
from inventory.access.routes import routes_of
from tests.architecture.source import ROOT
from tests.callers import Caller, token_of
from tests.inventory.access.people import person

SNAPSHOT = ROOT / "docs/openapi.yaml"
LEFT_OUT = {"api:schema", "api:nowhere"}


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file that the generator writes; it fails on any warning and on what is no valid OpenAPI."""
    file = tmp_path_factory.mktemp("schema") / "openapi.yaml"
    call_command("spectacular", file=str(file), validate=True, fail_on_warn=True, stdout=StringIO())
    return file


@pytest.fixture(scope="module")
def schema(generated: Path) -> Any:
    return yaml.safe_load(generated.read_text())


def test_what_is_committed_is_what_the_code_says(generated: Path) -> None:
    told = "docs/openapi.yaml is old: python3 manage.py spectacular --file docs/openapi.yaml"
    assert SNAPSHOT.read_text() == generated.read_text(), told


def test_every_address_is_described(schema: Any) -> None:
    names = [name for _, name, _ in routes_of(get_resolver()) if name.startswith("api:")]
    assert len(schema["paths"]) == len(set(names) - LEFT_OUT)


def test_every_operation_says_what_it_is_and_how_it_refuses(schema: Any) -> None:
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            where = f"{method} {path}"
            assert len(operation["description"]) > 20, where
            assert "4XX" in operation["responses"], where
            assert operation["security"] == [{"token": []}, {"session": []}], where
            headers = [each["name"] for each in operation.get("parameters", []) if each["in"] == "header"]
            assert headers == (["Idempotency-Key"] if method == "post" else []), where
            good = [status for status in operation["responses"] if status.startswith("2")]
            assert good, where


def test_every_list_is_walked_the_same_way(schema: Any) -> None:
    reads = {path: each["get"] for path, each in schema["paths"].items() if "get" in each}
    lists = [path for path, operation in reads.items() if operation["operationId"].endswith("_list")]
    assert len(lists) == 15
    for path in lists:
        names = {each["name"] for each in schema["paths"][path]["get"]["parameters"]}
        assert {"cursor", "page_size"} <= names, path


def test_every_parameter_says_its_bounds_so_that_what_fits_the_schema_is_taken(schema: Any) -> None:
    for path, operations in schema["paths"].items():
        for operation in operations.values():
            for each in operation.get("parameters", []):
                said, where = each["schema"], f"{path} {each['name']}"
                if each["in"] == "path":
                    continue
                if said["type"] == "integer":
                    assert {"minimum", "maximum"} <= said.keys(), where
                elif said["type"] == "string":
                    assert {"enum", "pattern", "format", "minLength"} & said.keys(), where


def test_every_body_says_that_it_takes_no_other_fields(schema: Any) -> None:
    bodies = [
        operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        for operations in schema["paths"].values()
        for operation in operations.values()
        if "application/json" in operation.get("requestBody", {}).get("content", {})
    ]
    assert len(bodies) == 15
    for name in bodies:
        assert schema["components"]["schemas"][name]["additionalProperties"] is False, name


@pytest.mark.parametrize(("text", "fits"), [("a", 1), (" a\n", 1), ("", 0), (" ", 0), ("a\0", 0), ("\n\t", 0)])
def test_what_the_schema_takes_for_a_text_is_what_is_taken(schema: Any, text: str, fits: int) -> None:
    asked = {each["name"]: each["schema"] for each in schema["paths"]["/api/v1/findings/"]["get"]["parameters"]}
    assert bool(re.search(asked["rule"]["pattern"], text)) == bool(fits)


@pytest.mark.django_db
def test_it_is_served_as_json_to_whoever_signed_in() -> None:
    told = Caller(token=token_of(person(OrganisationRole.ANALYST), "upload")).get("schema/")
    assert told["openapi"].startswith("3.")
    assert yaml.safe_load(SNAPSHOT.read_text())["paths"].keys() == told["paths"].keys()
    stranger = Caller()
    stranger.get("schema/")
    assert stranger.status == 401
