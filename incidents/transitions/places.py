"""Where an attack was aimed: paths without what was smuggled into them, and the endpoints they belong to. Pure."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from inventory.connectors.base import clip
from inventory.paths import path_key

HIDDEN: Final = "•••"
"""Stands for a segment that holds more than a plain name: it may be the attack itself, or a secret."""
MOST_SEGMENTS: Final = 30
LONGEST: Final = 500
PARAMETER: Final = "{}"

_PLAIN = re.compile(r"[\w.~{}:+-]{1,60}", re.ASCII)


def masked_path(path: str) -> str:
    """Return a path by the path rule, its query left out and each segment hidden that is no plain name.

    A path that went through this comes back as it is.
    """
    if not path:
        return ""
    segments = path_key(path).strip("/").split("/")[:MOST_SEGMENTS]
    shown = (part if _PLAIN.fullmatch(part) else HIDDEN for part in segments if part)
    return clip("/" + "/".join(shown), LONGEST)


@dataclass(frozen=True, slots=True)
class Template:
    """One endpoint as others are compared with it; `path_key` is by the path rule."""

    id: int
    method: str
    path_key: str


class Templates:
    """The endpoints of one API, looked up by method and path: the same path first, then the one with most words."""

    def __init__(self, endpoints: Iterable[Template]) -> None:
        self._exact: dict[tuple[str, str], int] = {}
        self._by_length: dict[tuple[str, int], list[tuple[list[re.Pattern[str] | str], Template]]] = defaultdict(list)
        self._found: dict[tuple[str, str], int | None] = {}
        self._paths: dict[int, str] = {}
        for endpoint in sorted(endpoints, key=lambda one: one.id):
            self._exact.setdefault((endpoint.method, endpoint.path_key), endpoint.id)
            self._paths[endpoint.id] = endpoint.path_key
            segments = endpoint.path_key.strip("/").split("/")
            if PARAMETER in endpoint.path_key:
                self._by_length[endpoint.method, len(segments)].append(([_form(one) for one in segments], endpoint))
        for candidates in self._by_length.values():
            candidates.sort(key=lambda one: (one[1].path_key.count(PARAMETER), one[1].id))

    def find(self, method: str, path: str) -> int | None:
        """Return the endpoint of a masked path, None for a path that none of them has."""
        asked = (method, path)
        if asked not in self._found:
            self._found[asked] = self._look(method, path)
        return self._found[asked]

    def path_of(self, endpoint_id: int) -> str:
        """Return the path of an endpoint, by the path rule."""
        return self._paths[endpoint_id]

    def _look(self, method: str, path: str) -> int | None:
        if (method, path) in self._exact:
            return self._exact[method, path]
        segments = path.strip("/").split("/")
        for form, endpoint in self._by_length.get((method, len(segments)), ()):
            if all(_fits(one, part) for one, part in zip(form, segments, strict=True)):
                return endpoint.id
        return None


def _form(segment: str) -> re.Pattern[str] | str:
    if PARAMETER not in segment:
        return segment
    return re.compile(".+".join(map(re.escape, segment.split(PARAMETER))), re.DOTALL)


def _fits(form: re.Pattern[str] | str, segment: str) -> bool:
    if isinstance(form, str):
        return form == segment
    return bool(segment) and (segment == HIDDEN or form.fullmatch(segment) is not None)
