"""Local references of a specification, followed within bounds; those that leave the document never are."""

from typing import Any
from urllib.parse import unquote

MOST_HOPS = 32


class References:
    """Follows `$ref` inside one document. `lost` collects, in order, each reference that could not be followed."""

    def __init__(self, root: dict[str, Any]) -> None:
        self._root = root
        self._known: dict[str, Any] = {}

    def follow(self, node: Any, lost: dict[str, None]) -> Any:
        """Return what a node stands for: itself, or what its chain of local references ends at, or None.

        A chain that goes in a circle, is too long, leads nowhere or leaves the document ends at None and puts the
        reference it failed at into `lost`.
        """
        for _ in range(MOST_HOPS):
            if not isinstance(node, dict) or not isinstance(node.get("$ref"), str):
                return node
            reference = node["$ref"]
            node = self._at(reference)
            if node is None:
                lost[reference] = None
                return None
        lost[reference] = None
        return None

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
