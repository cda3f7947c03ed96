"""What a mapping makes of a document, before it is stored: for the page on which the mapping is made."""

from dataclasses import dataclass
from itertools import islice
from typing import Any

from findings.connectors.generic.entries import columns_of, entries_of, value_at
from findings.connectors.generic.mapping import Mapping, completed, guessed, mapping_of
from findings.connectors.generic.reader import Generic
from findings.records import FindingRecord
from inventory.connectors.base import Document, DocumentError, as_map, as_text, one_line

MOST_SHOWN = 20
MOST_VALUES = 3


@dataclass(frozen=True, slots=True)
class Column:
    """A column and the first values in it, short."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """The columns, the mapping as it is completed, the first findings, and why there are none (empty when there are).

    A document whose columns are not known yet has columns and a fault, so that the mapping can be made.
    """

    columns: tuple[Column, ...]
    mapping: Mapping
    findings: tuple[FindingRecord, ...]
    fault: str = ""


def preview(document: Document, options: dict[str, Any], most: int = MOST_SHOWN) -> Preview:
    """Return what the first entries of a document are by a mapping. Raises DocumentError for a broken document."""
    mapping = mapping_of(options)
    names = columns_of(document, mapping.entries)
    columns = _columns(document, mapping.entries, names)
    try:
        mapping = completed(mapping, names)
        findings = tuple(islice(Generic().read(document, options), most))
    except DocumentError as error:
        return Preview(columns, guessed(mapping, names), (), error.reason)
    return Preview(columns, mapping, findings)


def _columns(document: Document, key: str, names: list[str]) -> tuple[Column, ...]:
    values: dict[str, list[str]] = {name: [] for name in names}
    for _, entry in islice(entries_of(document, key), MOST_SHOWN):
        for name, shown in values.items():
            if len(shown) < MOST_VALUES:
                value = value_at(as_map(entry), name)
                text = one_line(as_text(value) or ("" if value in (None, [], {}) else str(value)[:200]), 60)
                if text and text not in shown:
                    shown.append(text)
    return tuple(Column(name, tuple(shown)) for name, shown in values.items())
