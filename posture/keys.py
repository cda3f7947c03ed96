"""The keys that seal: read from a file that may change while the product runs."""

import logging
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import overload

from django.core.exceptions import ImproperlyConfigured
from typing_extensions import override

log = logging.getLogger(__name__)

SealKey = tuple[str, bytes]
"""Id and key."""


def parse_keys(text: str) -> tuple[SealKey, ...]:
    """Return the keys of lines `id:hex`. Raises ImproperlyConfigured, which quotes no key."""
    found: list[SealKey] = []
    for number, line in enumerate(text.split(), 1):
        name, _, digits = line.partition(":")
        try:
            key = bytes.fromhex(digits)
        except ValueError:
            key = b""
        if not name or len(name) > 40 or len(key) != 32 or name in dict(found):  # noqa: PLR2004 - the column, AES-256
            msg = f"SEAL_KEYS: key {number} is not written as `id:hex` with 32 bytes, or its id stands there twice."
            raise ImproperlyConfigured(msg)
        found.append((name, key))
    if not found:
        msg = "SEAL_KEYS holds no key."
        raise ImproperlyConfigured(msg)
    return tuple(found)


class KeyRing(Sequence[SealKey]):
    """The keys of a file: the first seals, all open. What is written there counts from the next look on.

    So a key can be changed while every process goes on. A file that cannot be read any more, or holds no keys, changes
    nothing: it is logged, and the keys known before go on. `file` is where they stand.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self._stamp = self._look()
        self._keys = parse_keys(file.read_text())

    @overload
    def __getitem__(self, index: int) -> SealKey: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[SealKey, ...]: ...
    @override
    def __getitem__(self, index: int | slice) -> SealKey | tuple[SealKey, ...]:
        return self._now()[index]

    @override
    def __len__(self) -> int:
        return len(self._now())

    @override
    def __iter__(self) -> Iterator[SealKey]:
        return iter(self._now())

    def _now(self) -> tuple[SealKey, ...]:
        try:
            stamp = self._look()
            if stamp != self._stamp:
                self._keys, self._stamp = parse_keys(self.file.read_text()), stamp
        except (OSError, ImproperlyConfigured) as error:
            log.error("%s holds no keys now (%s); those known before are used.", self.file, error)  # noqa: TRY400
        return self._keys

    def _look(self) -> tuple[int, int, int]:
        found = os.stat(self.file)  # noqa: PTH116 - at each use of a key
        return found.st_ino, found.st_mtime_ns, found.st_size
