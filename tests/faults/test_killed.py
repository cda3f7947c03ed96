"""A sample of the deaths of `killed.py`, in a process of its own; what it counted is printed with the rest."""

import os
import re
import subprocess
import sys

import pytest

from tests.conftest import ROOT, TOLD, RecordProperty
from tests.faults.acts import ACTS

SERVICES = {"DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "POSTURE_HOME", "POSTURE_TEST_SUPERUSER"}
HELD_BACK = {
    "DJANGO_SETTINGS_MODULE",
    "PYTEST_XDIST_WORKER",
    "PYTEST_CURRENT_TEST",
    "PYTEST_ADDOPTS",
    "POSTURE_TREE",
    "POSTURE_FULL",
}
WHATS = ("Killed", "The whole tree killed", "The disk full")


def killed(record_property: RecordProperty, each: int, only: tuple[str, ...] = (), **extra: str) -> int:
    """Run the deaths, `each` of every act, and return how many there were; fails with what they said."""
    environment = {name: value for name, value in os.environ.items() if name not in HELD_BACK}
    if extra:
        environment = {name: value for name, value in environment.items() if name not in SERVICES}
    command = [sys.executable, "-m", "pytest", "-n0", "-q", "-p", "no:randomly", "-m", "slow", "tests/faults/killed.py"]
    done = subprocess.run(
        [*command, "-k", " or ".join(only)], cwd=ROOT, env={**environment, "POSTURE_KILLS": str(each), **extra},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=280, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-8000:]
    told = re.findall(rf"^({'|'.join(WHATS)}) at (\d+) of (\d+) steps of .*$", done.stdout, re.MULTILINE)
    what, deaths, steps = told[0][0], sum(int(line[1]) for line in told), sum(int(line[2]) for line in told)
    assert len(told) == len(only or ACTS)
    record_property(TOLD, f"{what} at {deaths} of {steps} numbered steps of {len(told)} acts")
    return steps


@pytest.mark.slow
def test_a_worker_killed_at_some_of_its_steps_changes_nothing_in_the_end(record_property: RecordProperty) -> None:
    assert killed(record_property, 2) >= 300


@pytest.mark.slow
def test_the_whole_tree_killed_at_some_steps_changes_nothing_in_the_end(record_property: RecordProperty) -> None:
    assert killed(record_property, 1, POSTURE_TREE="1") >= 300


@pytest.mark.slow
def test_a_full_disk_at_some_writes_changes_nothing_in_the_end(record_property: RecordProperty) -> None:
    assert killed(record_property, 3, ("upload", "import-a-report", "run-a-connection"), POSTURE_FULL="1") >= 100
