"""What documents say of APIs and endpoints, as plain rows; nothing is stored."""

from collections.abc import Iterable, Iterator
from typing import Any

from inventory.records import EndpointRecord, SpecificationRecord

OPENNESS = ("none", "not declared", "declared")
"""Several spellings of one endpoint are as open as the most open one: the first of these."""


def inventory_rows(records: Iterable[SpecificationRecord | EndpointRecord]) -> Iterator[dict[str, Any]]:
    """Yield a row for the API and one for each of its endpoints: paths with one key are one endpoint.

    What a document does not say is None.
    """
    api = ""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for record in records:
        if isinstance(record, SpecificationRecord):
            api = record.title
            yield {
                "type": "api",
                "name": record.title,
                "version": record.version or None,
                "environment": record.environment or None,
                "base_urls": list(record.base_urls),
                "owner": record.owner or record.contact or None,
            }
        else:
            row = _endpoint(api, record)
            held = rows.setdefault((record.method, record.path_key), row)
            held["path"] = min(held["path"], row["path"])
            held["authentication"] = min(held["authentication"], row["authentication"], key=OPENNESS.index)
            held["deprecated"] = held["deprecated"] and row["deprecated"]
    yield from rows.values()


def _endpoint(api: str, record: EndpointRecord) -> dict[str, Any]:
    return {
        "type": "endpoint",
        "api": api,
        "method": record.method,
        "path": record.path,
        "state": "documented",
        "authentication": record.authentication,
        "deprecated": record.deprecated,
        "data_classes": [],
        "calls": None,
    }
