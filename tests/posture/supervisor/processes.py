"""What the kernel says about processes."""

import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path


def parent_of(pid: int) -> int | None:
    """Return the parent of a living process; None for one that is gone or a zombie."""
    try:
        state, parent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:2]
    except OSError:
        return None
    return None if state in {"Z", "X"} else int(parent)


def descendants(pid: int) -> dict[int, str]:
    """Return the living children of a process, their children and so on, with their command lines."""
    parents = {int(path.name): parent_of(int(path.name)) for path in Path("/proc").glob("[0-9]*")}
    found = {pid}
    while grown := {child for child, parent in parents.items() if parent in found} - found:
        found |= grown
    return {child: command_of(child) for child in found - {pid}}


def command_of(pid: int) -> str:
    """Return the command line of a process."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return ""


def alive(pids: Iterable[int]) -> dict[int, str]:
    """Return those that still live."""
    return {pid: command_of(pid) for pid in pids if parent_of(pid) is not None}


def until(condition: Callable[[], object], seconds: float) -> bool:
    """Return whether the condition came true in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return bool(condition())


def without(*names: str) -> dict[str, str]:
    """Return our environment without the variables that lead to the services of the tests."""
    hidden = {"DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "POSTURE_HOME", "POSTURE_TEST_SUPERUSER", *names}
    return {name: value for name, value in os.environ.items() if name not in hidden}
