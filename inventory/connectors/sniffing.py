"""What can be told from the first bytes of a document that may be cut off anywhere."""

import re
from collections.abc import Iterator

# A text that is cut off is one to the end: what stands in it would be looked through again from each of its quotes.
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[{}\[\]]', re.DOTALL)
_COLON = re.compile(rb"\s*:\s*")
_YAML_KEY = re.compile(rb"""^(?:["']?)([A-Za-z_$][\w.$-]*)(?:["']?)[ \t]*:(?=\s|$)""", re.MULTILINE)


def json_members(head: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield each key of the outermost JSON object with what follows it in `head`; nothing for other documents.

    Keys of objects further in are not yielded.
    """
    if not head.lstrip().startswith(b"{"):
        return
    depth = 0
    for token in _TOKEN.finditer(head):
        letter = head[token.start()]
        if letter in b"{[":
            depth += 1
        elif letter in b"}]":
            depth -= 1
        elif depth == 1 and (colon := _COLON.match(head, token.end())):
            yield token[0][1:-1].decode("utf-8", "replace"), head[colon.end() : colon.end() + 200]


def first_members(head: bytes) -> dict[str, bytes]:
    """Return the members of a JSON object, or of the objects that an array or the lines of a document start with."""
    start = head.lstrip()
    return dict(json_members(start[1:] if start.startswith(b"[") else start))


def yaml_keys(head: bytes) -> tuple[str, ...]:
    """Return the keys that start a line of a YAML document."""
    return tuple(key.decode() for key in _YAML_KEY.findall(head))


def seen(head: bytes) -> str:
    """Say in one sentence what a document looks like."""
    start = head.lstrip()
    if start.startswith(b"{"):
        keys = dict.fromkeys(key for key, _ in json_members(head))
        return f"This is a JSON object {_with(tuple(keys))}, which is no format that can be read."
    if start.startswith(b"["):
        return "This is a JSON array, which is no format that can be read."
    if start.startswith(b"<"):
        return "This is an XML document, which is no format that can be read."
    if keys_found := tuple(dict.fromkeys(yaml_keys(head))):
        return f"This looks like YAML {_with(keys_found)}, which is no format that can be read."
    return "The format of this document was not recognised."


def _with(keys: tuple[str, ...]) -> str:
    named = ", ".join(f"“{key[:40]}”" for key in keys[:5])
    more = f" and {len(keys) - 5} more" if len(keys) > 5 else ""  # noqa: PLR2004 - as many as were named
    return f"with {'the keys ' if len(keys) > 1 else 'the key '}{named}{more}" if keys else "without keys"
