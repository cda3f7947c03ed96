"""Large documents in pieces: what is yielded, what is refused, and that memory does not grow with them."""

import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from inventory.connectors.base import DocumentError
from inventory.connectors.streams import BUFFER, MOST_LINE, elements_of, lines_of, parts_of
from inventory.jobs.documents import Plain
from tests.inventory.connectors.reading import document


def test_wanted_parts_come_in_their_order_and_arrays_tell_where_they_start() -> None:
    data = '{"a": {"results": [1]}, "results": [{"x": [1, 2]}, 3], "v": {"b": null}, "w": "text"}'
    assert list(parts_of(document(data), {"results.item", "v", "w"}, {"results"})) == [
        ("results", None),
        ("results.item", {"x": [1, 2]}),
        ("results.item", 3),
        ("v", {"b": None}),
        ("w", "text"),
    ]


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        ('[{"x": 1}, 2]', "item"),
        ('{"a": [{"b": {"x": 1}}, {"c": 0}, {"b": 2}]}', "a.item.b"),
        ('{"": {"v": 0}, "a": [[{"v": 0}]], "v": {"x": 1}, "b": {"v": 0}, "v": 2}', "v"),
        ('{"a": {}, "b": {"v": {"x": 1}}, "a": [], "b": {"v": 2}}', "b.v"),
    ],
)
def test_a_part_is_known_by_the_keys_on_the_way(data: str, wanted: str) -> None:
    assert list(parts_of(document(data), {wanted})) == [(wanted, {"x": 1}), (wanted, 2)]


@pytest.mark.parametrize("inner", ["[" * 10_000, '{"a":' * 10_000, ('{"' + "k" * 5000 + '":') * 190 + '{"a": 1,' * 4])
def test_memory_does_not_grow_with_depth_or_length_of_keys(inner: str) -> None:
    data = document(f'{{"results": [{{"x": {inner}')
    tracemalloc.start()
    with pytest.raises(DocumentError):
        list(parts_of(data, {"v"}))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 30 << 20


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ('{"results": {"x": 1}}', "/results: “results” must be an array."),
        ('{"a": 1,\n"results": [', "line 2: The JSON ends too early"),
        ('{"a": "never', "ends too early"),
        ('{"a": 1} x', "This is not valid JSON"),
        ('{"a": ' + "9" * 5000 + "}", "thousands of digits"),
        ('{"a": 1' + "0" * 30 + "}", "A number in the JSON is too large to be read"),
        ('{"a":' * 300 + "1" + "}" * 300, "nested deeper than 200"),
        ('{"results": [' + "[" * 300, "nested deeper than 200"),
        (b'{"a": "\xff"}', "not UTF-8"),
        ("", "ends too early"),
    ],
)
def test_what_is_no_such_json_is_refused_with_its_place(data: str | bytes, told: str) -> None:
    with pytest.raises(DocumentError, match=told):
        list(parts_of(document(data), {"results.item"}, {"results"}))


def test_lines_keep_their_numbers_and_long_ones_come_without_bytes() -> None:
    long = b"x" * (MOST_LINE + 1)
    data = b"a\n\n  \nb\r\n" + long + b"\n" + long * 3 + b"\nc\n" + long
    assert list(lines_of(document(data))) == [(1, b"a"), (4, b"b\r"), (5, None), (6, None), (7, b"c"), (8, None)]
    assert [number for number, _ in lines_of(document(b"a\n\nb"), blank=True)] == [1, 2, 3]


def seen(data: str | bytes) -> list[tuple[str, str, str | None]]:
    return [(event, node.tag, node.text) for event, node in elements_of(document(data), {"item", "part"})]


def test_elements_start_with_their_attributes_and_end_with_their_text() -> None:
    data = '<root><item n="1">a<x>b</x>c<part>d</part></item><other><item/></other></root>'
    assert seen(data) == [
        ("start", "item", "ac"), ("start", "part", "d"), ("end", "part", "d"), ("end", "item", "ac"),
        ("start", "item", ""), ("end", "item", ""),
    ]  # fmt: skip
    first = next(node for _, node in elements_of(document(data), {"item"}))
    assert (first.get("n"), first.findtext("x")) == ("1", "b")


