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


def killed(record_property: RecordProperty, each: int, **extra: str) -> int:
    """Run the deaths, `each` of every act, and return how many there were; fails with what they said."""
    environment = {name: value for name, value in os.environ.items() if name not in HELD_BACK}
    if extra:
        environment = {name: value for name, value in environment.items() if name not in SERVICES}
    command = [sys.executable, "-m", "pytest", "-n0", "-q", "-p", "no:randomly", "-m", "slow", "tests/faults/killed.py"]
    done = subprocess.run(
        command, cwd=ROOT, env={**environment, "POSTURE_KILLS": str(each), **extra},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=280, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-8000:]
    told = re.findall(r"^(?:Killed|The whole tree killed) at (\d+) of (\d+) steps of .*$", done.stdout, re.MULTILINE)
    deaths, steps = (sum(map(int, column)) for column in zip(*told, strict=True))
    assert len(told) == len(ACTS)
    record_property(TOLD, f"{'The whole tree' if extra else 'A worker'} killed at {deaths} of {steps} numbered steps")
    return steps


@pytest.mark.slow
def test_a_worker_killed_at_some_of_its_steps_changes_nothing_in_the_end(record_property: RecordProperty) -> None:
    assert killed(record_property, 2) >= 300


@pytest.mark.slow
def test_the_whole_tree_killed_at_some_steps_changes_nothing_in_the_end(record_property: RecordProperty) -> None:
    assert killed(record_property, 1, POSTURE_TREE="1") >= 300
