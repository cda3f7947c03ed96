"""Faults that somebody might make, planted in a copy of the code, and the one test that must turn red for each.

`test_planted.py` plants them in the slow tier; by hand `manage.py test --slow tests/faults/test_planted.py`. A fault
that can no longer be planted fails too: its code has changed, and nobody knows whether it would be seen.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import ROOT
from tests.faults.test_killed import HELD_BACK

LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__", "node_modules", "static")


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What is changed in a file, and the test that sees it."""

    name: str
    file: str
    changes: tuple[tuple[str, str], ...]
    test: str


FAULTS = (
    Fault(
        name="A job is ended whatever its fence",
        file="inventory/jobs/services/leases.py",
        changes=(
            (
                "finished_at = clock_timestamp()\nWHERE id = %(id)s AND fence = %(fence)s AND",
                "finished_at = clock_timestamp()\nWHERE id = %(id)s AND",
            ),
        ),
        test="tests/inventory/jobs/services/test_running.py"
        "::test_a_run_whose_fence_is_no_longer_the_newest_stores_nothing",
    ),
    Fault(
        name="Attempts are counted when the job ends",
        file="inventory/jobs/services/leases.py",
        changes=(
            ("state = 'running', attempts = attempts + 1,", "state = 'running',"),
            ("state = %(state)s, result", "attempts = attempts + 1, state = %(state)s, result"),
        ),
        test="tests/inventory/jobs/services/test_running.py"
        "::test_the_attempt_is_counted_and_seen_by_others_before_the_work_ends",
    ),
    Fault(
        name="A complete scan closes in every series",
        file="findings/services/presence.py",
        changes=(
            (
                "WHERE held.series_id = ANY(%(series)s) AND held.series_id = folding.series_id AND held.until_scan_id",
                "WHERE held.until_scan_id",
            ),
        ),
        test="tests/findings/services/test_presence_order.py::test_a_narrower_series_closes_nothing_outside_it",
    ),
    Fault(
        name="A late scan counts as the latest",
        file="findings/services/presence.py",
        changes=(("if fold.series.pk not in last or last[fold.series.pk] < (fold.at, fold.digest)]", "]"),),
        test="tests/findings/services/test_presence_order.py::test_a_scan_that_comes_late_is_put_where_it_belongs",
    ),
    Fault(
        name="A mail that was begun is sent again",
        file="posture/services/notices.py",
        changes=(("SET state = 'begun' WHERE id = %s AND state = 'planned'", "SET state = 'begun' WHERE id = %s"),),
        test="tests/posture/services/test_notices.py"
        "::test_a_mail_that_was_begun_when_the_process_died_is_not_begun_again",
    ),
)


def copy_to(folder: Path) -> Path:
    """Copy the code and its tests, and nothing that was built, to where faults may be planted."""
    for name in ("inventory", "findings", "incidents", "posture", "templates", "tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=LEFT_OUT)
    for name in ("manage.py", "pyproject.toml"):
        shutil.copy(ROOT / name, folder / name)
    return folder


@contextmanager
def planted(fault: Fault, copy: Path) -> Iterator[None]:
    """Plant a fault while the block runs; each of its changes must fit at exactly one place."""
    path = copy / fault.file
    sound = path.read_text()
    text = sound
    for old, new in fault.changes:
        assert text.count(old) == 1, f"“{fault.name}” can no longer be planted in {fault.file}: {old!r}"
        text = text.replace(old, new)
    path.write_text(text)
    try:
        yield
    finally:
        path.write_text(sound)


def outcome(copy: Path, *tests: str) -> tuple[set[str], int, str]:
    """Run tests of the copy; return which failed by their own word, how many passed, and what was printed."""
    environment = {name: value for name, value in os.environ.items() if name not in HELD_BACK}
    command = [sys.executable, "-m", "pytest", "-n0", "-q", "-p", "no:randomly", "-m", "slow or not slow", *tests]
    done = subprocess.run(
        command, cwd=copy, env=environment | {"PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=280, check=False,
    )  # fmt: skip
    passed = re.search(r"(\d+) passed", done.stdout)
    return set(re.findall(r"^FAILED (\S+)", done.stdout, re.MULTILINE)), int(passed[1]) if passed else 0, done.stdout