@pytest.mark.parametrize(
    "data",
    [
        "<item>é</item>".encode(),
        '<?xml version="1.0" encoding="utf-16"?><item>é</item>'.encode("utf-16"),
        '<?xml version="1.0" encoding="ISO-8859-1"?><item>é</item>'.encode("latin-1"),
    ],
)
def test_xml_is_read_in_the_encoding_that_it_has(data: bytes) -> None:
    assert seen(data)[-1] == ("end", "item", "é")


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ('<!DOCTYPE a SYSTEM "http://127.0.0.1:1/x"><a/>', "declares a document type"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "declares a document type"),
        ("<a>\n<b></a>", "line 2, column 6: This is not valid XML"),
        ("<a>" * 300, "nested deeper than 200"),
        ("<a>&b;</a>", "undefined entity"),
        ("<a>", "no element found"),
        (b"<a>\xff</a>", "not well-formed"),
    ],
)
def test_xml_that_is_broken_or_dangerous_is_refused(data: str | bytes, told: str) -> None:
    with pytest.raises(DocumentError, match=told):
        seen(data)


LONG: dict[str, Callable[[bytes], list[Any]]] = {
    "json": lambda text: list(parts_of(document(b'{"r": ["' + text + b'"]}'), {"r.item"})),
    "a key of json": lambda text: list(parts_of(document(b'{"r": [1], "' + text + b'": 1}'), {"r.item"})),
    "xml": lambda text: list(elements_of(document(b"<r><i a='" + text + b"'/></r>"), {"i"})),
    "a comment of xml": lambda text: list(elements_of(document(b"<r><!--" + text + b"--><i/></r>"), {"i"})),
}


def sizes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list of how many bytes each reading asks for from now on."""
    asked: list[int] = []
    read = Plain.read

    def counted(held: Plain, size: int = -1) -> bytes:
        asked.append(size)
        return read(held, size)

    monkeypatch.setattr(Plain, "read", counted)
    return asked


@pytest.mark.parametrize("kind", LONG)
@pytest.mark.parametrize("unit", ["a", "\U0001f600", r"\ud83d\ude00", r"\"", r"\\", r"\\\""])
@pytest.mark.parametrize("before", ["", "x"])
def test_a_long_text_is_given_to_its_parser_in_few_pieces(
    kind: str, unit: str, before: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A parser goes through what it holds of a text again with each piece that follows."""
    size, asked = 4 << 20, sizes(monkeypatch)
    assert LONG[kind]((before + unit * (size // len(unit.encode()))).encode())
    assert len(asked) < size / BUFFER / 3
    assert max(asked) < size


def test_short_texts_are_given_to_their_parser_in_small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = sizes(monkeypatch)
    assert len(list(parts_of(document('{"r": [' + '"a",' * 200_000 + '"a"]}'), {"r.item"}))) == 200_001
    assert set(asked) <= {0, BUFFER}


def grown(pieces: Iterator[Any]) -> int:
    """Return the bytes of the peak while the pieces pass."""
    tracemalloc.start()
    for _ in pieces:
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


@pytest.mark.slow
def test_memory_does_not_grow_with_the_document() -> None:
    kinds: dict[str, Callable[[int], Iterator[Any]]] = {
        "json": lambda n: parts_of(document(b'{"r": [' + b",".join([b'{"a": "b"}'] * n) + b"]}"), {"r.item"}, {"r"}),
        "unwanted json": lambda n: parts_of(document(b'{"r": [' + b",".join([b'{"a": 1}'] * n) + b"]}"), {"v"}),
        "lines": lambda n: lines_of(document(b"x" * 20 + b"\n" + b"a line of text\n" * n)),
        "xml": lambda n: elements_of(document(b"<r>" + b"<i>text</i>" * n + b"</r>"), {"i"}),
        "unwanted xml": lambda n: elements_of(document(b"<r>" + b"<o>text</o>" * n + b"</r>"), {"i"}),
    }
    for name, make in kinds.items():
        small, large = (grown(make(n)) for n in (30_000, 90_000))
        assert large < small + 100_000, name
