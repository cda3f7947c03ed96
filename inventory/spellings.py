"""Which declared path a seen path is a value of: `/users/mallory` is one of `/users/{}`. Pure."""

import re
from collections import defaultdict
from collections.abc import Iterable

PARAMETER = "{}"


def _segments(key: str) -> tuple[str, ...]:
    return tuple(part for part in key.split("/") if part)


def _pattern(segment: str) -> "re.Pattern[str] | None":
    """Return what matches a segment with a parameter and more in it; None for one without."""
    if PARAMETER not in segment or segment == PARAMETER:
        return None
    return re.compile("(?:.+?)".join(re.escape(part) for part in segment.split(PARAMETER)), re.DOTALL)


class Spellings:
    """The declared paths of one API, by their keys."""

    def __init__(self, keys: Iterable[str]) -> None:
        self.keys = frozenset(keys)
        self._by_length: dict[int, list[tuple[str, tuple[str, ...], tuple[re.Pattern[str] | None, ...]]]] = defaultdict(
            list
        )
        for key in self.keys:
            parts = _segments(key)
            if PARAMETER in key:
                self._by_length[len(parts)].append((key, parts, tuple(_pattern(part) for part in parts)))
        for entries in self._by_length.values():
            entries.sort(key=lambda entry: ([PARAMETER in part for part in entry[1]], entry[0]))

    def find(self, key: str) -> str | None:
        """Return the declared key that a seen one is a value of; the one with text where others have parameters wins.

        What the path rule has made a parameter of is a value of a parameter only.
        """
        parts = _segments(key)
        for declared, wanted, patterns in self._by_length.get(len(parts), ()):
            if all(map(_fits, wanted, patterns, parts)):
                return declared
        return None


def _fits(wanted: str, pattern: "re.Pattern[str] | None", part: str) -> bool:
    if wanted in {PARAMETER, part}:
        return True
    return pattern is not None and pattern.fullmatch(part) is not None
