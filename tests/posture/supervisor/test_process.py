import os
import signal
import subprocess
import sys
from pathlib import Path

from posture.supervisor.process import last_line, reason, spawn
from tests.posture.supervisor.processes import alive, descendants, until

ROOT = Path(__file__).resolve().parents[3]
STARTER = """
import os, signal, subprocess, sys, time
from posture.supervisor.process import spawn
command = [sys.executable, "-m", "posture.supervisor.child", "tests.posture.supervisor.forks"]
child = spawn(command, output=subprocess.DEVNULL, environment=os.environ, directory=os.getcwd(), death=signal.SIGKILL)
time.sleep(60)
"""


def test_neither_a_child_nor_what_it_forks_outlives_a_killed_parent() -> None:
    parent = subprocess.Popen([sys.executable, "-c", STARTER], cwd=ROOT)
    try:
        assert until(lambda: len(descendants(parent.pid)) == 3, 20)
        below = descendants(parent.pid)
    finally:
        parent.kill()
        parent.wait()
    assert until(lambda: not alive(below), 5), alive(below)


def test_what_a_child_forks_dies_with_the_child_alone() -> None:
    parent = subprocess.Popen([sys.executable, "-c", STARTER], cwd=ROOT)
    try:
        assert until(lambda: len(descendants(parent.pid)) == 3, 20)
        below = descendants(parent.pid)
        child = next(pid for pid in below if len(descendants(pid)) == 2)
        os.kill(child, signal.SIGKILL)
        assert until(lambda: not alive(below.keys() - {child}), 5), alive(below)
    finally:
        parent.kill()
        parent.wait()


def test_a_child_started_after_its_parent_was_gone_ends_itself() -> None:
    program = (
        "import os; from posture.supervisor.process import die_with; die_with(os.getpid(), 9); print('still here')"
    )
    run = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout) == (1, "")


def test_a_child_that_shall_be_nice_lets_others_go_first() -> None:
    program = ["-m", "posture.supervisor.child", "--nice", "3", "timeit", "-n1", "-r1", "import os; print(os.nice(0))"]
    run = subprocess.run([sys.executable, *program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert int(run.stdout.split()[0]) == min(os.nice(0) + 3, 19)


def test_an_end_is_told_in_words() -> None:
    assert reason(3) == "exit code 3"
    assert reason(-9) == "killed by SIGKILL"
    assert reason(-63) == "killed by signal 63"


def test_the_last_line_of_a_log_is_the_last_that_says_something(tmp_path: Path) -> None:
    log = tmp_path / "log"
    assert last_line(log) == ""
    log.write_text("FATAL: no\nLOG: bye\n\n")
    assert last_line(log) == "LOG: bye"
    assert last_line(log, having=("FATAL",)) == "FATAL: no"
    assert last_line(log, since=10, having=("FATAL",)) == "LOG: bye"


def test_a_spawned_process_leads_a_session_of_its_own() -> None:
    process = spawn(["/bin/sleep", "30"], output=subprocess.DEVNULL, environment={})
    assert os.getsid(process.pid) == process.pid
    process.kill()
    process.wait()
