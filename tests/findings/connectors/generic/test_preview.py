"""What the page of the mapping shows before anything is stored."""

import json

import pytest

from findings.connectors.generic.preview import preview
from inventory.connectors.base import DocumentError
from tests.inventory.connectors.reading import document


def test_columns_come_with_their_first_values_and_the_mapping_is_filled_in() -> None:
    data = "Title,Severity,Url\n" + "".join(f"T{number},high,https://h.example/{number}\n" for number in range(50))
    seen = preview(document(data), {})
    assert [(column.name, column.values) for column in seen.columns] == [
        ("Title", ("T0", "T1", "T2")),
        ("Severity", ("high",)),
        ("Url", ("https://h.example/0", "https://h.example/1", "https://h.example/2")),
    ]
    assert (seen.mapping.title, seen.mapping.severity, seen.mapping.url) == ("Title", "Severity", "Url")
    assert len(seen.findings) == 20
    assert seen.fault == ""


def test_columns_that_are_not_known_are_shown_with_what_is_missing() -> None:
    seen = preview(document("Was,Wie\na,b\n"), {})
    assert [column.name for column in seen.columns] == ["Was", "Wie"]
    assert "Which column holds the title" in seen.fault
    assert preview(document("Was,Wie\na,low\n"), {"title": "Was", "severity": "Wie"}).findings[0].severity == "low"


def test_keys_of_json_are_columns_and_of_an_object_those_inside_it() -> None:
    seen = preview(document(json.dumps({"findings": [{"rule": {"name": "N"}, "x": 1}, {"y": []}]})), {})
    assert [(column.name, column.values) for column in seen.columns] == [
        ("rule.name", ("N",)),
        ("x", ("1",)),
        ("y", ()),
    ]


def test_a_broken_document_is_an_error() -> None:
    for data in ("", '{"findings": [', '{"findings": 3}'):
        with pytest.raises(DocumentError):
            preview(document(data), {})
