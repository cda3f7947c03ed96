"""Objects that follow each other, one a line or each over several."""

import json
from pathlib import Path

import pytest

from inventory.connectors.base import Reader
from inventory.connectors.json_lines import objects_of
from inventory.connectors.registry import detect, readers
from inventory.connectors.streams import MOST_LINE
from tests.inventory.connectors.reading import document, read, samples_of

LINES = [
    (reader, sample)
    for reader in readers()
    for sample in samples_of(reader)
    if sample.suffix in {".jsonl", ".ndjson"} and reader.slug != "access_log"
]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n"])
@pytest.mark.parametrize(
    ("reader", "sample"), LINES, ids=lambda each: each.name if isinstance(each, Path) else each.slug
)
def test_lines_made_easy_to_read_are_the_same(reader: type[Reader], sample: Path, end: str) -> None:
    told = [json.loads(line) for line in sample.read_text().splitlines() if line.startswith("{")]
    plain, spread = ("\n".join(json.dumps(each, indent=indent) for each in told) for indent in (None, 2))
    data = spread.replace("\n", end).encode()
    assert detect(document(data).head(), "upload") is reader
    assert read(data, sample.name)[0] == read(plain, sample.name)[0]


def test_places_are_those_of_the_first_line_and_what_is_no_object_is_told() -> None:
    text = '{"a": 1}\n\n[]\n{"a"\n' + "1" * (MOST_LINE + 1) + '\n{"b": 2}'
    assert list(objects_of(document(text))) == [
        ("line 1", {"a": 1}),
        ("line 3", "The line holds no object."),
        ("line 4", "The line is not valid JSON."),
        ("line 5", "The line is longer than 1 MB."),
        ("line 6", {"b": 2}),
    ]
    assert list(objects_of(document(""))) == []


def test_an_object_over_several_lines_is_told_with_its_first() -> None:
    long = "\n".join(['"' + "1" * 1000 + '",'] * (MOST_LINE // 1000))
    text = '{\n "a": {\n  "b": 1\n }\n}\n\n{\n "a" 1\n}\n{\n' + long + "\n}\n{\n" + "1" * (MOST_LINE + 1) + "\n}\n{\n 1"
    end = text.count("\n") + 1
    assert list(objects_of(document(text))) == [
        ("line 1", {"a": {"b": 1}}),
        ("line 7", "The object is not valid JSON."),
        ("line 10", "The object is longer than 1 MB."),
        (f"line {end - 4}", "The object is longer than 1 MB."),
        (f"line {end - 1}", "The object does not end."),
    ]
