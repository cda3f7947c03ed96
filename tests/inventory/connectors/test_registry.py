"""The list of readers, and the contract that every registered reader keeps over the samples beside its tests."""

import gzip
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inventory.connectors.base import DocumentError, Reader
from inventory.connectors.registry import detect, discover, reader_for, readers, register
from tests.inventory.connectors.mutations import mutated, shape_of
from tests.inventory.connectors.reading import ROOT, document, read, samples_of, travelled

READERS = {reader.slug: reader for reader in readers()}
SAMPLES = [(reader, sample) for reader in readers() for sample in samples_of(reader)]
NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
SAMPLE_IDS = [f"{reader.slug}-{sample.name}" for reader, sample in SAMPLES]


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
def test_a_reader_says_what_it_is_and_brings_samples(reader: type[Reader]) -> None:
    assert reader.slug.isidentifier()
    assert reader.label
    assert reader.kind in {"specification", "findings", "traffic", "alerts", "owners"}
    assert samples_of(reader)


@pytest.mark.parametrize(("reader", "sample"), SAMPLES, ids=SAMPLE_IDS)
def test_a_sample_is_recognised_by_its_reader_alone(reader: type[Reader], sample: Path) -> None:
    head = document(sample.read_bytes()).head()
    assert [found.slug for found in readers() if found.sniff(head, sample.name)] == [reader.slug]
    assert detect(head, "upload") is reader


@pytest.mark.parametrize(("reader", "sample"), SAMPLES, ids=SAMPLE_IDS)
def test_a_sample_gives_typed_records_and_a_summary_packed_or_not(reader: type[Reader], sample: Path) -> None:
    records, summary = read(sample.read_bytes(), sample.name)
    assert records
    assert [travelled(record, reader.records) for record in records] == records
    assert travelled(summary, reader.summary) == summary
    for data in (gzip.compress(sample.read_bytes()), sample.read_text().encode("utf-16")):
        again, summary_again = read(data, sample.name)
        assert again == records
        assert summary_again == summary


@pytest.mark.parametrize("order", [list, reversed], ids=["as it is", "reversed"])
@pytest.mark.parametrize(("reader", "sample"), [each for each in SAMPLES if each[1].suffix in {".json", ".sarif"}])
def test_a_sample_on_one_line_with_its_keys_in_another_order_is_the_same(
    reader: type[Reader], sample: Path, order: Callable[[Iterable[str]], Iterable[str]]
) -> None:
    told = json.loads(sample.read_bytes())
    (told[0] if isinstance(told, list) else told)["x-asked"] = "somebody@example.com"
    data = json.dumps(rearranged(told, order), separators=(",", ":")).encode()
    assert [found.slug for found in readers() if found.sniff(document(data).head(), "upload")] == [reader.slug]
    records, again = (read(each, sample.name)[0] for each in (json.dumps(told), data))
    assert len(again) == len(records)
    if reader.kind != "specification":
        assert {repr(record) for record in again} == {repr(record) for record in records}


def rearranged(node: Any, order: Callable[[Iterable[str]], Iterable[str]]) -> Any:
    """Return the node with the keys of every object in it in this order."""
    if isinstance(node, dict):
        return {key: rearranged(node[key], order) for key in order(node)}
    return [rearranged(each, order) for each in node] if isinstance(node, list) else node


def check(reader: type[Reader], data: bytes) -> None:
    """Read bytes: either records that can be stored come out, or a DocumentError of one line."""
    told: Any
    try:
        told = read(data, "mutant", reader)
    except DocumentError as error:
        told = str(error)
    assert told
    assert "\n" not in told
    assert not NUL.search(msgspec.json.encode(told))


@pytest.mark.parametrize(("reader", "sample"), SAMPLES, ids=SAMPLE_IDS)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_sample_with_nodes_changed_is_read_or_refused(
    data: st.DataObject, reader: type[Reader], sample: Path
) -> None:
    tree, write = shape_of(sample)
    check(reader, write(data.draw(mutated(tree))).encode("utf-8", "surrogatepass"))


@pytest.mark.slow
@pytest.mark.parametrize(("reader", "sample"), SAMPLES, ids=SAMPLE_IDS)
@settings(max_examples=1000, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_sample_with_nodes_changed_is_read_or_refused_at_length(
    data: st.DataObject, reader: type[Reader], sample: Path
) -> None:
    tree, write = shape_of(sample)
    text = write(data.draw(mutated(tree, most=12)))
    if data.draw(st.booleans()):
        text = text.replace("\\ud800", "\ud800").replace("\\u0000", "\0")
    check(reader, text.encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize(("reader", "sample"), SAMPLES, ids=SAMPLE_IDS)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_sample_with_bytes_changed_is_read_or_refused(
    data: st.DataObject, reader: type[Reader], sample: Path
) -> None:
    raw = bytearray(sample.read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        start = data.draw(st.integers(0, len(raw)))
        end = min(len(raw), start + data.draw(st.integers(0, 40)))
        raw[start:end] = data.draw(
            st.binary(max_size=6) | st.sampled_from([b"{", b"]", b'"', b"\\", b"&a ", b"*a", b"- "])
        )
    check(reader, bytes(raw[: data.draw(st.integers(0, len(raw)))] if data.draw(st.booleans()) else raw))


def test_an_unknown_document_is_told_with_what_was_seen_and_what_is_known() -> None:
    seen = {
        '{"alarms": [], "meta": {"runs": []}}': "JSON object with the keys “alarms”, “meta”",
        '{"alarms": 1': "JSON object with the key “alarms”",
        "[1]": "JSON array",
        "<issues/>": "XML document",
        "name: x\nother:\n  - y": "YAML with the keys “name”, “other”",
        "Title,Owner": "not recognised",
    }
    for text, words in seen.items():
        with pytest.raises(DocumentError, match=words) as caught:
            detect(document(text).head(), "x")
        assert all(reader.label in caught.value.reason for reader in readers())


def test_a_document_of_the_other_kind_is_named() -> None:
    with pytest.raises(DocumentError, match=r"This is SARIF 2\.1\.0, which is a report of findings"):
        detect(b'{"version": "2.1.0", "runs": []}', "x", "specification")


def test_a_format_nobody_reads_is_told_with_those_that_are_known() -> None:
    assert reader_for("sarif").label == "SARIF 2.1.0"
    with pytest.raises(LookupError, match=r"“csv”. Known are .*openapi.*sarif"):
        reader_for("csv")


def test_a_second_reader_of_one_slug_or_in_one_module_is_an_error() -> None:
    first = next(iter(readers()))
    for name, slug in (("elsewhere", first.slug), (first.__module__, "other")):
        twin = type("Twin", (first,), {"slug": slug, "__module__": name})
        with pytest.raises(ValueError, match="in the way"):
            register(twin)


def test_a_reader_that_cannot_be_imported_stops_the_process(tmp_path: Path) -> None:
    package = tmp_path / "plugins" / "inner"
    package.mkdir(parents=True)
    for folder in (package, package.parent):
        (folder / "__init__.py").touch()
    (package / "broken.py").write_text("import a_module_that_is_not_there\n")
    code = f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(ROOT)!r}]\n"
    code += "from inventory.connectors.registry import discover\ndiscover('plugins')\nprint('still here')"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert run.stdout == ""
    assert "a_module_that_is_not_there" in run.stderr


def test_discovery_twice_registers_once() -> None:
    before = readers()
    discover("inventory.connectors", "findings.connectors")
    assert readers() == before
