"""The one list of readers. A module that defines one is found by discovery; nothing else has to name it."""

import pkgutil
from importlib import import_module
from typing import TypeVar

from inventory.connectors.base import DocumentError, Kind, Reader
from inventory.connectors.sniffing import seen

_READERS: dict[str, type[Reader]] = {}

_IS: dict[Kind, str] = {
    "specification": "a specification",
    "findings": "a report of findings",
    "traffic": "a log of requests",
    "alerts": "a document of alerts",
    "owners": "a file that names owners",
}

R = TypeVar("R", bound=Reader)


class UnknownFormatError(DocumentError):
    """No reader knows a document. `seen` says what it looks like; the reason names the known formats too."""

    def __init__(self, seen: str, known: str) -> None:
        super().__init__(reason=f"{seen} Known formats are {known}.")
        self.seen = seen


def register(reader: type[R]) -> type[R]:
    """Add a reader class. A second one with the same slug, or a second one in a module, raises ValueError."""
    for other in _READERS.values():
        if other.slug == reader.slug or other.__module__ == reader.__module__:
            msg = f"The reader {reader.__module__}.{reader.__name__} is in the way of {other.__module__}."
            raise ValueError(msg)
    _READERS[reader.slug] = reader
    return reader


def discover(*packages: str) -> None:
    """Import every module below the packages, so that their readers register. Whatever an import raises is raised."""
    for name in packages:
        package = import_module(name)
        for module in pkgutil.walk_packages(package.__path__, f"{name}.", onerror=_raise):
            import_module(module.name)


def _raise(_: str) -> None:
    raise  # noqa: PLE0704 - walk_packages calls this while it handles the import's error


def readers(*kinds: Kind) -> tuple[type[Reader], ...]:
    """Return the registered readers, of some kinds or all, in the order of their slugs."""
    return tuple(reader for _, reader in sorted(_READERS.items()) if not kinds or reader.kind in kinds)


def reader_for(slug: str) -> type[Reader]:
    """Return the reader of a format. Raises LookupError with a sentence that names the known ones."""
    if slug in _READERS:
        return _READERS[slug]
    msg = f"There is no format “{slug}”. Known are {_known(slugs=True)}."
    raise LookupError(msg)


def detect(head: bytes, name: str, *kinds: Kind) -> type[Reader]:
    """Return the reader whose format a document has, told from `Document.head()` and the file's name.

    Raises UnknownFormatError, or DocumentError for a format that is known but not wanted here.
    """
    for reader in readers(*kinds):
        if reader.sniff(head, name):
            return reader
    for reader in readers():
        if reader.sniff(head, name):
            reason = f"This is {reader.label}, which is {_IS[reader.kind]}. Known here are {_known(*kinds)}."
            raise DocumentError(reason=reason)
    raise UnknownFormatError(seen(head), _known(*kinds))


def _known(*kinds: Kind, slugs: bool = False) -> str:
    return ", ".join(reader.slug if slugs else reader.label for reader in readers(*kinds)) or "none"
