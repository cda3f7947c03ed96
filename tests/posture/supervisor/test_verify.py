import subprocess
import sys
from pathlib import Path

from tests.posture.supervisor.processes import without

ROOT = Path(__file__).resolve().parents[3]
ONE = "tests/posture/supervisor/test_process.py::test_an_end_is_told_in_words"


def verify(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", "test", *arguments]
    environment = without("PYTEST_XDIST_WORKER", "PYTEST_XDIST_TESTRUNUID", "DJANGO_SETTINGS_MODULE")
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def test_a_path_runs_that_test_alone_and_counts_it() -> None:
    run = verify(ONE)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "\nCounts: 1 tests, 1 passed, 0 failed, 0 skipped, 0 deselected.\n" in run.stdout
    assert run.stdout.splitlines()[-1].startswith("All passed in ")
    assert "ruff" not in run.stdout


def test_a_run_in_which_nothing_passes_fails_with_its_name_and_counts_what_was_left_out() -> None:
    run = verify(ONE, "-k", "nothing_is_called_so")
    assert run.returncode == 1
    assert "\nCounts: 0 tests, 0 passed, 0 failed, 0 skipped, 1 deselected.\n" in run.stdout
    assert run.stderr.splitlines()[-1].endswith(": tests.")


def test_an_unknown_postgresql_is_one_line() -> None:
    run = verify("--pg", "9", ONE)
    assert run.returncode == 2
    (line,) = run.stderr.splitlines()
    assert line.startswith("No PostgreSQL runs from /usr/lib/postgresql/9/bin")
