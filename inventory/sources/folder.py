"""Files in a folder that the operator opened to connections (`CONNECT_FOLDERS`)."""

import os
import stat
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, ClassVar, cast

from inventory.sources.base import (
    Item,
    Left,
    Option,
    Pulled,
    SourceFailed,
    SourceRefused,
    Surroundings,
    Unchanged,
    Visit,
    register,
)

SETTLED = 10
"""Seconds without a write after which a file counts as complete."""
MOST_FILES = 100_000
ANY_DEPTH = "**/"


@register
class Folder:
    """The files of a folder on the machine of the product."""

    slug: ClassVar[str] = "folder"
    label: ClassVar[str] = "Folder"
    says: ClassVar[str] = "Reads new and changed files of a folder that the operator opened. Links are not followed."
    options: ClassVar[tuple[Option, ...]] = (
        Option(name="root", label="Opened folder", required=True, folders=True),
        Option(
            name="folder", label="Folder below it", hint="Such as scans/nightly. Empty is the opened folder itself."
        ),
        Option(name="pattern", label="Files", hint="Such as *.sarif, or **/*.sarif for folders below too."),
    )
    secrets: ClassVar[tuple[Option, ...]] = ()

    def missing(self, around: Surroundings) -> str:
        """Say that the operator opened no folder."""
        return (
            "" if around.folders else "The operator has opened no folder. CONNECT_FOLDERS lists those that may be read."
        )

    def clean(self, options: Mapping[str, Any], around: Surroundings) -> dict[str, Any]:
        """Return root, folder and pattern; the folder stays below the root by its very spelling."""
        root = str(options.get("root", ""))
        if root not in {str(folder) for folder in around.folders}:
            msg = self.missing(around) or "Choose one of the opened folders."
            raise SourceRefused(msg, "root")
        text = str(options.get("folder", "")).strip()
        below = PurePosixPath(text.strip("/"))
        if text.startswith("/") or ".." in below.parts or "\x00" in text:
            msg = "Write a folder below the opened one, without “..”."
            raise SourceRefused(msg, "folder")
        pattern = str(options.get("pattern", "")).strip() or "*"
        if "/" in pattern.removeprefix(ANY_DEPTH):
            msg = "Write a pattern of file names, such as *.sarif or **/*.sarif."
            raise SourceRefused(msg, "pattern")
        return {"root": root, "folder": "" if str(below) == "." else str(below), "pattern": pattern}

    def walk(self, visit: Visit, around: Surroundings) -> Iterator[Item]:
        """Go through the folder by name. Only what the operator opens today is read."""
        if visit.options["root"] not in {str(folder) for folder in around.folders}:
            msg = f"The folder {visit.options['root']} is no longer opened by CONNECT_FOLDERS."
            raise SourceFailed(msg)
        folder = _opened(Path(visit.options["root"]), visit.options["folder"])
        try:
            yield from _files(folder, visit, around)
        finally:
            os.close(folder)


def _opened(root: Path, below: str) -> int:
    """Open a folder step by step, so that no link leads out of the root."""
    try:
        handle = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
        for part in PurePosixPath(below).parts:
            inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=handle)
            os.close(handle)
            handle = inner
    except OSError as error:
        msg = f"The folder {below or root} cannot be read: {error.strerror}."
        raise SourceFailed(msg) from error
    return handle


def _files(folder: int, visit: Visit, around: Surroundings) -> Iterator[Item]:
    pattern: str = visit.options["pattern"]
    deep = pattern.startswith(ANY_DEPTH)
    met = 0
    closed: list[OSError] = []
    for place, inner, names, handle in os.fwalk(".", onerror=closed.append, dir_fd=folder, follow_symlinks=False):
        inner.sort()
        yield from _unreadable(closed)
        for name in sorted(names):
            if not fnmatchcase(name, pattern.removeprefix(ANY_DEPTH)):
                continue
            met += 1
            if met > MOST_FILES:
                msg = f"The folder has more than {MOST_FILES:,} files of this pattern; choose one below it."
                raise SourceFailed(msg)
            yield _file(str(PurePosixPath(place) / name), name, handle, visit, around)
        if not deep:
            return
    yield from _unreadable(closed)


def _unreadable(closed: list[OSError]) -> Iterator[Item]:
    while closed:
        error = closed.pop()
        yield Left(key=f"{error.filename}/", reason=f"The folder cannot be read: {error.strerror}.")


def _file(key: str, name: str, handle: int, visit: Visit, around: Surroundings) -> Item:
    try:
        key.encode()
        opened = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=handle)
    except UnicodeEncodeError:
        return Left(key=ascii(key), reason="The name of this file is not UTF-8; rename it.")
    except OSError as error:
        linked = stat.S_ISLNK(_mode(name, handle))
        reason = "This is a link, which is not followed." if linked else f"It cannot be read: {error.strerror}."
        return Left(key=key, reason=reason)
    about = os.fstat(opened)
    mark = {"stamp": f"{about.st_dev}:{about.st_ino}:{about.st_size}:{about.st_ctime_ns}"}
    item: Item | None = None
    if not stat.S_ISREG(about.st_mode):
        item = Left(key=key, reason="This is no plain file.")
    elif visit.cursor.get(key, {}).get("stamp") == mark["stamp"]:
        item = Unchanged(key=key)
    elif about.st_size > around.most:
        item = Left(key=key, reason=f"It has {about.st_size:,} bytes; at most {around.most:,} are taken in.")
    elif around.now.timestamp() - max(about.st_mtime, about.st_ctime) < SETTLED:
        item = Left(key=key, reason="It is still being written; the next run takes it.", fault=False)
    if item is not None:
        os.close(opened)
        return item
    file = cast("BinaryIO", os.fdopen(opened, "rb"))
    return Pulled(key=key, name=name[:200], file=file, size=about.st_size, mark=mark)


def _mode(name: str, handle: int) -> int:
    try:
        return os.lstat(name, dir_fd=handle).st_mode
    except OSError:
        return 0
