"""A copy of a report under another name, with entries moved, doubled or dropped, is read as that and nothing else.

Over the samples, and over every report of the corpus that has a reader.
"""

import copy
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from inventory.connectors.base import DocumentError, Kind
from inventory.connectors.registry import detect, readers
from tests.conftest import TOLD, RecordProperty
from tests.inventory.connectors.reading import corpus_files, document, read, samples_of

KINDS: tuple[Kind, ...] = ("findings", "alerts")
IDENTITY = ("rule", "method", "path", "parameter", "location", "uid")
LARGEST = 3_000_000
SAMPLES = [one for reader in readers(*KINDS) for one in samples_of(reader) if one.suffix in {".json", ".sarif"}]
CORPUS = corpus_files(lambda entry: entry["bytes"] < LARGEST)


@dataclass(frozen=True)
class Told:
    """What a document told: how many instances there are, and of which findings or alerts."""

    count: int
    of: frozenset[str]


def told_of(data: bytes, name: str) -> Told:
    records, summary = read(data, name)
    identities = ([getattr(one, name, "") for name in IDENTITY] for one in records)
    return Told(getattr(summary, "instances", len(records)), frozenset(map(repr, identities)))


def entries_of(node: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the places of the outermost lists of several objects."""
    if isinstance(node, list) and len(node) > 1 and all(isinstance(each, dict) for each in node):
        yield place
        return
    members = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in members:
        yield from entries_of(value, (*place, key))


def changed(told: Any, place: tuple[Any, ...], change: Callable[[list[Any]], None]) -> bytes:
    whole = copy.deepcopy(told)
    node = whole
    for key in place:
        node = node[key]
    change(node)
    return json.dumps(whole).encode()


def doubled(number: int, entries: list[Any]) -> None:
    entries.append(entries[number])


def dropped(number: int, entries: list[Any]) -> None:
    entries.pop(number)


def copies_of(data: bytes, name: str, dice: random.Random) -> Iterator[str]:
    """Read copies of a document; yield a word for each that was right, raise AssertionError for one that was not."""
    plain = told_of(data, name)
    for other in (f"Kopie von {name}", "ÄÖ" + "n" * 200 + name[name.rfind(".") :], name.upper()):
        assert told_of(data, other) == plain, other
        yield "renamed"
    try:
        whole = json.loads(data)
    except ValueError:
        return
    for place in entries_of(whole):
        assert told_of(changed(whole, place, dice.shuffle), name) == plain, place
        yield "moved"
        number = dice.randrange(2)
        more = told_of(changed(whole, place, partial(doubled, number)), name)
        less = told_of(changed(whole, place, partial(dropped, number)), name)
        assert more.count - plain.count == plain.count - less.count, (place, less.count, plain.count, more.count)
        if more.count > plain.count:
            # Else they are parts of one entry, which may be known by the first of them.
            assert more.of == plain.of, place
            assert less.of <= plain.of, place
            yield from ("doubled", "dropped")


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: f"{sample.parent.parent.name}-{sample.name}")
def test_a_copy_of_a_sample_counts_what_it_holds(sample: Any) -> None:
    assert list(copies_of(sample.read_bytes(), sample.name, random.Random(sample.name)))


@pytest.mark.skipif(not CORPUS, reason="The corpus is not here: set POSTURE_CORPUS.")
def test_a_copy_of_a_report_of_the_corpus_counts_what_it_holds(record_property: RecordProperty) -> None:
    dice, done, reports = random.Random(5), [], 0
    for entry in CORPUS:
        data, name = entry["path"].read_bytes(), entry["path"].name
        try:
            if detect(document(data, name).head(), name).kind not in KINDS:
                continue
            read(data, name)
        except DocumentError:
            continue
        reports += 1
        done += list(copies_of(data, name, dice))
    counts = ", ".join(f"{done.count(word)} {word}" for word in dict.fromkeys(done))
    record_property(TOLD, f"copies of {reports} reports of the corpus: {counts}; 0 read otherwise")
    assert reports
    assert set(done) == {"renamed", "moved", "doubled", "dropped"}
