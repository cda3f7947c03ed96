"""Whole JSON and YAML documents: no surprises of YAML 1.1, bounds that hold, errors with a line."""

from typing import Any

import pytest

from inventory.connectors.base import DocumentError
from inventory.connectors.trees import MOST_DEPTH, load_tree
from tests.inventory.connectors.reading import document

TREES: dict[str, Any] = {
    "a: on\nb: no\nc: yes\nd: y": {"a": "on", "b": "no", "c": "yes", "d": "y"},
    "on: 1\nno: 2\nnull: 3\ntrue: 4\n200: 5\n~: 6": {
        "on": "1", "no": "2", "null": "3", "true": "4", "200": "5", "~": "6",
    },
    "v: 1.10\nw: 3.0\nx: 007\ny: 0x1f\nz: 1e3": {"v": "1.10", "w": "3.0", "x": "007", "y": "0x1f", "z": "1e3"},
    "d: 2026-01-31\nt: 12:30:00\ns: 1:20": {"d": "2026-01-31", "t": "12:30:00", "s": "1:20"},
    "a: true\nb: false\nc: null\nd: ~\ne:": {"a": True, "b": False, "c": None, "d": None, "e": None},
    "a: 'true'\nb: \"null\"\nc: ''": {"a": "true", "b": "null", "c": ""},
    "a: !!str true\nb: !!int 5\nc: ! x": {"a": "true", "b": "5", "c": "x"},
    "a: &x {k: v, l: w}\nb: {<<: *x, l: own}\nc: [*x]": {
        "a": {"k": "v", "l": "w"}, "b": {"l": "own", "k": "v"}, "c": [{"k": "v", "l": "w"}],
    },
    "a: {<<: [{x: 1, y: 1}, {x: 2, z: 2}], z: 3}": {"a": {"x": "1", "y": "1", "z": "3"}},
    'a: {"<<": 1}': {"a": {"<<": "1"}},
    "&k key: v\nother: *k": {"key": "v", "other": "key"},
    "&k key: v\n*k : w": {"key": "w"},
    "a: 1\na: 2": {"a": "2"},
    "---\n---\na: 1\n...\n---\n": {"a": "1"},
    "%YAML 1.1\n---\na: |\n  x\n  y\n": {"a": "x\ny\n"},
    '{"a": 1, "a": [true, null, 1.5]}': {"a": [True, None, 1.5]},
    "just text": "just text",
}  # fmt: skip

FAULTS = {
    "a: *x": ("line 1, column 4", "no anchor"),
    "a: &a\n  b: *a": ("line 2, column 6", "inside its own anchor"),
    "a: &a [1, [*a]]": ("line 1, column 12", "inside its own anchor"),
    "x: 1\ny: !!python/object/apply:os.system [id]": ("line 2", "tag"),
    "a: !!binary aGk=": ("line 1", "tag"),
    "a: !!timestamp 2026-01-01": ("line 1", "tag"),
    "a: !mine x": ("line 1", "tag"),
    "a: 1\n---\nb: 2": ("", "2 YAML documents"),
    "? [a]\n: b": ("line 1", "plain text"),
    "a: {<<: text}": ("line 1", "merge key"),
    "a: b: c": ("line 1, column 5", "not valid YAML"),
    "a: 'open": ("line 1", "not valid YAML"),
    "a: \x01": ("", "not valid YAML"),
    "a:\n" + "- " * (MOST_DEPTH + 1) + "x": ("line 2", "deeper"),
    "[" * 100_000: ("", "too deeply"),
    '{"a": 1,\n "b": }': ("line 2, column 7", "not valid JSON"),
    '{"a": {"b": 1': ("line 1", "cut off"),
    '{"a": ' + "1" * 5000 + "}": ("", "thousands of digits"),
    "{} trailing": ("line 1, column 4", "not valid JSON"),
}


@pytest.mark.parametrize(("text", "tree"), TREES.items())
def test_a_document_is_read_as_it_was_written(text: str, tree: Any) -> None:
    assert load_tree(document(text)) == tree


@pytest.mark.parametrize(("text", "fault"), FAULTS.items())
def test_a_broken_document_is_one_error_with_its_place(text: str, fault: tuple[str, str]) -> None:
    with pytest.raises(DocumentError, match=fault[1]) as caught:
        load_tree(document(text))
    assert caught.value.place.startswith(fault[0])


def test_bytes_that_are_not_utf8_are_told_with_their_line() -> None:
    for start in (b"a: 1\n", b'{"a":\n'):
        with pytest.raises(DocumentError, match="not UTF-8") as caught:
            load_tree(document(start + "Größe".encode("latin-1")))
        assert caught.value.place == "line 2"


def test_yaml_in_braces_is_read_by_the_name_of_its_file() -> None:
    text = "{a: [1, {b: c}]}"
    assert load_tree(document(text, "shop.yaml")) == {"a": ["1", {"b": "c"}]}
    with pytest.raises(DocumentError, match="not valid JSON"):
        load_tree(document(text, "shop.json"))


def bomb(levels: int) -> str:
    lines = ['l0: &l0 ["x","x","x","x","x","x","x","x","x"]']
    lines += [f"l{n}: &l{n} [{','.join([f'*l{n - 1}'] * 9)}]" for n in range(1, levels)]
    return "\n".join(lines)


def test_aliases_count_as_what_they_would_expand_to() -> None:
    assert len(load_tree(document(bomb(4)))) == 4
    with pytest.raises(DocumentError, match="4,000,000 nodes"):
        load_tree(document(bomb(10)))


def test_merges_count_as_what_they_would_expand_to() -> None:
    keys = ", ".join(f"k{n}: v" for n in range(1000))
    text = f"base: &base {{{keys}}}\n" + "\n".join(f"m{n}: {{<<: *base}}" for n in range(5000))
    with pytest.raises(DocumentError, match="4,000,000 nodes"):
        load_tree(document(text))
