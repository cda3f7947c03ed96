"""One process of the tree: how it starts, how it is asked to stop."""

import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Protocol

from posture.supervisor.process import kill_session, spawn, wait

ROOT = Path(__file__).resolve().parent.parent.parent
LOG_LIMIT = 10 * 1024 * 1024


def rotate(log: Path, limit: int = LOG_LIMIT) -> None:
    """Move a log beyond `limit` bytes to `NAME.1`; its writers append, so they go on in the emptied file.

    Where there is no room for both it stays as it is.
    """
    try:
        if log.stat().st_size <= limit:
            return
        log.with_name(f"{log.name}.1").write_bytes(log.read_bytes())
        with log.open("r+b") as file:
            file.truncate(0)
    except OSError:
        return


def open_log(log: Path) -> IO[bytes]:
    """Open a log to append to, rotated first."""
    rotate(log)
    file = log.open("ab")
    log.chmod(0o600)
    return file


class Child(Protocol):
    """A child the supervisor watches, restarts and stops."""

    name: str
    log: Path
    process: subprocess.Popen[bytes] | None

    def start(self, pause: Callable[[], None]) -> None:
        """Start it and wait until it can be used; raises Trouble with one line when it cannot."""

    def stop(self, grace: float, pause: Callable[[], None]) -> None:
        """Stop it: asked, after `grace` seconds told, at last killed."""

    def ask(self) -> None:
        """Ask it to stop, without waiting."""


class Stoppable:
    """What all children share: the process and the three steps of stopping it."""

    gentle: int = signal.SIGTERM
    firm: int = signal.SIGQUIT
    last_grace = 3.0

    def __init__(self, name: str, log: Path) -> None:
        self.name = name
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None

    def ask(self) -> None:
        """Ask it to stop, without waiting."""
        self._send(self.gentle)

    def stop(self, grace: float, pause: Callable[[], None]) -> None:
        """Stop it: asked, after `grace` seconds told, at last killed."""
        if self.process is None:
            return
        try:
            self._send(self.gentle)
            if not wait(self.process, grace, pause):
                self._send(self.firm)
                wait(self.process, self.last_grace, pause)
        finally:
            kill_session(self.process)

    def _send(self, signum: int) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signum)


class Program(Stoppable):
    """A module of the product or of its libraries, run from the checkout: the web server, a worker, the clock."""

    def __init__(self, name: str, log: Path, command: Sequence[str], environment: Mapping[str, str]) -> None:
        super().__init__(name, log)
        self.command = [sys.executable, "-m", "posture.supervisor.child", *command]
        self.environment = environment

    def start(self, pause: Callable[[], None]) -> None:
        """Start it; whether it serves is seen from outside."""
        pause()
        with open_log(self.log) as output:
            self.process = spawn(self.command, output=output, environment=self.environment, directory=ROOT)
