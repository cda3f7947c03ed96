"""A long text that is written once and told of many entries takes no more time than the text and the entries do."""

import gc
import json
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from inventory.connectors.base import DocumentError, Reader
from inventory.connectors.registry import readers
from tests.inventory.connectors.mutations import shape_of
from tests.inventory.connectors.reading import read, samples_of

LONG = "é" + "a" * 1_000_000
IN_A_LINE = "é" + "a" * 300_000
MANY = 400
LINE = 600_000
"""Letters that the entries may have together: with the text they must fit in a line."""

Way = tuple[str | int, ...]


def nodes(tree: Any, way: Way = ()) -> Iterator[tuple[Way, Any]]:
    yield way, tree
    inside: Any = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in inside:
        yield from nodes(value, (*way, key))


def at(tree: Any, way: Way) -> Any:
    for key in way:
        tree = tree[key]
    return tree


def first_of(held: Any) -> Any:
    return next(iter(held.values() if isinstance(held, dict) else held))


def grown(sample: str, crowd: Way, many: int, text: Way = (), more: str = "") -> Any:
    """Return the tree of a sample with the first of a crowd there many times, and one text long."""
    tree = json.loads(sample)
    if text:
        at(tree, text[:-1])[text[-1]] += more
    held = at(tree, crowd)
    if isinstance(held, list):
        held.extend([first_of(held)] * many)
    else:
        held.update({f"/n{number}": first_of(held) for number in range(many)})
    return tree


def pairs(tree: Any) -> Iterator[tuple[Way, Way]]:
    """Yield crowds with texts outside of them; of those in places of the same name the first."""
    seen = set()
    for crowd, held in nodes(tree):
        if not isinstance(held, dict | list) or not held:
            continue
        entry = first_of(held)
        if not isinstance(entry, dict | list) and not (isinstance(held, list) and isinstance(entry, str)):
            continue
        for text, value in nodes(tree):
            names = len(crowd), len(text), tuple(key for key in crowd if isinstance(key, str))[-2:], text[-2:]
            if isinstance(value, str) and text[: len(crowd)] != crowd and names not in seen:
                seen.add(names)
                yield crowd, text


def seconds(text: str, reader: type[Reader], times: int) -> float:
    best = float("inf")
    for _ in range(times):
        before = time.process_time()
        with suppress(DocumentError, RecursionError):
            read(text, "x", reader)
        best = min(best, time.process_time() - before)
    return best


@pytest.mark.slow
@pytest.mark.parametrize("reader", readers(), ids=lambda reader: reader.slug)
def test_a_long_text_that_many_share_is_gone_through_once(reader: type[Reader]) -> None:
    gc.collect()
    gc.freeze()
    wrong = []
    for sample in samples_of(reader):
        tree, write = shape_of(sample)
        whole, more = json.dumps(tree), IN_A_LINE if sample.suffix in {".jsonl", ".ndjson"} else LONG
        for crowd, text in pairs(tree):
            many = min(MANY, LINE // (len(json.dumps(first_of(at(tree, crowd)))) + 20))
            both = write(grown(whole, crowd, many, text, more))
            if seconds(both, reader, 1) < 0.1:
                continue
            alone = seconds(write(grown(whole, crowd, 0, text, more)), reader, 3)
            alone += seconds(write(grown(whole, crowd, many)), reader, 3)
            if (took := seconds(both, reader, 3)) > 2 * alone + 0.05:
                wrong.append(f"{sample.name}: {took:.2f} s, not {alone:.2f} s, for {text} of many in {crowd}")
    gc.unfreeze()
    assert not wrong, "\n".join(wrong)
