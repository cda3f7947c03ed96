"""The preview of a mapping as a reading, so that it is made where documents are read: in a child with limits."""

from collections.abc import Generator
from typing import Any, ClassVar

import msgspec

from findings.connectors.generic.mapping import Mapping
from findings.connectors.generic.preview import Column, preview
from findings.records import FindingRecord
from inventory.connectors.base import Document


class Looked(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was seen: the columns, the mapping as it is completed, and why there are no findings."""

    columns: tuple[Column, ...]
    mapping: Mapping
    fault: str = ""


class Look:
    """Reads the first entries; registered nowhere, since it is no format."""

    slug: ClassVar[str] = "generic_look"
    records: ClassVar[Any] = FindingRecord
    summary: ClassVar[Any] = Looked

    def read(self, document: Document, options: dict[str, Any]) -> Generator[FindingRecord, None, Looked]:
        """Yield the first findings. `options` are those of a Mapping."""
        made = preview(document, options)
        yield from made.findings
        return Looked(columns=made.columns, mapping=made.mapping, fault=made.fault)
