"""The names of what the answers of an endpoint hold, as its schemas declare them: no values, no types."""

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Final

from inventory.connectors.base import as_list, as_map
from inventory.connectors.openapi.notes import scalar, short
from inventory.connectors.openapi.references import References

MOST_MEMBERS: Final = 200
"""Names that are kept of one endpoint."""
MOST_SCHEMAS: Final = 500
"""Schemas that are looked at below one answer: a circle, or a whole data model, ends there."""
MOST_NAMED: Final = 4 * MOST_SCHEMAS
"""How often these may name another: where all name all, that would be the square."""
LISTS: Final = ("allOf", "anyOf", "oneOf", "prefixItems")
SINGLE: Final = ("items", "additionalProperties", "then", "else")


class Members:
    """Collects the names of members; what several endpoints share is looked through once.

    It is known again by its identity: what is asked for must stay while there are questions.
    """

    def __init__(self, references: References) -> None:
        self._references = references
        # By identity: of the answers of an operation, of one answer, of a schema; what a schema names itself.
        self._known: dict[int, tuple[str, ...] | None] = {}
        self._answers: dict[int, tuple[str, ...] | None] = {}
        self._schemas: dict[int, tuple[str, ...] | None] = {}
        self._inner: dict[int, list[Any]] = {}

    def of(self, operation: dict[str, Any]) -> tuple[str, ...] | None:
        """Return the names in all answers of an operation, None when no answer has a schema that can be looked at."""
        answers = as_map(operation.get("responses"))
        if id(answers) not in self._known:
            followed = map(self._follow, islice(answers.values(), MOST_MEMBERS))
            self._known[id(answers)] = _together(self._told(as_map(answer)) for answer in followed)
        return self._known[id(answers)]

    def _told(self, response: dict[str, Any]) -> tuple[str, ...] | None:
        if id(response) not in self._answers:
            contents = map(as_map, islice(as_map(response.get("content")).values(), MOST_MEMBERS))
            schemas = (holder["schema"] for holder in (response, *contents) if "schema" in holder)
            self._answers[id(response)] = _together(map(self._below, schemas))
        return self._answers[id(response)]

    def _below(self, schema: Any) -> tuple[str, ...] | None:
        start = self._follow(schema)
        if not isinstance(start, dict) or not start:
            return None
        if id(start) not in self._schemas:
            self._schemas[id(start)] = self._walk(start)
        return self._schemas[id(start)]

    def _walk(self, start: dict[str, Any]) -> tuple[str, ...] | None:
        names: dict[str, None] = {}
        seen, waiting, typed = {id(start)}, deque([start]), False
        left = MOST_NAMED
        while waiting and left > 0 and len(names) < MOST_MEMBERS and len(seen) < MOST_SCHEMAS:
            schema = waiting.popleft()
            properties = as_map(schema.get("properties"))
            typed = typed or bool(properties) or scalar(schema.get("type")) not in {"", "object"}
            names.update(dict.fromkeys(short(name, 100) for name in islice(properties, MOST_MEMBERS)))
            for found in islice(self._named(schema), left):
                left -= 1
                if isinstance(found, dict) and id(found) not in seen:
                    seen.add(id(found))
                    waiting.append(found)
        return tuple(islice(names, MOST_MEMBERS)) if typed else None

    def _named(self, schema: dict[str, Any]) -> list[Any]:
        if id(schema) not in self._inner:
            inner = islice(_inner(schema, as_map(schema.get("properties")).values()), MOST_SCHEMAS)
            self._inner[id(schema)] = list(map(self._follow, inner))
        return self._inner[id(schema)]

    def _follow(self, node: Any) -> Any:
        return self._references.follow(node, {})


def _together(told: Iterable[tuple[str, ...] | None]) -> tuple[str, ...] | None:
    """Return the names of all, None when all are None."""
    found: dict[str, None] | None = None
    for names in told:
        if names is not None:
            found = (found or {}) | dict.fromkeys(names)
            if len(found) >= MOST_MEMBERS:
                break
    return None if found is None else tuple(islice(found, MOST_MEMBERS))


def _inner(schema: dict[str, Any], properties: Iterable[Any]) -> Iterator[Any]:
    yield from properties
    for name in LISTS:
        yield from as_list(schema.get(name))
    for name in SINGLE:
        yield schema.get(name)
