"""A few seconds of fuzzing for each reader; hours are for hands (`tests/faults/fuzzing.py`)."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from inventory.connectors.base import Reader
from inventory.connectors.registry import readers
from tests.conftest import ROOT, TOLD, RecordProperty
from tests.inventory.connectors.reading import samples_of

SECONDS = 3


@pytest.mark.slow
@pytest.mark.parametrize("reader", readers(), ids=lambda reader: reader.slug)
def test_no_changed_bytes_break_a_reader(reader: type[Reader], tmp_path: Path, record_property: RecordProperty) -> None:
    command = [sys.executable, "-m", "tests.faults.fuzzing", reader.slug, "--seconds", str(SECONDS)]
    done = subprocess.run(
        [*command, "--corpus", str(tmp_path)], cwd=ROOT, capture_output=True, text=True, timeout=200, check=False
    )
    assert samples_of(reader)
    assert done.returncode == 0, done.stderr[-4000:]
    runs = re.search(r"number_of_executed_units: (\d+)", done.stderr)
    assert runs
    assert int(runs[1]) > 20
    record_property(TOLD, f"Fuzzed {reader.slug} with {int(runs[1]):,} inputs in {SECONDS} s")
