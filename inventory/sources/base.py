"""What a connector is: a kind of source with its options, and a way to walk through what it holds. Pure.

A connector is one module of this package with one class that `@register` names. It is given everything it may use:
options, opened secrets, the one way out, the folders the operator opened, the clock, and what it took last time.
"""

import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO, ClassVar, Protocol, TypeVar

from inventory.jobs.services.wayout import Answer, Question


class SourceRefused(Exception):  # noqa: N818 - named for what people are told
    """Options that cannot work, as one sentence; `option` names the one that is wrong, or is empty."""

    def __init__(self, reason: str, option: str = "") -> None:
        super().__init__(reason)
        self.option = option


class SourceFailed(Exception):  # noqa: N818 - named for what people are told
    """The source as a whole cannot be read now: one sentence. Nothing is concluded from it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One thing a person fills in. `lines` asks for several, one a line; `choices` for one of the operator's."""

    name: str
    label: str
    hint: str = ""
    required: bool = False
    lines: bool = False
    folders: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the operator's machine gives: folders that may be read, bytes a document may have, the clock."""

    folders: tuple[Path, ...]
    most: int
    now: datetime
    ask: Callable[[Question], Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One walk through a source; `cursor` maps each document's key to the mark it had when it was taken last."""

    options: Mapping[str, Any]
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    cursor: Mapping[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulled:
    """A document that is new or may have changed; `mark` is kept once it is taken in. Whoever gets it closes `file`."""

    key: str
    name: str
    file: BinaryIO
    size: int
    mark: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unchanged:
    """A document that is as it was."""

    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """A document that is not taken this time, and why; a `fault` asks for a look, else time cures it."""

    key: str
    reason: str
    fault: bool = True


Item = Pulled | Unchanged | Left


class Source(Protocol):
    """A kind of source. `says` tells in a sentence what it reads."""

    slug: ClassVar[str]
    label: ClassVar[str]
    says: ClassVar[str]
    options: ClassVar[tuple[Option, ...]]
    secrets: ClassVar[tuple[Option, ...]]

    def missing(self, around: Surroundings) -> str:
        """Return why no connection of this kind can be made here, or an empty text."""

    def clean(self, options: Mapping[str, Any], around: Surroundings) -> dict[str, Any]:
        """Return options in the form they are kept. Raises SourceRefused."""

    def walk(self, visit: Visit, around: Surroundings) -> Iterator[Item]:
        """Yield every document there is, in a steady order. Raises SourceFailed when it cannot be known."""


_SOURCES: dict[str, Source] = {}

S = TypeVar("S", bound=type[Source])


def register(kind: S) -> S:
    """Add a connector. A second one with the same slug raises ValueError."""
    if kind.slug in _SOURCES:
        msg = f"Two connectors are called {kind.slug}."
        raise ValueError(msg)
    _SOURCES[kind.slug] = kind()
    return kind


def discover() -> None:
    """Import every connector of this package. Whatever an import raises is raised."""
    package = import_module(__package__)
    for module in pkgutil.iter_modules(package.__path__, f"{__package__}."):
        import_module(module.name)


def sources() -> tuple[Source, ...]:
    """Return the connectors in the order of their labels."""
    return tuple(sorted(_SOURCES.values(), key=lambda source: source.label))


def source_for(slug: str) -> Source:
    """Return the connector of this slug. Raises SourceRefused that names the known ones."""
    if slug not in _SOURCES:
        msg = f"There is no connector “{slug}”. Known are {', '.join(sorted(_SOURCES))}."
        raise SourceRefused(msg, "kind")
    return _SOURCES[slug]
