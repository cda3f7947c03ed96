"""Every specification of the corpus, compared with what its index counted by a script of its own."""

from contextlib import suppress
from typing import Any

import pytest

from inventory.connectors.base import DocumentError
from inventory.connectors.registry import detect
from tests.conftest import TOLD, RecordProperty
from tests.inventory.connectors.reading import corpus_files, document, read

FILES = corpus_files(lambda entry: entry["format"] == "openapi")


def told(entry: dict[str, Any]) -> dict[str, Any]:
    """Return what we read, under the names of the index."""
    data = entry["path"].read_bytes()
    (specification, *endpoints), _ = read(data, entry["path"].name)
    return {
        "spec_version": specification.spec_version,
        "title": specification.title,
        "paths": specification.paths,
        "operations": len(endpoints),
        "operations_without_security": sum(one.authentication != "declared" for one in endpoints),
        "deprecated_operations": sum(one.deprecated for one in endpoints),
        "security_schemes": sorted(scheme.name for scheme in specification.security_schemes),
        "servers": list(specification.servers),
        "webhooks": specification.webhooks,
    }


def expected(entry: dict[str, Any]) -> dict[str, Any]:
    """Return what the index says. Its servers of Swagger 2.0 are `scheme://host/path` with `?` for no scheme."""
    servers = [server.removeprefix("?://") for server in entry["expected"]["servers"]]
    numbers: dict[str, Any] = entry["expected"]
    return numbers | {"servers": [server for server in servers if server]}


@pytest.mark.skipif(not FILES, reason="The corpus is not here: set POSTURE_CORPUS.")
def test_the_corpus_agrees_in_every_number(record_property: RecordProperty) -> None:
    wrong = []
    table = [f"{'specification':52}{'version':>9}{'operations':>12}{'open':>6}{'deprecated':>12}  agrees"]
    for entry in FILES:
        ours, index = told(entry), expected(entry)
        wrong += [(entry["file"], key, index[key], ours[key]) for key in index if ours[key] != index[key]]
        numbers = [ours[key] for key in ("operations", "operations_without_security", "deprecated_operations")]
        agrees = "yes" if ours == index else "NO"
        row = f"{entry['path'].name[:50]:52}{ours['spec_version']:>9}"
        table.append(row + f"{numbers[0]:>12}{numbers[1]:>6}{numbers[2]:>12}  {agrees}")
    record_property(TOLD, "\n".join(["", *table, f"{len(FILES)} specifications, {len(wrong)} differences"]))
    assert wrong == []


@pytest.mark.skipif(not FILES, reason="The corpus is not here: set POSTURE_CORPUS.")
def test_only_specifications_of_the_corpus_are_taken_for_one() -> None:
    own = {entry["file"] for entry in FILES}
    taken = {entry["file"] for entry in corpus_files(lambda entry: entry["format"] != "hazards") if recognised(entry)}
    assert own <= taken
    # Tyk keeps its settings in an extension of an OpenAPI document.
    assert {file.split("/")[1] for file in taken - own} <= {"tyk"}


def recognised(entry: dict[str, Any]) -> bool:
    """Tell whether a file is taken for a specification."""
    with suppress(DocumentError):
        head = document(entry["path"].read_bytes()).head()
        return detect(head, entry["path"].name).slug == "openapi"
    return False
