"""Some seeds of `chaos.py`, in a process of its own with services of its own."""

import os
import re
import subprocess
import sys

import pytest

from tests.conftest import ROOT, TOLD, RecordProperty
from tests.faults.test_killed import HELD_BACK, SERVICES


@pytest.mark.slow
def test_some_seeds_of_chaos_leave_what_a_calm_run_leaves(record_property: RecordProperty) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in HELD_BACK | SERVICES}
    command = [sys.executable, "-m", "pytest", "-n0", "-q", "-p", "no:randomly", "-m", "slow", "tests/faults/chaos.py"]
    done = subprocess.run(
        command, cwd=ROOT, env={**environment, "POSTURE_SEEDS": "8"},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=290, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-8000:]
    told = re.search(r"^Chaos: .*$", done.stdout, re.MULTILINE)
    assert told
    record_property(TOLD, told[0])
