"""Backstage catalogue files (`catalog-info.yaml`): entities of kind API and who owns them.

A stream of YAML documents. An entity that cannot be read, or that lacks its name, is skipped, counted and shown; a
stream that is no YAML is refused whole. Entities of other kinds are counted; an API without an owner is kept without.
"""

from collections import Counter
from collections.abc import Generator
from typing import Any, ClassVar

from inventory.connectors.base import Document, DocumentError, Kind, as_map, as_text, clip, one_line
from inventory.connectors.registry import register
from inventory.connectors.sniffing import json_members, yaml_keys
from inventory.connectors.trees import load_trees
from inventory.records import Oddity, OwnerRecord, OwnerSummary

SHOWN = 100


@register
class Backstage:
    """Reads the whole stream; catalogue files are small."""

    slug: ClassVar[str] = "backstage"
    label: ClassVar[str] = "Backstage catalogue (catalog-info.yaml)"
    kind: ClassVar[Kind] = "owners"
    records: ClassVar[Any] = OwnerRecord
    summary: ClassVar[Any] = OwnerSummary

    @staticmethod
    def sniff(head: bytes, name: str) -> bool:  # noqa: ARG004 - the content tells
        """Look for the API version of the catalogue, which no other format has beside a kind."""
        if b"backstage.io/" not in head:
            return False
        keys = {key for key, _ in json_members(head)} or set(yaml_keys(head))
        return {"apiVersion", "kind"} <= keys

    def read(
        self,
        document: Document,
        options: dict[str, Any],  # noqa: ARG002 - there are none
    ) -> Generator[OwnerRecord, None, OwnerSummary]:
        """Yield one record for each API."""
        others: Counter[str] = Counter()
        skipped: list[Oddity] = []
        count = 0
        for number, entity in enumerate(load_trees(document)):
            place = f"document {number + 1}"
            kind = one_line(as_text(as_map(entity).get("kind")), 60)
            if not kind:
                skipped.append(Oddity(place=place, what="This is no entity: it names no kind."))
            elif kind != "API":
                others[kind] += 1
            elif (record := _api(as_map(entity), place)) is None:
                skipped.append(Oddity(place=place, what="This API has no name."))
            else:
                count += 1
                yield record
        if not count and not others:
            raise DocumentError(place=skipped[0].place if skipped else "", reason="No entity of a catalogue was found.")
        return OwnerSummary(
            entries=count, others=dict(others), skipped_count=len(skipped), skipped=tuple(skipped[:SHOWN])
        )


def _api(entity: dict[str, Any], place: str) -> OwnerRecord | None:
    metadata, spec = as_map(entity.get("metadata")), as_map(entity.get("spec"))
    name = one_line(as_text(metadata.get("name")))
    if not name:
        return None
    title = one_line(as_text(metadata.get("title")))
    owner = one_line(as_text(spec.get("owner")), 200)
    return OwnerRecord(
        api=name,
        aliases=(title,) if title and title != name else (),
        owners=(clip(owner, 200),) if owner else (),
        stage=one_line(as_text(spec.get("lifecycle")), 60),
        place=place,
    )
