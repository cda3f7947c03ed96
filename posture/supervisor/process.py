"""Processes that never outlive the process that started them."""

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG = 1
NOBODY = 65534
LIBC = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class RunAs:
    """Who a server runs as.

    `self` changes nothing; `namespace` shows root as uid 65534 inside a user namespace while files stay root's
    (PostgreSQL refuses uid 0); `user` becomes the system user `uid`, `gid`.
    """

    kind: Literal["self", "namespace", "user"]
    uid: int = 0
    gid: int = 0


SELF = RunAs("self")
NAMESPACE = RunAs("namespace")


def die_with(parent: int, signum: int) -> None:
    """Ask the kernel for `signum` when the thread that started this process ends; exit when `parent` is gone."""
    LIBC.prctl(PR_SET_PDEATHSIG, signum)
    if os.getppid() != parent:
        os._exit(1)


def _enter_namespace() -> None:
    if LIBC.unshare(CLONE_NEWUSER):
        raise OSError(ctypes.get_errno(), "unshare(CLONE_NEWUSER)")
    for name, text in (("setgroups", "deny"), ("uid_map", f"{NOBODY} 0 1"), ("gid_map", f"{NOBODY} 0 1")):
        Path("/proc/self", name).write_text(text)


def _preparation(run_as: RunAs, death: int) -> Callable[[], None]:
    parent = os.getpid()

    def prepare() -> None:
        if run_as.kind == "namespace":
            _enter_namespace()
        elif run_as.kind == "user":
            os.setgroups([])
            os.setgid(run_as.gid)
            os.setuid(run_as.uid)
        # Only now: a change of credentials clears the signal.
        die_with(parent, death)

    return prepare


def spawn(  # noqa: PLR0913 - what a process is started with
    command: Sequence[str | Path],
    *,
    output: IO[bytes] | int,
    environment: Mapping[str, str],
    run_as: RunAs = SELF,
    death: int = signal.SIGKILL,
    stdin: IO[bytes] | int = subprocess.DEVNULL,
    directory: str | Path = "/",
) -> subprocess.Popen[bytes]:
    """Start a command in its own session; it gets `death` when this process ends, however it ends.

    Must be called from the main thread: the kernel watches the thread, not the process.
    """
    return subprocess.Popen(
        [str(word) for word in command],
        stdin=stdin,
        stdout=output,
        stderr=output,
        env=dict(environment),
        cwd=directory,
        start_new_session=True,
        preexec_fn=_preparation(run_as, death),  # noqa: PLW1509 - the supervisor has one thread
    )


def namespaces_work() -> bool:
    """Return whether root may make a user namespace here (containers often refuse it)."""
    try:
        probe = spawn(["/bin/true"], output=subprocess.DEVNULL, environment={}, run_as=NAMESPACE)
    except (OSError, subprocess.SubprocessError):
        return False
    return probe.wait() == 0


def wait(process: subprocess.Popen[bytes], seconds: float, pause: Callable[[], None]) -> bool:
    """Return whether the process ended within `seconds`; `pause` is called between looks and may raise."""
    end = time.monotonic() + seconds
    while process.poll() is None:
        if time.monotonic() > end:
            return False
        pause()
    return True


def kill_session(process: subprocess.Popen[bytes]) -> None:
    """Kill what is left of the process and of the session it leads."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        if process.poll() is None:
            process.kill()
    process.wait()


def reason(code: int) -> str:
    """Return the cause of a process's end in words: `killed by SIGKILL`, `exit code 3`."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"


def last_line(log: Path, *, since: int = 0, having: Iterable[str] = ()) -> str:
    """Return the last line of a log from byte `since` on that holds one of the words `having`, else the last at all."""
    try:
        with log.open("rb") as file:
            file.seek(max(since, log.stat().st_size - 16_384))
            lines = [line.strip() for line in file.read().decode(errors="replace").splitlines() if line.strip()]
    except OSError:
        return ""
    wanted = [line for line in lines if any(word in line for word in having)]
    return (wanted or lines or [""])[-1]
