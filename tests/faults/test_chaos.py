"""Some seeds of `manage.py chaos`, which has services of its own; what it tells is printed with the rest."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, TOLD, RecordProperty
from tests.faults.test_killed import HELD_BACK, SERVICES

SEEDS = 20


@pytest.mark.slow
def test_some_seeds_of_chaos_leave_what_a_calm_run_leaves(home: Path, record_property: RecordProperty) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in HELD_BACK | SERVICES}
    environment["POSTURE_HOME"] = str(home)
    done = subprocess.run(
        [sys.executable, "manage.py", "chaos", "--seeds", str(SEEDS)], cwd=ROOT, env=environment,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=880, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-8000:]
    told = re.findall(r"^(?:Chaos: |Pages while ).*$", done.stdout, re.MULTILINE)
    assert len(told) > 10, "chaos did not say what people were told during each fault"
    for line in told:
        record_property(TOLD, line)
