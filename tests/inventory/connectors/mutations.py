"""Changes to the structure of a JSON document: drop, retype, double or swap any node of it."""

from typing import Any

from hypothesis import strategies as st

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
