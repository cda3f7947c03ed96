"""Where a specification says its API answers."""

import re
from collections.abc import Iterator
from functools import partial
from itertools import islice, product
from typing import Any

from inventory.connectors.base import clip, pointer
from inventory.connectors.openapi.notes import Notes, scalar, short
from inventory.paths import split_base

MOST_SERVERS = 100
MOST_SPELLINGS = 20
"""How many base URLs one server with variables may become."""

MOST_SCHEME, MOST_HOST, MOST_PATH = 10, 255, 1000
"""Letters of a scheme and a host, and bytes of a path: the most that is kept of an address."""

_VARIABLE = re.compile(r"\{([^{}]*)\}")


def declared_servers(root: dict[str, Any], notes: Notes) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the servers as written and the base URLs they stand for, both without repetition.

    Of Swagger 2.0 these are schemes, host and base path put together; `//host` where no scheme is given.
    """
    if "swagger" in root:
        written = tuple(dict.fromkeys(_swagger(root, notes)))
        return written, tuple(url for url in written if _is_kept(url, notes))
    servers = [
        (short(server.get("url"), 1000), server)
        for number, node in enumerate(notes.wanted_list(root.get("servers"), "/servers")[:MOST_SERVERS])
        if (server := notes.wanted_map(node, pointer("servers", number)))
    ]
    urls = (url for written, server in servers for url in _spellings(written, server, notes))
    named = (written for written, _ in servers)
    kept = (url for url in dict.fromkeys(filter(None, urls)) if _is_kept(url, notes))
    return tuple(dict.fromkeys(filter(None, named))), tuple(kept)


def _is_kept(url: str, notes: Notes) -> bool:
    base = split_base(url)
    fits = len(base.scheme) <= MOST_SCHEME and len(base.host) <= MOST_HOST and len(base.path.encode()) <= MOST_PATH
    if not fits:
        notes.add("/servers", "The address of a server is longer than one can be; it was left out.")
    return fits


def _swagger(root: dict[str, Any], notes: Notes) -> Iterator[str]:
    host = clip(scalar(root.get("host")).strip(), 300)
    path = clip(scalar(root.get("basePath")).strip(), 700)
    if path and not path.startswith("/"):
        path = f"/{path}"
    path = path.rstrip("/")
    if not host:
        yield from (path,) if path else ()
        return
    schemes = [scalar(scheme).lower() for scheme in notes.wanted_list(root.get("schemes"), "/schemes")]
    for scheme in list(filter(None, schemes))[:MOST_SPELLINGS] or [""]:
        yield f"{scheme}://{host}{path}" if scheme else f"//{host}{path}"


def _spellings(url: str, server: dict[str, Any], notes: Notes) -> Iterator[str]:
    """Yield the URL with each variable written out, its default first; a variable nobody describes stays."""
    variables = notes.wanted_map(server.get("variables"), "/servers/variables")
    names = list(dict.fromkeys(_VARIABLE.findall(url)))[:MOST_SPELLINGS]
    choices = []
    for name in names:
        variable = notes.wanted_map(variables.get(name), "/servers/variables")
        values = [variable.get("default"), *notes.wanted_list(variable.get("enum"), "/servers/variables")]
        known = dict.fromkeys(short(value, 300) for value in values if scalar(value))
        choices.append(list(known)[:MOST_SPELLINGS] or [f"{{{name}}}"])
    for spelling in islice(product(*choices), MOST_SPELLINGS):
        chosen = dict(zip(names, spelling, strict=True))
        yield clip(_VARIABLE.sub(partial(_value, chosen), url), 1000)


def _value(chosen: dict[str, str], found: re.Match[str]) -> str:
    return chosen.get(found[1], found[0])
