"""The process tree: watched, restarted, stopped in reverse order."""

import os
import signal
import time
from collections import deque
from collections.abc import Callable
from types import FrameType

from posture.supervisor.children import Child, rotate
from posture.supervisor.console import say
from posture.supervisor.process import last_line, reason
from posture.supervisor.trouble import Interrupted, Trouble

TOO_MANY, WINDOW = 5, 60.0
FIRST_DELAY, LONGEST_DELAY = 0.5, 8.0
GRACE = 15.0
NO_ROOM = "No space left on device"
TICK = 0.1
ROTATE_EVERY = 60.0


class Signals:
    """Counts how often the person asked to stop: once is a wish, twice is an order."""

    def __init__(self) -> None:
        self.count = 0

    def listen(self) -> None:
        """Hear Ctrl-C, TERM and a closed terminal."""
        for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(signum, self._heard)

    def _heard(self, _signum: int, _frame: FrameType | None) -> None:
        self.count += 1

    def pause_while(self, allowed: int) -> Callable[[], None]:
        """Return a pause for waiting loops that raises Interrupted once more than `allowed` signals came."""

        def pause() -> None:
            if self.count > allowed:
                raise Interrupted
            time.sleep(TICK / 2)

        return pause


class Tree:
    """The children, in the order they were started."""

    def __init__(self, signals: Signals) -> None:
        self.signals = signals
        self.children: list[Child] = []
        self._deaths: dict[str, deque[float]] = {}
        self._due: dict[str, float] = {}

    def grow(self, child: Child) -> None:
        """Start a child and watch it from now on."""
        child.start(self.signals.pause_while(0))
        self.children.append(child)

    def watch(self, each: Callable[[], None]) -> None:
        """Restart what dies until the person asks to stop; `each` is called between looks.

        Raises Trouble when one child died five times in a minute; one whose disk is full is started again for ever.
        """
        rotated = time.monotonic()
        while not self.signals.count:
            for child in self.children:
                self._look(child)
            each()
            if time.monotonic() - rotated > ROTATE_EVERY:
                rotated = time.monotonic()
                for child in self.children:
                    rotate(child.log)
            time.sleep(TICK)

    def _look(self, child: Child) -> None:
        if child.name in self._due:
            if time.monotonic() >= self._due[child.name]:
                del self._due[child.name]
                self._restart(child)
        elif child.process is not None and (code := child.process.poll()) is not None:
            words = last_line(child.log) if code > 0 else ""
            self._bury(child, f"{reason(code)}{f', {words}' if words else ''}")

    def _restart(self, child: Child) -> None:
        try:
            child.start(self.signals.pause_while(0))
        except Trouble as trouble:
            self._bury(child, str(trouble))

    def _bury(self, child: Child, cause: str) -> None:
        now = time.monotonic()
        if NO_ROOM in cause:
            # Nobody's fault, and it passes: what still runs goes on meanwhile.
            self._due[child.name] = now + LONGEST_DELAY
            say(f"{child.name} has no room on its disk; starting it again in {LONGEST_DELAY:g} s. Its log: {child.log}")
            return
        deaths = self._deaths.setdefault(child.name, deque(maxlen=TOO_MANY))
        deaths.append(now)
        if len(deaths) == TOO_MANY and now - deaths[0] < WINDOW:
            msg = f"{child.name} died {TOO_MANY} times in a minute ({cause}); Posture stops. Its log: {child.log}"
            raise Trouble(msg)
        recent = sum(1 for at in deaths if now - at < WINDOW)
        delay = min(FIRST_DELAY * 2 ** (recent - 1), LONGEST_DELAY)
        self._due[child.name] = now + delay
        say(f"{child.name} died ({cause}); starting it again in {delay:g} s. Its log: {child.log}")

    def stop(self) -> None:
        """Stop all in reverse order; a second signal kills."""
        started = time.monotonic()
        heard = max(self.signals.count, 1)
        say("Stopping.")
        ours = [child for child in self.children if child.process is not None]
        pause = self.signals.pause_while(heard)
        try:
            for child in reversed(ours):
                if child.name not in {"PostgreSQL", "Redis"}:
                    child.ask()
            for child in reversed(ours):
                child.stop(GRACE, pause)
        except Interrupted:
            for child in reversed(ours):
                if child.process is not None and child.process.poll() is None:
                    os.killpg(child.process.pid, signal.SIGKILL)
            say("Killed.")
            return
        say(f"Stopped in {time.monotonic() - started:.1f} s.")
