"""What the first bytes of a document tell, wherever they are cut off."""

import json

from hypothesis import given
from hypothesis import strategies as st

from inventory.connectors.sniffing import json_members, seen, yaml_keys

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(st.dictionaries(st.text(st.characters(min_codepoint=32, exclude_characters='"\\', codec="utf-8")), JSON))
def test_the_outer_keys_of_a_json_object_are_found_in_order(tree: dict[str, object]) -> None:
    head = json.dumps(tree, ensure_ascii=False).encode()
    assert [key for key, _ in json_members(head)] == list(tree)


@given(st.binary(max_size=200) | st.text(st.sampled_from('{}[]":, \\a')).map(str.encode))
def test_any_bytes_can_be_looked_at(head: bytes) -> None:
    assert list(json_members(head)) == list(json_members(head))
    assert yaml_keys(head) is not None
    assert seen(head)


def test_what_follows_a_key_is_given_with_it() -> None:
    members = dict(json_members(b' {"a" : "x", "b": {"c": [1, {"d": 2}]}, "e":\n[3'))
    assert list(members) == ["a", "b", "e"]
    assert members["a"].startswith(b'"x"')
    assert members["e"] == b"[3"


def test_yaml_keys_are_those_that_start_a_line() -> None:
    assert yaml_keys(b"# c: d\n\"openapi\": 3\n'x-a': 1\ninfo:\n  title: x\n- y: z\nurl://x: 1\npaths: {}") == (
        "openapi",
        "x-a",
        "info",
        "paths",
    )
