"""What the numbers depend on: the machine, the versions, the load, and how much memory each process took."""

import os
import platform
import re
import subprocess
import threading
from collections import defaultdict
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from django import get_version
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent
PAUSE = 0.02
"""Seconds between two looks at the processes; the kernel itself keeps the peak of the worker and the reader."""

RESET_PEAK = "5"
USER, SYSTEM = 11, 12
"""Where the processor time stands behind the name in a process's `stat` (proc(5): fields 14 and 15)."""


def described() -> list[str]:
    """Return machine, versions and commit as lines of text."""
    model = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    memory = re.search(r"^MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text(), re.MULTILINE)
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        postgres = cursor.fetchone()[0]
        cursor.execute("SELECT name || '=' || setting FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit')")
        settings = ", ".join(row[0] for row in cursor.fetchall())
    processor = model[1] if model else platform.machine()
    system = f"{platform.system()} {platform.release()}"
    return [
        f"Machine: {os.cpu_count()} cores, {processor}, {int(memory[1]) >> 20 if memory else 0} GB of memory, {system}",
        f"Versions: Python {platform.python_version()}, Django {get_version()}, PostgreSQL {postgres} ({settings})",
        f"Commit: {_commit()}",
    ]


def load() -> str:
    """Return the load of the last minute: processes that want a core."""
    return f"{os.getloadavg()[0]:.1f}"


def processor_seconds(pid: str) -> float:
    """Return the processor time that a process has taken so far."""
    fields = Path("/proc", pid, "stat").read_text().rpartition(")")[2].split()
    return (int(fields[USER]) + int(fields[SYSTEM])) / os.sysconf("SC_CLK_TCK")


def _commit() -> str:
    def git(*words: str) -> str:
        done = subprocess.run(  # noqa: S603 - words of ours
            ["git", *words],  # noqa: S607 - the one on PATH
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout.strip()

    return git("rev-parse", "--short=12", "HEAD") + (" with changes" if git("status", "--porcelain", "-uno") else "")


class Watch:
    """Watches this process, the children it starts and its database process: their memory and their processor time.

    Use as a context manager. Of the database's memory counts what the process has for itself, not the shared buffers.
    """

    def __init__(self) -> None:
        self._most: dict[str, int] = defaultdict(int)
        self._spent: dict[tuple[str, str], float] = {}
        self._before: dict[tuple[str, str], float] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._database = 0

    def __enter__(self) -> Self:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            self._database = cursor.fetchone()[0]
        Path("/proc/self/clear_refs").write_text(RESET_PEAK, encoding="ascii")
        self._look()
        self._before = dict(self._spent)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._look()
        self._ended.set()
        self._thread.join()

    @property
    def megabytes(self) -> dict[str, int]:
        """The most that each kind of process took."""
        return {name: most >> 10 for name, most in sorted(self._most.items())}

    @property
    def processor_seconds(self) -> dict[str, float]:
        """The processor time that each kind of process took."""
        spent: dict[str, float] = defaultdict(float)
        for (name, pid), seconds in sorted(self._spent.items()):
            spent[name] += seconds - self._before.get((name, pid), 0)
        return dict(spent)

    def _watch(self) -> None:
        while not self._ended.wait(PAUSE):
            self._look()

    def _look(self) -> None:
        self._note("worker", "self", "VmHWM")
        self._note("database", str(self._database), "RssAnon")
        for task in Path("/proc/self/task").iterdir():
            with suppress(OSError):
                for child in (task / "children").read_text().split():
                    if b"inventory.jobs.child" in Path("/proc", child, "cmdline").read_bytes():
                        self._note("reader", child, "VmHWM")

    def _note(self, name: str, pid: str, key: str) -> None:
        with suppress(OSError):
            found = re.search(rf"^{key}:\s*(\d+)", Path("/proc", pid, "status").read_text(), re.MULTILINE)
            self._most[name] = max(self._most[name], int(found[1]) if found else 0)
            self._spent[name, pid] = processor_seconds(pid)
