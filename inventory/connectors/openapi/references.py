"""Local references of a specification, followed within bounds; those that leave the document never are."""

from typing import Any, Final
from urllib.parse import unquote

from inventory.connectors.base import DocumentError, clip

MOST_HOPS = 32
MOST_PARTS: Final = 200_000
"""How many parts the endpoints of a small specification may have when what they share is written out for each."""
BYTES_OF_A_PART: Final = 4
"""A larger one may have one more for so many bytes; written by people and tools they have one for thirty or more."""


class Room:
    """How much a specification may still become: many paths may share one description, and each is read with all of it.

    `length` is the bytes of the document.
    """

    def __init__(self, length: int) -> None:
        self._most = self._left = MOST_PARTS + length // BYTES_OF_A_PART

    def take(self, parts: int, place: str) -> None:
        """Count parts. Raises DocumentError when there are too many."""
        self._left -= parts
        if self._left < 0:
            reason = f"With its references written out the document has more than {self._most:,} parts."
            raise DocumentError(place=clip(place, 500), reason=reason)


class References:
    """Follows `$ref` inside one document. `lost` collects, in order, each reference that could not be followed."""

    def __init__(self, root: dict[str, Any]) -> None:
        self._root = root
        self._known: dict[str, Any] = {}
        self._ends: dict[str, tuple[Any, str]] = {}

    def follow(self, node: Any, lost: dict[str, None]) -> Any:
        """Return what a node stands for: itself, or what its chain of local references ends at, or None.

        A chain that goes in a circle, is too long, leads nowhere or leaves the document ends at None and puts the
        reference it failed at into `lost`.
        """
        if not isinstance(node, dict) or not isinstance(first := node.get("$ref"), str):
            return node
        # Many may begin with the same: its chain is gone through once.
        if first not in self._ends:
            self._ends[first] = self._end(first)
        end, failed = self._ends[first]
        if end is None:
            lost[failed] = None
        return end

    def _end(self, reference: str) -> tuple[Any, str]:
        """Return what the chain that begins with a reference ends at, and the last reference of it."""
        last = reference
        for _ in range(MOST_HOPS):
            node = self._at(reference)
            if not isinstance(node, dict) or not isinstance(node.get("$ref"), str):
                return node, reference
            last, reference = reference, node["$ref"]
        return None, last

    def _at(self, reference: str) -> Any:
        if not reference.startswith("#"):
            return None
        if reference not in self._known:
            node: Any = self._root
            for part in unquote(reference[1:]).split("/")[1:]:
                node = _step(node, part.replace("~1", "/").replace("~0", "~"))
            self._known[reference] = node
        return self._known[reference]


def _step(node: Any, part: str) -> Any:
    if isinstance(node, dict):
        return node.get(part)
    if isinstance(node, list) and part.isascii() and part.isdigit() and len(part) < 10:  # noqa: PLR2004 - an index
        return node[int(part)] if int(part) < len(node) else None
    return None
