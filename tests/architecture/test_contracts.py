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

PLANTS: tuple[tuple[str, dict[str, str]], ...] = (
    ("floors", {"findings/services/planted.py": "import incidents.apps\n"}),
    ("floors", {"inventory/jobs/planted/deep.py": "from findings import models\n"}),
    ("roof", {"inventory/access/middleware.py": "import posture.env\n"}),
    ("rooms-posture", {"posture/services/planted.py": "import posture.views\n"}),
    ("rooms-posture", {"posture/helpers.py": ""}),
    ("rooms-incidents", {"incidents/choices.py": "import incidents.apps\n"}),
    ("rooms-incidents", {"incidents/utils.py": ""}),
    ("rooms-findings", {"findings/services/planted.py": "import findings.views\n"}),
    ("rooms-findings", {"findings/core/planted.py": ""}),
    ("rooms-inventory", {"inventory/jobs/services/planted.py": "import inventory.connectors\n"}),
    ("rooms-inventory", {"inventory/access/services/planted.py": "import inventory.jobs.models\n"}),
    ("rooms-inventory", {"inventory/common.py": ""}),
    ("rooms-jobs", {"inventory/jobs/services/planted.py": "import inventory.jobs.tasks\n"}),
    ("rooms-jobs", {"inventory/jobs/helpers.py": ""}),
    ("rooms-access", {"inventory/access/records.py": "import inventory.access.models\n"}),
    ("rooms-access", {"inventory/access/utils.py": ""}),
    ("pure", {"inventory/access/rights.py": "import celery\n"}),
    ("pure", {"findings/connectors/planted.py": "import findings.models\n"}),
    ("django-free", {"findings/connectors/planted.py": "from django.conf import settings\n"}),
    ("django-free", {"posture/scoring/planted.py": "import inventory.jobs.choices\n"}),
    (
        "readers",
        {
            "findings/connectors/planted.py": "import inventory.connectors.planted\n",
            "inventory/connectors/planted.py": "",
        },
    ),
    ("supervisor", {"posture/supervisor/planted.py": "import posture.env\n"}),
    (
        "circles",
        {
            "findings/services/planted_a.py": "import findings.services.planted_b\n",
            "findings/services/planted_b.py": "import findings.services.planted_a\n",
        },
    ),
)
"""Each contract by its id, with files and the text added at their end. An empty text is a stray file or folder."""


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
    found = set(re.findall(r"^(.+) BROKEN\b", run.stdout, re.MULTILINE))
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
    assert {contract for contract, _ in PLANTS} == set(contracts())


@pytest.mark.parametrize(("contract", "files"), PLANTS, ids=lambda part: part if isinstance(part, str) else min(part))
def test_a_planted_violation_breaks_the_contract_that_forbids_it(
    contract: str, files: dict[str, str], tree: Path
) -> None:
    before = {path: path.read_text() if path.exists() else None for path in (tree / file for file in files)}
    made = {path.parent for path in before if not path.parent.exists()}
    try:
        for (path, text_before), text in zip(before.items(), files.values(), strict=True):
            path.parent.mkdir(exist_ok=True)
            path.parent.joinpath("__init__.py").touch()
            path.write_text(f"{text_before or ''}\n{text}")
        assert broken(tree, contract) == {contracts()[contract]}
    finally:
        for path, text_before in before.items():
            path.unlink() if text_before is None else path.write_text(text_before)
        for folder in made:
            shutil.rmtree(folder)
