"""Changes to the structure of a document: drop, retype, double or swap any node of it.

JSON, JSON lines, XML and CSV are all taken as a tree, and written from one.
"""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape, quoteattr

from defusedxml.ElementTree import fromstring
from hypothesis import strategies as st

from inventory.connectors.trees import load_trees
from tests.inventory.connectors.reading import document

JUNK: list[Any] = [
    None, True, False, 0, -1, 1, 2.5, 1e300, 10**30, "", "x", "\x00", "\ud800", "9" * 40, "../..", "{}", "https://[",
    [], {}, [[]], [{}], [None], {"": None}, {"$ref": "#"}, {"$ref": "#/"}, {"$ref": "file:///etc/hostname"}, ["a", 1],
    {"text": None}, {"name": {}}, "2026-13-45T99:99:99Z", "9999-12-31T23:59:59-23:59", "a" * 3000,
]  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn, tree: Any, most: int = 4) -> Any:
    """Draw the tree with one to `most` of its nodes changed. The tree itself stays as it is."""
    root = [_copy(tree)]
    for _ in range(draw(st.integers(1, most))):
        places = list(_places(root))
        holder, key = draw(st.sampled_from(places))
        change = draw(st.sampled_from(["drop", "retype", "double", "swap", "wrap"]))
        if change == "retype":
            holder[key] = _copy(draw(st.sampled_from(JUNK)))
        elif change == "wrap":
            holder[key] = draw(st.sampled_from([[holder[key]], {"x": holder[key]}]))
        elif change == "swap":
            other, at = draw(st.sampled_from(places))
            holder[key], other[at] = _copy(other[at]), _copy(holder[key])
        elif change == "double" and isinstance(holder, list):
            holder.insert(int(key), _copy(holder[key]))
        elif change == "drop" and holder is not root:
            del holder[key]
    return root[0]


def _places(node: Any) -> Any:
    for key, value in list(node.items() if isinstance(node, dict) else enumerate(node)):
        yield node, key
        if isinstance(value, dict | list):
            yield from _places(value)


def _copy(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: _copy(value) for key, value in node.items()}
    return [_copy(value) for value in node] if isinstance(node, list) else node


def shape_of(sample: Path) -> tuple[Any, Callable[[Any], str]]:
    """Return the tree of a sample, and what writes such a tree, changed or not, in the form of the sample."""
    raw = sample.read_bytes()
    if raw.lstrip().startswith(b"<"):
        return _of_xml(fromstring(raw)), _xml
    if sample.suffix in {".jsonl", ".ndjson"}:
        return [json.loads(line) for line in raw.splitlines()], _lines
    if sample.suffix == ".csv":
        dialect = csv.Sniffer().sniff(raw.decode().splitlines()[0])
        rows = list(csv.reader(io.StringIO(raw.decode(), newline=""), dialect))
        return rows, lambda tree: _csv(tree, dialect.delimiter)
    if sample.suffix == ".log":
        return raw.decode().splitlines(), lambda tree: "\n".join(map(str, tree if isinstance(tree, list) else [tree]))
    trees = load_trees(document(raw, sample.name))
    if len(trees) > 1:
        return trees, lambda tree: "\n---\n".join(map(json.dumps, tree if isinstance(tree, list) else [tree]))
    return trees[0], json.dumps


def _of_xml(element: Element) -> dict[str, Any]:
    inside = [_of_xml(child) for child in element]
    return {"tag": element.tag, "attributes": dict(element.attrib), "text": element.text or "", "inside": inside}


def _xml(node: Any) -> str:
    if not isinstance(node, dict):
        return escape(str(node))
    tag = str(node.get("tag") or "x")
    attributes = node.get("attributes")
    written = attributes.items() if isinstance(attributes, dict) else ()
    inside = node.get("inside")
    parts = [f"<{tag}", *(f" {name}={quoteattr(str(value))}" for name, value in written), ">"]
    parts.append(escape(str(node.get("text", ""))))
    parts += [_xml(child) for child in inside] if isinstance(inside, list) else [escape(str(inside))]
    return "".join((*parts, f"</{tag}>"))


def _lines(tree: Any) -> str:
    return "\n".join(json.dumps(line) for line in (tree if isinstance(tree, list) else [tree]))


def _csv(tree: Any, delimiter: str) -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    for row in tree if isinstance(tree, list) else [tree]:
        writer.writerow([str(cell) for cell in row] if isinstance(row, list) else [str(row)])
    return out.getvalue()
