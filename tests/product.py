"""The whole product as a person starts it: `manage.py up` in a process of its own, on a home of its own."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from posture.supervisor.postgres import free_port

ROOT = Path(__file__).parent.parent
READY = re.compile(r"^Posture is ready at (\S+) \(([\d.]+) s\)", re.MULTILINE)
PERSON = re.compile(r"^  (\S.*?)  +(\S+@\S+)  +(\S+)$", re.MULTILINE)
OURS = {"DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "POSTURE_HOME", "POSTURE_TEST_SUPERUSER", "BASE_URL", "HOST"}


class Product:
    """One start. `extra` is added to an environment without the services of the tests."""

    def __init__(self, home: Path, **extra: str) -> None:
        self.home = home
        self.port = int(extra.pop("PORT", "") or free_port())
        self.output = home.with_name(f"{home.name}.out")
        self.problems = home.with_name(f"{home.name}.err")
        clean = {name: value for name, value in os.environ.items() if name not in OURS}
        demo = {"DEMO": "1", "DEMO_DATA": "0"}
        self.environment = {**clean, "POSTURE_HOME": str(home), "PORT": str(self.port), **demo, **extra}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Product":
        """Start it without waiting."""
        with self.output.open("wb") as output, self.problems.open("wb") as problems:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "up"],
                cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL, stdout=output, stderr=problems,
            )  # fmt: skip
        return self

    def said(self) -> str:
        """Return what it has printed so far."""
        return self.output.read_text()

    def until(self, pattern: str, seconds: float = 120.0) -> re.Match[str]:
        """Return the match of what it prints in time; fails with all it said."""
        assert self.process
        end = time.monotonic() + seconds
        while True:
            ended = self.process.poll() is not None
            if found := re.search(pattern, self.said(), re.MULTILINE):
                return found
            assert not ended, f"it ended\n{self.said()}\n{self.problems.read_text()}"
            assert time.monotonic() < end, f"no {pattern!r} in {seconds} s\n{self.said()}\n{self.problems.read_text()}"
            time.sleep(0.1)

    def ready(self) -> "Product":
        """Wait until it serves."""
        self.until(READY.pattern)
        self.until(r"demo\.example|welcome|/login/")
        return self

    @property
    def base_url(self) -> str:
        """The address it printed."""
        found = READY.search(self.said())
        assert found
        return found[1]

    @property
    def seconds(self) -> float:
        """How long the start took, as printed."""
        found = READY.search(self.said())
        assert found
        return float(found[2])

    def people(self) -> dict[str, tuple[str, str]]:
        """Return e-mail address and password by role, as printed ("Analyst", "Team owner of Payments")."""
        return {role: (email, password) for role, email, password in PERSON.findall(self.said())}

    def stop(self, seconds: float = 40.0) -> int:
        """Press Ctrl-C and return the exit code."""
        assert self.process
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            return self.process.wait(seconds)
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
