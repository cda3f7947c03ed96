"""A whole JSON or YAML document as plain dictionaries, lists and scalars, within bounds.

JSON: of doubled keys the last counts. YAML is read without its surprises: every key is text, and so is every plain
scalar except `true`, `false`, `null` and `~`, so `on`, `no`, `200`, `1.10` and dates stay what was written. Tags other
than the standard ones are refused. Aliases share one object; what they would expand to counts against a limit, and an
alias inside its own anchor is refused. Merge keys (`<<`) work. Empty documents of a stream are skipped; more than one
with content is refused.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn

import yaml

from inventory.connectors.base import Document, DocumentError, json_fault, one_line

MOST_JSON = 64 << 20
MOST_YAML = 32 << 20
MOST_DEPTH = 200
MOST_NODES = 4_000_000
"""How many nodes a YAML document may have when all its aliases are written out."""

STANDARD_TAGS = {
    None,
    "!",
    *(f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "float", "bool", "null", "map", "seq")),
}
WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


def load_tree(document: Document) -> Any:
    """Return the document's tree. Raises DocumentError with the line where it is broken."""
    trees = _trees(document)
    if len(trees) > 1:
        raise DocumentError(reason=f"The file holds {len(trees)} YAML documents. Give one at a time.")
    return trees[0] if trees else None


def load_trees(document: Document) -> list[Any]:
    """Return the trees of a YAML stream, documents without content left out; of JSON the only one."""
    return _trees(document)


def _trees(document: Document) -> list[Any]:
    json_like = document.head().lstrip()[:1] in {b"{", b"["}
    raw = document.whole(MOST_JSON if json_like else MOST_YAML)
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise DocumentError(place=f"line {line}", reason="This is not UTF-8 text.") from error
    return _json(text, document.name) if json_like else _yaml(text)


def _json(text: str, name: str) -> list[Any]:
    try:
        return [json.loads(text)]
    except (ValueError, RecursionError) as error:
        if name.lower().endswith((".yaml", ".yml")):
            return _yaml(text)
        raise json_fault(text, error) from error


def _yaml(text: str) -> list[Any]:
    tree = _Tree()
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            tree.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        problem = one_line(error.problem or "unreadable", 200)
        raise DocumentError(place=place, reason=f"This is not valid YAML: {problem}.") from error
    except (yaml.YAMLError, ValueError) as error:
        problem = one_line(str(error).partition(' in "<')[0], 200)
        raise DocumentError(reason=f"This is not valid YAML: {problem}.") from error
    return tree.documents


@dataclass(slots=True)
class _Open:
    """A mapping or sequence that is being filled; `nodes` counts what is in it, aliases written out."""

    value: dict[str, Any] | list[Any]
    anchor: str | None
    line: int
    nodes: int = 1
    key: str | None = None
    waiting: bool = False
    merges: list[Any] = field(default_factory=list)


class _Tree:
    """Builds the tree from parser events without recursion, so that its bounds hold while the document is read."""

    def __init__(self) -> None:
        self.documents: list[Any] = []
        self._open: list[_Open] = []
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._unfinished: set[str] = set()
        self._nodes = 0

    def take(self, event: Any) -> None:
        """Take the next event of the parser."""
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._start(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._end()
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event)
        elif isinstance(event, yaml.DocumentStartEvent):
            self._anchors.clear()

    def _scalar(self, event: Any) -> None:
        self._check(event)
        text: str = event.value
        value = WORDS.get(text, text) if event.implicit[0] else text
        if event.anchor is not None:
            self._anchors[event.anchor] = (value, 1)
        merge = text == "<<" and event.implicit[0]
        self._place(value, 1, key=text, merge=merge)

    def _start(self, event: Any) -> None:
        self._check(event)
        if self._wants_key():
            _refuse(event, "A key of a mapping must be plain text.")
        if len(self._open) >= MOST_DEPTH:
            _refuse(event, f"The document is nested deeper than {MOST_DEPTH} levels.")
        if event.anchor is not None:
            self._unfinished.add(event.anchor)
        value: dict[str, Any] | list[Any] = {} if isinstance(event, yaml.MappingStartEvent) else []
        self._open.append(_Open(value, event.anchor, event.start_mark.line))

    def _end(self) -> None:
        done = self._open.pop()
        if isinstance(done.value, dict):
            for merged in _merged(done):
                self._count(len(merged), done.line)
                done.nodes += len(merged)
                for key, value in merged.items():
                    done.value.setdefault(key, value)
        if done.anchor is not None:
            self._unfinished.discard(done.anchor)
            self._anchors[done.anchor] = (done.value, done.nodes)
        self._place(done.value, done.nodes)

    def _alias(self, event: Any) -> None:
        if event.anchor in self._unfinished:
            _refuse(event, f"The alias *{event.anchor} stands inside its own anchor.")
        if event.anchor not in self._anchors:
            _refuse(event, f"The alias *{event.anchor} has no anchor before it.")
        value, nodes = self._anchors[event.anchor]
        self._count(nodes, event.start_mark.line)
        if self._wants_key() and not isinstance(value, str):
            _refuse(event, "A key of a mapping must be plain text.")
        self._place(value, nodes, key=value if isinstance(value, str) else "")

    def _wants_key(self) -> bool:
        return bool(self._open) and isinstance(self._open[-1].value, dict) and not self._open[-1].waiting

    def _place(self, value: Any, nodes: int, *, key: str = "", merge: bool = False) -> None:
        """Put a finished value where it belongs: into the document list, a sequence, or a mapping as key or value."""
        if not self._open:
            if value is not None:
                self.documents.append(value)
            return
        parent = self._open[-1]
        parent.nodes += nodes
        if isinstance(parent.value, list):
            parent.value.append(value)
        elif not parent.waiting:
            parent.key, parent.waiting = (None if merge else key), True
        elif parent.key is None:
            parent.merges.append(value)
            parent.waiting = False
        else:
            parent.value[parent.key] = value
            parent.waiting = False

    def _check(self, event: Any) -> None:
        self._count(1, event.start_mark.line)
        if event.tag not in STANDARD_TAGS:
            _refuse(event, f"The tag {one_line(event.tag, 100)} is not allowed.")

    def _count(self, nodes: int, line: int) -> None:
        self._nodes += nodes
        if self._nodes > MOST_NODES:
            reason = f"With its aliases written out the document has more than {MOST_NODES:,} nodes."
            raise DocumentError(place=f"line {line + 1}", reason=reason)


def _merged(mapping: _Open) -> Iterator[dict[str, Any]]:
    for value in mapping.merges:
        for source in value if isinstance(value, list) else [value]:
            if not isinstance(source, dict):
                reason = "A merge key (<<) needs a mapping or a list of them."
                raise DocumentError(place=f"line {mapping.line + 1}", reason=reason)
            yield source


def _refuse(event: Any, reason: str) -> NoReturn:
    mark = event.start_mark
    raise DocumentError(place=f"line {mark.line + 1}, column {mark.column + 1}", reason=reason)
