"""Numbers each step a process takes towards the outside, and lets something happen at one of them.

Steps are the statements and COPYs sent to PostgreSQL, the moments before and after each commit, messages to the broker,
what is said to a mail server, writes, renames, syncs and removals of files, and connections to other hosts. Those of
the thread that installs this count; a heartbeat beats by the clock and would give other numbers each time.
"""

import errno
import io
import os
import signal
import smtplib
import socket
import tempfile
import threading
from collections.abc import Callable
from typing import Any, BinaryIO, NoReturn

import psycopg
from kombu.messaging import Producer
from typing_extensions import Buffer, override

NEVER = 1 << 40
NO_ROOM = "DO $$ BEGIN RAISE EXCEPTION 'No space left on device' USING ERRCODE = 'disk_full'; END $$"
OF_THE_DATABASE = {"statement", "copy", "before commit"}
OF_FILES = {f"before file {name}" for name in ("open", "write", "rename", "replace", "fsync", "link", "mkdir")}
WRITES = OF_THE_DATABASE | OF_FILES
"""Kinds of steps that may find the disk full."""

Happening = Callable[[str, Any], None]
"""What happens before a step of this kind, taken on this cursor or connection."""


def die(_kind: str, _on: Any) -> NoReturn:
    """Die."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def find_no_room(kind: str, on: Any) -> None:
    """Refuse a step that writes, as PostgreSQL and the kernel do when their disk is full."""
    if kind in OF_THE_DATABASE:
        on.execute(NO_ROOM)
    elif kind in OF_FILES:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class Steps:
    """Counts in this process, and in none it starts. `happening` comes once, before the step with the number `at`."""

    def __init__(self, at: int = NEVER, happening: Happening = die) -> None:
        self.at = at
        self.happening = happening
        self.taken: list[str] = []
        self.thread = threading.get_ident()

    def step(self, kind: str, on: Any = None) -> None:
        """Take a step, or let something happen instead."""
        if threading.get_ident() != self.thread:
            return
        self.taken.append(kind)
        if len(self.taken) == self.at:
            self.happening(kind, on)

    def install(self) -> None:
        """Stand in the way of every step from now on; for processes that end soon, as nothing takes it away again."""
        self._stand_before(psycopg.Cursor, "execute", "statement")
        self._stand_before(psycopg.Cursor, "copy", "copy")
        self._stand_around(psycopg.Connection, "commit", "commit")
        self._stand_around(Producer, "publish", "message")
        self._stand_around(smtplib.SMTP, "send", "mail")
        self._stand_around(socket.socket, "connect", "connection")
        for name in ("rename", "replace", "fsync", "unlink", "link", "mkdir"):
            self._stand_around(os, name, f"file {name}")
        self._stand_before_writes()

    def _stand_before(self, owner: Any, name: str, kind: str) -> None:
        original: Callable[..., Any] = getattr(owner, name)

        def stepping(*args: Any, **named: Any) -> Any:
            self.step(kind, args[0])
            return original(*args, **named)

        setattr(owner, name, stepping)

    def _stand_around(self, owner: Any, name: str, kind: str) -> None:
        original: Callable[..., Any] = getattr(owner, name)

        def stepping(*args: Any, **named: Any) -> Any:
            self.step(f"before {kind}", args[0])
            result = original(*args, **named)
            self.step(f"after {kind}")
            return result

        setattr(owner, name, stepping)

    def _stand_before_writes(self) -> None:
        """Count what is written to files by the two ways that documents and keys are written by."""
        by_number, nameless = os.fdopen, tempfile.TemporaryFile

        def opened(descriptor: int, mode: str = "r", *args: Any, **named: Any) -> Any:
            if "w" not in mode:
                return by_number(descriptor, mode, *args, **named)
            writing = Writing(io.FileIO(descriptor, "w"), self)
            return writing if "b" in mode else io.TextIOWrapper(writing, encoding="utf-8")

        def opened_nameless(**named: Any) -> BinaryIO:
            self.step("before file open")
            return Keeping(nameless(buffering=0, **named), self)

        setattr(os, "fdopen", opened)  # noqa: B010 - of another type than it had
        setattr(tempfile, "TemporaryFile", opened_nameless)  # noqa: B010 - the same


class Writing(io.BufferedWriter):
    """A file whose writes are steps."""

    def __init__(self, raw: Any, steps: Steps) -> None:
        super().__init__(raw)
        self._steps = steps

    @override
    def write(self, data: Buffer, /) -> int:
        """Write, as a step."""
        self._steps.step("before file write")
        return super().write(data)


class Keeping(io.BufferedRandom):
    """A file that is read again, whose writes are steps."""

    def __init__(self, raw: Any, steps: Steps) -> None:
        super().__init__(raw)
        self._steps = steps

    @override
    def write(self, data: Buffer, /) -> int:
        """Write, as a step."""
        self._steps.step("before file write")
        return super().write(data)
