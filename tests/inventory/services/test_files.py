"""Files as people have them: every hazard ends in records or in one line that names the file."""

from pathlib import Path

import pytest

from inventory.jobs.documents import DocumentError
from inventory.services.files import reading_of
from tests.inventory.connectors.reading import HAZARDS, ROOT

READABLE = {
    "backstage_multi_doc_bad.yaml": 1,
    "bom_utf8.json": 1,
    "csv_formula.csv": 2,
    "dates_weird.json": 9,
    "lone_surrogate.json": 1,
    "ndjson_one_bad_line.jsonl": 2,
    "openapi_circular_ref.json": 2,
    "openapi_remote_ref.json": 3,
    "sarif_empty_runs.sarif": 0,
    "sarif_nulls.sarif": 2,
    "severity_variants.json": 12,
    "utf16le.json": 1,
    "wrong_types.json": 0,
}
"""Hazards of formats that are read, with how many records they give."""

REFUSED = {
    "deep_objects.json": "JSON object with the key",
    "empty_file.json": "The file is empty.",
    "findings_is_object.json": "“findings” must be an array",
    "gzip_bomb.json.gz": "JSON array",
    "html_instead_of_json.json": "HTML page",
    "huge_int.json": "thousands of digits",
    "invalid_utf8.json": "not UTF-8",
    "param_entity.xml": "XML document",
    "truncated.xml": "XML document",
    "xxe_ssrf.xml": "XML document",
    "yaml_alias_bomb.yaml": "4,000,000 nodes",
    "yaml_merge_recursion.yaml": "YAML with the key “a”",
    "yaml_python_tag.yaml": "tag",
}
"""Hazards that are refused, with words of the reason."""

WITH_A_READER = {
    "bom_utf8.json": ("no key “openapi”", "no key “runs”"),
    "csv_formula.csv": ("must be an object, but is text", "not valid JSON"),
    "deep_objects.json": ("too deeply", "deeper"),
    "gzip_bomb.json.gz": ("250 times", "must hold an object"),
    "huge_int.json": ("thousands of digits", "digits"),
    "invalid_utf8.json": ("not UTF-8", "not UTF-8"),
    "ndjson_one_bad_line.jsonl": ("not valid JSON", "no key “runs”"),
    "utf16le.json": ("no key “openapi”", "no key “runs”"),
    "wrong_types.json": ("no key “openapi”", "no key “runs”"),
    "xxe_ssrf.xml": ("must be an object, but is text", "not valid JSON"),
    "yaml_merge_recursion.yaml": ("inside its own anchor", "not valid JSON"),
}
"""What the readers of OpenAPI and SARIF say of some when they are told to read them all the same."""


def test_each_hazard_has_its_expectation() -> None:
    assert {path.name for path in HAZARDS.iterdir()} == READABLE.keys() | REFUSED.keys()


@pytest.mark.parametrize(("name", "count"), READABLE.items())
def test_a_hazard_that_can_be_read_is_read(name: str, count: int) -> None:
    with reading_of(HAZARDS / name) as (_, reading):
        assert len(list(reading)) == count
    assert reading.summary is not None


@pytest.mark.parametrize(("name", "words"), REFUSED.items())
def test_a_hazard_that_cannot_be_read_is_refused_by_name(name: str, words: str) -> None:
    with pytest.raises(DocumentError, match=words) as caught, reading_of(HAZARDS / name) as (_, reading):
        list(reading)
    assert str(caught.value).startswith(f"{name}: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("slug", ["openapi", "sarif"])
@pytest.mark.parametrize("name", WITH_A_READER)
def test_a_hazard_given_to_a_reader_by_force_is_refused_too(slug: str, name: str) -> None:
    words = WITH_A_READER[name][slug == "sarif"]
    with pytest.raises(DocumentError, match=words) as caught, reading_of(HAZARDS / name, slug=slug) as (_, reading):
        list(reading)
    assert caught.value.file == name


def test_a_file_that_is_not_there_is_told_with_its_path(tmp_path: Path) -> None:
    missing = tmp_path / "missing.json"
    for path in (missing, tmp_path):
        with pytest.raises(DocumentError, match="cannot be read") as caught, reading_of(path):
            pass
        assert caught.value.file == str(path)


def test_a_format_nobody_reads_is_a_lookup_error() -> None:
    sample = ROOT / "tests/findings/connectors/sarif/samples/bandit.sarif"
    with pytest.raises(LookupError, match="Known are"), reading_of(sample, slug="csv"):
        pass
