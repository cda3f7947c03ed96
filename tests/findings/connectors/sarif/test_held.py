"""The short way tells of each document what the two passes tell, or leaves it to them."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from findings.connectors.sarif import held as module
from findings.connectors.sarif.held import held_of
from findings.connectors.sarif.outline import outline_of, results_of
from inventory.connectors.base import DocumentError
from tests.findings.connectors.sarif.reports import sarif
from tests.inventory.connectors.mutations import mutated
from tests.inventory.connectors.reading import HAZARDS, corpus_files, document

SAMPLES = sorted((Path(__file__).parent / "samples").glob("*.sarif"))
OURS = [*SAMPLES, *sorted(HAZARDS.iterdir())]
CORPUS = [entry["path"] for entry in corpus_files(lambda entry: "sarif_results" in (entry.get("raw_items") or {}))]
TREE = json.loads((Path(__file__).parent / "samples" / "dast.sarif").read_bytes())

SPLINTERS = [
    *(b'"results":[],', b'"results":[{}],', b'"r\\u0065sults":[1],', b'"runs":[],', b'"runs":null,', b'"a.b":1,'),
    *(b'"runs.item.results":[1],', b'"version":1,', b'"version":"1.0",', b'"version":"2.1.0",', b'"artifacts":[],'),
    *(b'"artifacts":null,', b'"tool":{},', b'"inlineExternalProperties":[{"results":[1]}],', b'"x":1e400,'),
    *(b'"x":12345678901234567890,', b'"x":-9223372036854775808,', b'"x":-0,', b'"x":"\\ud800",', b'"x":"\\ude00",'),
    *(b"\xff", b"\xed\xa0\x80", b"\x0c", b"\x00", b"\x01", b",", b"[", b"]", b"{", b"}", b'"', b"\\", b"null,", b"1,"),
    *(b'{"results":[1]},', b"[" * 160 + b"]" * 160 + b",", b"[" * 210 + b"]" * 210 + b","),
]


def compare(data: bytes) -> bool:
    """Fail where the two ways differ; tell whether the short one was taken."""
    held = held_of(document(data))
    if held is None:
        return False
    try:
        outline = outline_of(document(data))
    except DocumentError:
        # What is wrong stands in a result, and is seen once that is decoded.
        assert told(held.decoded(document(data))) == ("", False)
        return True
    assert held.outline == outline
    assert told(held.decoded(document(data))) == told(results_of(document(data), outline))
    return True


def told(results: Any) -> tuple[str, bool]:
    """Return all results, a number as it is written, and whether their reading ended well."""
    found = []
    try:
        found.extend(results)
    except DocumentError:
        # How many came before does not matter: nothing of a refused document is stored.
        return "", False
    return repr(found), True


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_usual_files_go_the_short_way(path: Path) -> None:
    assert compare(path.read_bytes())


@pytest.mark.parametrize("path", [*OURS, *CORPUS], ids=lambda path: path.name)
def test_both_ways_tell_the_same_of_every_file(path: Path) -> None:
    compare(path.read_bytes())


@given(mutated(TREE))
def test_both_ways_tell_the_same_of_changed_trees(tree: Any) -> None:
    compare(json.dumps(tree).encode())
    compare(json.dumps(tree, ensure_ascii=False).encode("utf-8", "surrogatepass"))


@given(st.lists(st.tuples(st.integers(0, 400), st.sampled_from(SPLINTERS)), min_size=1, max_size=3))
def test_both_ways_tell_the_same_with_splinters_in_odd_places(splinters: list[tuple[int, bytes]]) -> None:
    parts = json.dumps(TREE).encode().split(b" ")
    for place, splinter in splinters:
        parts.insert(place % len(parts), splinter)
    compare(b" ".join(parts))


UNUSUAL = {
    "another version": b'{"version":"1.0.0","runs":[{"results":[]}]}',
    "no runs": b'{"version":"2.1.0"}',
    "runs twice": b'{"version":"2.1.0","runs":[{"results":[{}]}],"runs":[{"results":[{}]}]}',
    "results twice": b'{"version":"2.1.0","runs":[{"results":[{"a":1}],"results":[{}]}]}',
    "results twice, once with escapes": b'{"version":"2.1.0","runs":[{"results":[{"a":1}],"r\\u0065sults":[{}]}]}',
    "results elsewhere": b'{"version":"2.1.0","runs":[],"inlineExternalProperties":[{"results":[{}]}]}',
    "a key with dots": b'{"version":"2.1.0","runs":[{"results":[{}]}],"runs.item.results":[{}]}',
    "a number too large, passed over": b'{"version":"2.1.0","runs":[{"results":[]}],"x":1e400}',
    "a whole number too large": b'{"version":"2.1.0","runs":[{"results":[{"rank":9223372036854775808}]}]}',
    "bytes that are no text, passed over": b'{"version":"2.1.0","runs":[{"results":[]}],"x":"\xff"}',
    "deep nesting, passed over": b'{"version":"2.1.0","runs":[],"x":' + b"[" * 201 + b"]" * 201 + b"}",
    "cut off": b'{"version":"2.1.0","runs":[{"results":[{}',
}


@pytest.mark.parametrize("name", UNUSUAL)
def test_what_is_unusual_is_left_to_the_passes(name: str) -> None:
    assert held_of(document(UNUSUAL[name])) is None


def test_a_large_file_is_left_to_the_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    data = sarif({"ruleId": "r"})
    assert held_of(document(data)) is not None
    monkeypatch.setattr(module, "MOST_HELD", len(data) - 1)
    assert held_of(document(data)) is None


def test_a_result_that_is_unusual_leaves_itself_and_those_after_it_to_the_passes() -> None:
    deep: Any = 1
    for _ in range(170):
        deep = [deep]
    data = sarif({"ruleId": "a"}, {"ruleId": "b", "x": deep}, {"ruleId": "c"})
    assert compare(data.encode())
    held = held_of(document(data))
    assert held is not None
    assert [result["ruleId"] for result in held.decoded(document(data))] == ["a", "b", "c"]


def test_long_keys_are_told_alike_by_the_parser_and_by_names_of_our_own() -> None:
    results = [{"ruleId": "a", "k" * 301: [{"x": 1}, [2]]}, {"ruleId": "b", "properties": {"runs.item": {}}}]
    data = sarif(*results)
    assert compare(data.encode())
    outline = outline_of(document(data))
    assert outline.long_keys
    assert list(results_of(document(data), outline)) == results
    outline.long_keys = False
    assert list(results_of(document(data), outline)) == results


@pytest.mark.parametrize("wrong", [b"1e400", b"[" * 201 + b"]" * 201])
def test_what_is_wrong_in_a_result_refuses_the_document(wrong: bytes) -> None:
    data = b'{"version":"2.1.0","runs":[{"results":[{"ruleId":"a"},{"rank":' + wrong + b"}]}]}"
    held = held_of(document(data))
    assert held is not None
    with pytest.raises(DocumentError):
        list(held.decoded(document(data)))
