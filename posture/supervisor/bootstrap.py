"""Makes the environment (`.venv` beside manage.py) that every command runs in, with the standard library alone.

Runs under whatever `python3` the person has, so nothing here may be newer than Python 3.8.
The file `.venv/posture-lock` says how far the environment is: `making` (venv and uv not finished: it is made anew),
`partial` (packages not finished: they are synchronised again), else the lock that is installed and its digest.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from posture.supervisor import packages

SUPPORTED = ((3, 12), (3, 11))
LONGEST = 600  # characters of another program's words
MAKING, PARTIAL = "making", "partial"


class Unready(Exception):  # noqa: N818 - printed as one line, never handled
    """The environment cannot be made; the text says why and what to do."""


class Environment:
    """The environment of one checkout; `wanted` is the lock ("run" or "test") the command needs."""

    def __init__(self, root: Path, wanted: str) -> None:
        self.root = root
        self.path = root / ".venv"
        self.python = self.path / "bin" / "python"
        self.mark = self.path / "posture-lock"
        self.wanted = wanted
        self.locked: list[int] = []

    def state(self) -> list[str]:
        """Return the words of the mark file; none when the environment or the mark is missing."""
        try:
            return self.mark.read_text(encoding="utf-8").split()
        except OSError:
            return []

    def lock(self) -> str:
        """Return the lock to install: one that holds the test packages keeps them."""
        return "test" if self.wanted == "test" or self.state()[:1] == ["test"] else "run"

    def target(self) -> list[str]:
        """Return the words the mark has when all is installed."""
        name = self.lock()
        digest = hashlib.sha256((self.root / "requirements" / f"{name}.txt").read_bytes()).hexdigest()
        return [name, digest]

    def is_ready(self) -> bool:
        """Return whether nothing is left to do."""
        return self.state() == self.target() and self.python.exists()

    def is_current(self) -> bool:
        """Return whether this process already runs inside it."""
        return Path(sys.prefix).resolve() == self.path.resolve()

    def make(self) -> None:
        """Do what is left: the venv with uv in it, then the packages of the lock.

        Raises Unready with one sentence for the person.
        """
        started = time.monotonic()
        target = self.target()
        if self.state() in ([], [MAKING]) or not self.python.exists():
            self._make_venv()
        self.mark.write_text(PARTIAL, encoding="utf-8")
        print(f"Installing the packages of requirements/{target[0]}.txt.", file=sys.stderr, flush=True)
        lock = self.root / "requirements" / f"{target[0]}.txt"
        uv = [str(self.path / "bin" / "uv"), "pip", "sync", "--quiet", "--require-hashes", "--python", str(self.python)]
        self._run([*uv, str(lock)], "installing the packages")
        self.mark.write_text(" ".join(target), encoding="utf-8")
        print(f"Environment ready in {time.monotonic() - started:.0f} s.", file=sys.stderr, flush=True)

    def _make_venv(self) -> None:
        if self.path.is_dir() and any(self.path.iterdir()) and not self.mark.exists():
            msg = f"{self.path} was not made by this command; move it away and start again."
            raise Unready(msg)
        if importlib.util.find_spec("ensurepip") is None:
            need = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
            if problem := packages.install([need], purpose="making the environment"):
                raise Unready(problem)
        if self.path.exists():
            print("Making the environment anew: an earlier start did not finish it.", file=sys.stderr, flush=True)
            shutil.rmtree(self.path)
        else:
            print(f"Making the environment in {self.path} (once).", file=sys.stderr, flush=True)
        self.path.mkdir()
        self.mark.write_text(MAKING, encoding="utf-8")
        # Not the environment's own program, which may just have been removed.
        base = getattr(sys, "_base_executable", None) or sys.executable
        self._run([base, "-m", "venv", str(self.path)], "making the environment")
        pip = [str(self.python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
        self._run(
            [*pip, "--require-hashes", "--no-deps", "-r", str(self.root / "requirements" / "uv.txt")], "installing uv"
        )

    def _run(self, command: list[str], what: str) -> None:
        # The lock goes along: when this process is killed, the next start waits for what it left running.
        done = subprocess.run(command, cwd=self.root, capture_output=True, text=True, check=False, pass_fds=self.locked)
        if done.returncode:
            lines = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
            lines = [line for line in lines if not line.startswith("WARNING")] or ["no reason given"]
            msg = f"{what[0].upper()}{what[1:]} failed: {' '.join(lines)[:LONGEST]}"
            raise Unready(msg)


def enter(root: Path, argv: list[str]) -> None:
    """Return when this process runs in the finished environment; else finish it and start `argv` again inside it.

    Ends the process with one line on standard error when that is not possible.
    """
    environment = Environment(root, "test" if argv[1:2] == ["test"] else "run")
    try:
        ready = environment.is_ready()
        if ready and environment.is_current():
            return
        if not ready:
            _use_supported_python(argv)
            _finish(environment)
        os.execv(str(environment.python), [str(environment.python), *argv])
    except Unready as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("Stopped; the next start goes on from here.")
    except OSError as error:
        sys.exit(f"The environment in {environment.path} cannot be used: {error.strerror} ({error.filename}).")


def _finish(environment: Environment) -> None:
    descriptor = os.open(environment.root, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another start is making the environment; waiting for it.", file=sys.stderr, flush=True)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        environment.locked = [descriptor]
        if not environment.is_ready():
            environment.make()
    finally:
        os.close(descriptor)


def _use_supported_python(argv: list[str]) -> None:
    """Go on with a Python the product supports: this one, else one on PATH; raises Unready when there is none."""
    if sys.version_info[:2] in SUPPORTED:
        return
    for major, minor in SUPPORTED:
        found = shutil.which(f"python{major}.{minor}")
        if found and subprocess.run([found, "-c", ""], capture_output=True, check=False).returncode == 0:
            os.execv(found, [found, *argv])
    msg = (
        f"Posture needs Python 3.11 or 3.12; this is {sys.version.split()[0]}, and PATH has neither. Install "
        "one of them and start again."
    )
    raise Unready(msg)
