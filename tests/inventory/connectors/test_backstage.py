"""Backstage catalogues of the corpus: every entity of kind API comes out, all others are counted."""

import pytest

from inventory.connectors.backstage import Backstage
from tests.conftest import TOLD, RecordProperty
from tests.inventory.connectors.reading import corpus_files, read

FILES = corpus_files(lambda entry: entry["format"] == "backstage" and "entities" in (entry.get("expected") or {}))


@pytest.mark.skipif(not FILES, reason="The corpus is not here: set POSTURE_CORPUS.")
def test_the_corpus_loses_no_entity(record_property: RecordProperty) -> None:
    table = [f"{'catalogue':44}{'counted':>9}{'apis':>6}{'others':>8}"]
    wrong = []
    for entry in FILES:
        owners, summary = read(entry["path"].read_bytes(), entry["path"].name, Backstage)
        expected, others = entry["expected"], sum(summary.others.values())
        apis = sorted(one.api for one in owners)
        kinds = {kind: number for kind, number in expected["kinds"].items() if kind != "API"}
        if (apis, summary.others) != (sorted(expected["apis"]), kinds) or len(owners) + others != expected["entities"]:
            wrong.append((entry["file"], apis, summary.others))
        table.append(f"{entry['path'].name:44}{expected['entities']:>9}{len(owners):>6}{others:>8}")
    record_property(TOLD, "\n".join(["", *table, f"{len(FILES)} catalogues, {len(wrong)} differences"]))
    assert wrong == []
