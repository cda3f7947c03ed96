"""What the tests of readers share: documents from bytes, whole readings in this process, samples and the corpus."""

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from inventory.connectors.base import Reader
from inventory.connectors.registry import detect, discover
from inventory.jobs.documents import Document

discover("inventory.connectors", "findings.connectors", "incidents.connectors")

ROOT = Path(__file__).resolve().parents[3]
HAZARDS = Path(__file__).parent / "hazards"
CORPUS = Path(os.environ.get("POSTURE_CORPUS") or ROOT.parent / "shared" / "corpus" / "open")


def document(data: bytes | str, name: str = "document.json") -> Document:
    """Return a document with these bytes."""
    return Document(io.BytesIO(data.encode() if isinstance(data, str) else data), name)


def read(data: bytes | str, name: str = "document.json", reader: type[Reader] | None = None) -> tuple[list[Any], Any]:
    """Return all records and the summary; the reader is found by the content unless it is given."""
    held = document(data, name)
    chosen = reader or detect(held.head(), name)
    records = []
    reading = chosen().read(held, {})
    while True:
        try:
            records.append(next(reading))
        except StopIteration as end:
            return records, end.value


def travelled(value: Any, kind: Any) -> Any:
    """Return a value as it comes out of the child: encoded and decoded as its type."""
    return msgspec.json.decode(msgspec.json.encode(value), type=kind)


def samples_of(reader: type[Reader]) -> list[Path]:
    """Return the samples that lie beside a reader's tests."""
    folder = ROOT / "tests" / reader.__module__.removesuffix(".reader").replace(".", "/") / "samples"
    return sorted(folder.glob("*.*"))


def corpus_files(wanted: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
    """Return the wanted entries of the corpus index, none where there is no corpus."""
    if not (CORPUS / "INDEX.json").is_file():
        return []
    entries = msgspec.json.decode((CORPUS / "INDEX.json").read_bytes())["files"]
    return [entry | {"path": CORPUS.parent / entry["file"]} for entry in entries if wanted(entry)]
