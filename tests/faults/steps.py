"""Numbers each step a process takes towards the outside, and kills the process at one of them.

Steps are the statements and COPYs sent to PostgreSQL, the moments before and after each commit, messages to the broker,
what is said to a mail server, renames, syncs and removals of files, and connections to other hosts. Those of the thread
that installs this count; a heartbeat beats by the clock and would give other numbers each time.
"""

import os
import signal
import smtplib
import socket
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import psycopg
from kombu.messaging import Producer

NEVER = 1 << 40


class Steps:
    """Counts in this process, and in none it starts. `kill_at` is the number of the step before which it dies.

    `first` is done just before the death: others may have to die with it.
    """

    def __init__(self, kill_at: int = NEVER, first: Callable[[], None] | None = None) -> None:
        self.kill_at = kill_at
        self.first = first
        self.taken: Counter[str] = Counter()
        self.thread = threading.get_ident()

    def step(self, kind: str) -> None:
        """Take a step, or die instead."""
        if threading.get_ident() != self.thread:
            return
        self.taken[kind] += 1
        if self.taken.total() >= self.kill_at:
            if self.first is not None:
                self.first()
            os.kill(os.getpid(), signal.SIGKILL)

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

    def _stand_before(self, owner: Any, name: str, kind: str) -> None:
        original: Callable[..., Any] = getattr(owner, name)

        def stepping(*args: Any, **named: Any) -> Any:
            self.step(kind)
            return original(*args, **named)

        setattr(owner, name, stepping)

    def _stand_around(self, owner: Any, name: str, kind: str) -> None:
        original: Callable[..., Any] = getattr(owner, name)

        def stepping(*args: Any, **named: Any) -> Any:
            self.step(f"before {kind}")
            result = original(*args, **named)
            self.step(f"after {kind}")
            return result

        setattr(owner, name, stepping)
