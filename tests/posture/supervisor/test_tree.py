import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import pytest
from typing_extensions import override

from posture.supervisor.children import Program, rotate
from posture.supervisor.tree import Signals, Tree
from posture.supervisor.trouble import Interrupted, Trouble

ROOT = Path(__file__).resolve().parents[3]
SERVES = ["http.server", "0", "--bind", "127.0.0.1"]
ENDS = ["this_module_does_not_exist"]


def grown(log: Path, *commands: list[str]) -> Tree:
    tree = Tree(Signals())
    for number, command in enumerate(commands):
        tree.grow(Program(f"Child {number}", log, command, dict(os.environ)))
    return tree


def once(tree: Tree, condition: Callable[[], bool]) -> Callable[[], None]:
    """Return what ends the watch when the condition holds, or fails after a minute."""
    end = time.monotonic() + 60

    def look() -> None:
        assert time.monotonic() < end
        if condition():
            tree.signals.count += 1

    return look


def test_a_child_that_is_killed_is_named_and_started_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "child.log"
    tree = grown(log, SERVES)
    (child,) = tree.children
    assert child.process
    first = child.process
    first.kill()
    tree.watch(once(tree, lambda: child.process is not first and child.process is not None))
    tree.stop()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"Child 0 died (killed by SIGKILL); starting it again in 0.5 s. Its log: {log}"
    assert lines[1] == "Stopping."
    assert lines[2].startswith("Stopped in ")


def test_the_last_words_of_a_child_that_ended_itself_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tree = grown(tmp_path / "child.log", ENDS)
    tree.watch(once(tree, lambda: "died" in capsys.readouterr().out))
    assert "No module named this_module_does_not_exist" in (tmp_path / "child.log").read_text()


@pytest.mark.slow
def test_five_deaths_in_a_minute_stop_the_watch_with_the_log_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tree = grown(tmp_path / "child.log", ENDS, SERVES)
    began = time.monotonic()
    with pytest.raises(Trouble, match=r"^Child 0 died 5 times in a minute \(exit code 1, .*child.log$") as caught:
        tree.watch(lambda: None)
    assert "\n" not in str(caught.value)
    assert [line.partition(" again in ")[2].partition(" s.")[0] for line in capsys.readouterr().out.splitlines()] == [
        "0.5", "1", "2", "4",
    ]  # fmt: skip
    assert time.monotonic() - began > 7.5
    tree.stop()


class Roomless(Program):
    """A program that finds no room on its disk for its first starts after a death."""

    starts = 0

    @override
    def start(self, pause: Callable[[], None]) -> None:
        self.starts += 1
        if 1 < self.starts < 10:
            msg = f"{self.name} does not start: FATAL: could not write a file: No space left on device."
            raise Trouble(msg)
        super().start(pause)


def test_a_child_whose_disk_is_full_is_started_again_until_there_is_room(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("posture.supervisor.tree.LONGEST_DELAY", 0.01)
    tree = Tree(Signals())
    child = Roomless("PostgreSQL", tmp_path / "child.log", SERVES, dict(os.environ))
    tree.grow(child)
    assert child.process
    child.process.kill()
    tree.watch(once(tree, lambda: child.starts == 10))
    assert child.process.poll() is None
    tree.stop()
    said = capsys.readouterr().out.splitlines()
    assert sum("has no room on its disk; starting it again" in line for line in said) == 8


class Noted(Program):
    """A program that notes when it is stopped."""

    order: ClassVar[list[str]] = []

    @override
    def stop(self, grace: float, pause: Callable[[], None]) -> None:
        self.order.append(self.name)
        super().stop(grace, pause)


def test_children_are_stopped_in_reverse_order(tmp_path: Path) -> None:
    tree = Tree(Signals())
    for name in ("first", "second", "third"):
        tree.grow(Noted(name, tmp_path / "child.log", SERVES, dict(os.environ)))
    tree.stop()
    assert Noted.order == ["third", "second", "first"]
    assert all(child.process and child.process.poll() is not None for child in tree.children)


def test_a_second_signal_kills_a_child_that_will_not_stop(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stubborn = tmp_path / "stubborn.py"
    stubborn.write_text(
        "import signal, time\n"
        "for each in (signal.SIGTERM, signal.SIGQUIT): signal.signal(each, signal.SIG_IGN)\n"
        "print('ready', flush=True)\ntime.sleep(60)\n"
    )
    log = tmp_path / "child.log"
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    tree = Tree(Signals())
    tree.grow(Program("Stubborn", log, ["stubborn"], environment))
    while "ready" not in log.read_text():
        time.sleep(0.05)
    tree.signals.listen()
    began = time.monotonic()
    tree.signals.count = 1
    signal.setitimer(signal.ITIMER_REAL, 0.5)
    signal.signal(signal.SIGALRM, tree.signals._heard)
    try:
        tree.stop()
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for signum in (signal.SIGTERM, signal.SIGHUP, signal.SIGALRM):
            signal.signal(signum, signal.SIG_DFL)
    assert time.monotonic() - began < 10  # or it would have had the whole of its grace
    assert capsys.readouterr().out.splitlines() == ["Stopping.", "Killed."]


def test_a_wish_to_stop_ends_whatever_is_still_starting() -> None:
    signals = Signals()
    pause = signals.pause_while(0)
    pause()
    signals.count = 1
    with pytest.raises(Interrupted):
        pause()


def test_a_grown_log_is_moved_aside_while_its_writer_goes_on(tmp_path: Path) -> None:
    log = tmp_path / "child.log"
    with log.open("ab", buffering=0) as writer:
        writer.write(b"old " * 10)
        rotate(log, limit=40)
        assert log.stat().st_size == 40
        rotate(log, limit=39)
        writer.write(b"new")
    assert log.read_bytes() == b"new"
    assert (tmp_path / "child.log.1").read_bytes() == b"old " * 10


def test_the_supervisor_imports_with_the_standard_library_alone() -> None:
    command = [sys.executable, "-S", "-c", "import posture.supervisor.up, posture.supervisor.verify"]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == 0
