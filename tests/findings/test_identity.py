"""When two findings are the same one: what counts, what never does, and that no two lists of parts read alike."""

from hashlib import sha256
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from findings.identity import code_location, fingerprint, weakness_class, weakness_key

PARTS = {
    "api": "6f0c6bb2-5a4f-5d0e-9d64-1d0f5c1c8b3e",
    "source_kind": "shopscan",
    "rule": "sqli",
    "method": "GET",
    "path": "/orders/17",
    "parameter": "sort",
    "location": "",
}


def test_a_fingerprint_is_a_hash_of_the_version_and_each_part_behind_its_length() -> None:
    parts = ["1", "finding", PARTS["api"], "shopscan", "sqli", "GET", "/orders/{}", "sort", ""]
    written = "".join(f"{len(part.encode())}:{part}," for part in parts)
    assert fingerprint(**PARTS) == sha256(written.encode()).hexdigest()


def test_every_part_counts() -> None:
    prints = {fingerprint(**PARTS)} | {fingerprint(**PARTS | {name: value + "x"}) for name, value in PARTS.items()}
    assert len(prints) == len(PARTS) + 1


def test_values_in_the_path_and_the_case_of_tool_and_method_do_not_count() -> None:
    same = [
        {"path": "/orders/18"},
        {"path": "/orders/{number}"},
        {"path": "//orders/550e8400-e29b-41d4-a716-446655440000/?page=2"},
        {"method": "get"},
        {"source_kind": "ShopScan"},
    ]
    assert {fingerprint(**PARTS | other) for other in same} == {fingerprint(**PARTS)}


@given(st.lists(st.lists(st.text(max_size=4), min_size=4, max_size=4), min_size=2, max_size=6, unique_by=tuple))
def test_no_two_lists_of_parts_read_alike(lists: list[list[str]]) -> None:
    names = ("api", "rule", "parameter", "location")
    prints = [fingerprint(**PARTS | dict(zip(names, parts, strict=True))) for parts in lists]
    assert all(one != other for one, other in combinations(prints, 2))


def test_the_weakness_key_relates_apis_and_where_there_is_a_cwe_tools() -> None:
    parts = {name: value for name, value in PARTS.items() if name != "api"}
    other_tool = parts | {"source_kind": "other", "rule": "sql-injection"}
    assert weakness_key(**parts, cwe=[89]) == weakness_key(**other_tool, cwe=[89, 943])
    assert weakness_key(**parts, cwe=[]) != weakness_key(**other_tool, cwe=[])
    assert weakness_key(**parts, cwe=[89]) != weakness_key(**parts, cwe=[20])
    assert weakness_key(**parts, cwe=[]) != fingerprint(**PARTS | {"api": ""})


def test_the_class_is_the_lowest_cwe_else_the_rule_of_the_tool() -> None:
    assert weakness_class("shopscan", "sqli", [943, 89]) == "CWE-89"
    assert weakness_class("ShopScan", "sqli") == "shopscan:sqli"


def test_code_is_located_by_the_tools_marks_else_the_snippet_else_the_file() -> None:
    marks = {"primaryLocationLineHash": "39fa2ee980eb94b0:1", "other": "x"}
    located = {
        code_location("a.py", marks, "x = 1"),
        code_location("b.py", marks, "x = 1"),
        code_location("a.py", marks | {"other": "y"}, "x = 1"),
        code_location("a.py", {}, "x = 1"),
        code_location("a.py", {}, "x = 2"),
        code_location("a.py", {}, ""),
    }
    assert len(located) == 6
    assert all(location.startswith(("a.py", "b.py")) for location in located)
    assert code_location("a.py", {}, "") == "a.py"
    assert code_location("", {}, "") == ""


def test_space_in_a_snippet_and_the_order_of_marks_do_not_count() -> None:
    assert code_location("a.py", {}, "if x:\n\treturn  y\n") == code_location("a.py", {}, "    if x: return y")
    assert code_location("a.py", {"a": "1", "b": "2"}, "") == code_location("a.py", {"b": "2", "a": "1"}, "x")
