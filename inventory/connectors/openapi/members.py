"""The names of what the answers of an endpoint hold, as its schemas declare them: no values, no types."""

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Final

from inventory.connectors.base import as_list, as_map, clip
from inventory.connectors.openapi.notes import scalar
from inventory.connectors.openapi.references import References

MOST_MEMBERS: Final = 200
"""Names that are kept of one endpoint."""
MOST_SCHEMAS: Final = 500
"""Schemas that are looked at below one answer: a circle, or a whole data model, ends there."""
LISTS: Final = ("allOf", "anyOf", "oneOf", "prefixItems")
SINGLE: Final = ("items", "additionalProperties", "then", "else")


class Members:
    """Collects the names of members; what several endpoints share is looked through once."""

    def __init__(self, references: References) -> None:
        self._references = references
        self._known: dict[int, tuple[str, ...] | None] = {}

    def of(self, operation: dict[str, Any]) -> tuple[str, ...] | None:
        """Return the names in all answers of an operation, None when no answer has a schema that can be looked at."""
        found: dict[str, None] = {}
        told = False
        for schema in self._schemas(operation):
            names = self._below(schema)
            if names is not None:
                told = True
                found.update(dict.fromkeys(names))
        return tuple(islice(found, MOST_MEMBERS)) if told else None

    def _schemas(self, operation: dict[str, Any]) -> Iterator[Any]:
        for answer in islice(as_map(operation.get("responses")).values(), MOST_MEMBERS):
            response = as_map(self._follow(answer))
            if "schema" in response:
                yield response["schema"]
            for content in islice(as_map(response.get("content")).values(), MOST_MEMBERS):
                if "schema" in as_map(content):
                    yield content["schema"]

    def _below(self, schema: Any) -> tuple[str, ...] | None:
        start = self._follow(schema)
        if not isinstance(start, dict) or not start:
            return None
        if id(start) not in self._known:
            self._known[id(start)] = self._walk(start)
        return self._known[id(start)]

    def _walk(self, start: dict[str, Any]) -> tuple[str, ...] | None:
        names: dict[str, None] = {}
        seen, waiting, typed = {id(start)}, deque([start]), False
        while waiting and len(names) < MOST_MEMBERS and len(seen) < MOST_SCHEMAS:
            schema = waiting.popleft()
            properties = as_map(schema.get("properties"))
            typed = typed or bool(properties) or scalar(schema.get("type")) not in {"", "object"}
            names.update(dict.fromkeys(clip(scalar(name), 100) for name in islice(properties, MOST_MEMBERS)))
            for inner in islice(_inner(schema, properties.values()), MOST_SCHEMAS):
                found = self._follow(inner)
                if isinstance(found, dict) and id(found) not in seen:
                    seen.add(id(found))
                    waiting.append(found)
        return tuple(islice(names, MOST_MEMBERS)) if typed else None

    def _follow(self, node: Any) -> Any:
        return self._references.follow(node, {})


def _inner(schema: dict[str, Any], properties: Iterable[Any]) -> Iterator[Any]:
    yield from properties
    for name in LISTS:
        yield from as_list(schema.get(name))
    for name in SINGLE:
        yield schema.get(name)
