"""What was odd in a specification, and the values every part of the reader takes from it."""

from functools import lru_cache
from typing import Any

from inventory.connectors.base import DocumentError, as_text, clip
from inventory.records import Oddity

MOST_KEPT = 100
LONG = 1000
"""Letters of a text that is remembered once it was cut: thousands may refer to it."""


class Notes:
    """Collects what was tolerated: the first hundred with their place, and how many there were."""

    def __init__(self) -> None:
        self.kept: list[Oddity] = []
        self.count = 0

    def add(self, place: str, what: str) -> None:
        """Note one oddity at a JSON pointer."""
        self.count += 1
        if len(self.kept) < MOST_KEPT:
            self.kept.append(Oddity(place=clip(place, 500), what=what))

    def wanted_map(self, value: Any, place: str) -> dict[str, Any]:
        """Return an object; for anything else but silence note the place and return an empty one."""
        if value is not None and not isinstance(value, dict):
            self.add(place, f"This should be an object, but is {kind_of(value)}; it was left out.")
        return value if isinstance(value, dict) else {}

    def wanted_list(self, value: Any, place: str) -> list[Any]:
        """Return an array; for anything else but silence note the place and return an empty one."""
        if value is not None and not isinstance(value, list):
            self.add(place, f"This should be an array, but is {kind_of(value)}; it was left out.")
        return value if isinstance(value, list) else []


def needed_map(value: Any, place: str, what: str) -> dict[str, Any]:
    """Return an object that the inventory depends on. Raises DocumentError for anything else."""
    if not isinstance(value, dict):
        raise DocumentError(place=place, reason=f"{what} must be an object, but is {kind_of(value)}.")
    return value


def kind_of(value: Any) -> str:
    """Name the kind of a JSON value for people."""
    if value is None:
        return "null"
    kinds = {bool: "true or false", dict: "an object", list: "an array", str: "text"}
    return kinds.get(type(value), "a number")


def scalar(value: Any) -> str:
    """Return text or a number as text, anything else as an empty text."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return _cleaned(value) if isinstance(value, str) and len(value) > LONG else as_text(value)


def short(value: Any, most: int) -> str:
    """Return a scalar of at most `most` letters, as `clip` does."""
    text = scalar(value)
    return _clipped(text, most) if len(text) > LONG else clip(text, most)


# The whole document is held while it is read, so that these keep nothing alive that would not live.
@lru_cache(maxsize=10_000)
def _cleaned(text: str) -> str:
    return as_text(text)


@lru_cache(maxsize=10_000)
def _clipped(text: str, most: int) -> str:
    return clip(text, most)
