"""The import contracts of `pyproject.toml` hold, and each of them breaks on the violation it is there for.

A contract that never fails guards nothing: in a copy of the four packages one import at a time is planted, and the
linter must name the contract that forbids it.
"""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.architecture.source import FLOORS, ROOT

PLANTS: dict[str, dict[str, str]] = {
    "floors": {"findings/services/planted.py": "import incidents.apps\n"},
    "roof": {"inventory/access/middleware.py": "import posture.env\n"},
    "rooms-posture": {"posture/services/planted.py": "import posture.views\n"},
    "rooms-incidents": {"incidents/utils.py": "NOTHING = 0\n"},
    "rooms-findings": {"findings/services/planted.py": "import findings.views\n"},
    "rooms-inventory": {"inventory/jobs/services/planted.py": "import inventory.connectors\n"},
    "rooms-jobs": {"inventory/jobs/services/planted.py": "import inventory.jobs.tasks\n"},
    "rooms-access": {"inventory/access/records.py": "import inventory.access.models\n"},
    "pure": {"inventory/access/rights.py": "import celery\n"},
    "django-free": {"findings/connectors/planted.py": "from django.conf import settings\n"},
    "supervisor": {"posture/supervisor/planted.py": "import posture.env\n"},
    "circles": {
        "findings/services/planted_a.py": "import findings.services.planted_b\n",
        "findings/services/planted_b.py": "import findings.services.planted_a\n",
    },
}
"""For each contract, by its id: files and the text added at their end."""


def contracts() -> dict[str, str]:
    """Return the name of each contract by its id."""
    configuration = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return {contract["id"]: contract["name"] for contract in configuration["tool"]["importlinter"]["contracts"]}


def broken(tree: Path, *only: str) -> set[str]:
    """Return the names of the contracts that the linter finds broken in a tree; all of them are read, or `only`."""
    linter = Path(sys.executable).with_name("lint-imports")
    chosen = [argument for contract in only for argument in ("--contract", contract)]
    run = subprocess.run(
        [linter, "--no-logo", "--cache-dir", tree.parent / "cache", *chosen],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Contracts: " in run.stdout, run.stdout + run.stderr
    found = set(re.findall(r"^(.+) BROKEN$", run.stdout, re.MULTILINE))
    assert bool(found) is bool(run.returncode)
    return found


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the four packages and the contracts, once; each test puts back what it planted."""
    copy = tmp_path_factory.mktemp("planted") / "tree"
    for floor in FLOORS:
        shutil.copytree(ROOT / floor, copy / floor, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", copy)
    return copy


def test_every_contract_holds(tree: Path) -> None:
    assert broken(tree) == set()


def test_every_contract_has_its_planted_violation() -> None:
    assert set(PLANTS) == set(contracts())


@pytest.mark.parametrize("contract", PLANTS)
def test_a_planted_import_breaks_the_contract_that_forbids_it(contract: str, tree: Path) -> None:
    before = {file: (tree / file).read_text() if (tree / file).exists() else None for file in PLANTS[contract]}
    try:
        for file, text in PLANTS[contract].items():
            (tree / file).parent.mkdir(exist_ok=True)
            (tree / file).parent.joinpath("__init__.py").touch()
            (tree / file).write_text(f"{before[file] or ''}\n{text}")
        assert broken(tree, contract) == {contracts()[contract]}
    finally:
        for file, text_before in before.items():
            (tree / file).unlink() if text_before is None else (tree / file).write_text(text_before)
