"""`manage.py read` and `manage.py inventory` as a stranger starts them: without a database."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from tests.inventory.connectors.reading import HAZARDS, ROOT

FINDINGS = ROOT / "tests/findings/connectors"
SARIF = FINDINGS / "sarif/samples"
OPENAPI = ROOT / "tests/inventory/connectors/openapi/samples"


def manage(*arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    """Run a command without any database or Redis to talk to."""
    nowhere = "postgresql://nobody@127.0.0.1:1/none"
    services = {"DATABASE_URL": nowhere, "DATABASE_OWNER_URL": nowhere, "REDIS_URL": "redis://127.0.0.1:1/0"}
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=os.environ | services, capture_output=True, text=True, timeout=120, check=False
    )


def lines(run: "subprocess.CompletedProcess[str]") -> list[dict[str, Any]]:
    assert run.stderr == ""
    assert run.returncode == 0
    return [json.loads(line) for line in run.stdout.splitlines()]


def test_read_prints_a_line_for_each_finding_with_instances_that_add_up() -> None:
    rows = lines(manage("read", SARIF / "bandit.sarif"))
    assert [len(rows), sum(row["instances"] for row in rows)] == [8, 9]
    assert {row["kind"] for row in rows} == {"finding"}
    assert len({row["fingerprint"] for row in rows}) == 8


FORMATS = {
    "bandit/samples/shop.json": (8, 8),
    "generic/samples/findings.csv": (2, 2),
    "gitlab/samples/dast-15.json": (2, 2),
    "nuclei/samples/shop.jsonl": (5, 5),
    "schemathesis/samples/run.json": (11, 11),
    "schemathesis/samples/run.junit.xml": (11, 11),
    "semgrep/samples/shop.json": (4, 5),
    "spectral/samples/shop.json": (13, 13),
    "zap/samples/shop.json": (3, 4),
    "zap/samples/shop.xml": (3, 4),
}


def test_read_prints_every_format_of_findings(capsys: pytest.CaptureFixture[str]) -> None:
    for sample, counted in FORMATS.items():
        call_command("read", FINDINGS / sample)
        printed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert (len(printed), sum(row["instances"] for row in printed)) == counted, sample
        assert len({row["fingerprint"] for row in printed}) == len(printed)


def test_read_takes_a_format_by_name_for_a_file_without_a_telling_name(tmp_path: Path) -> None:
    unnamed = tmp_path / "upload"
    unnamed.write_bytes((SARIF / "dast.sarif").read_bytes())
    assert sum(row["instances"] for row in lines(manage("read", unnamed, "--format", "sarif"))) == 9


def test_inventory_prints_each_api_of_several_files_with_its_endpoints() -> None:
    rows = lines(manage("inventory", OPENAPI / "shop-2.0.json", OPENAPI / "shop-3.1.json"))
    assert [(row["type"], row.get("api") or row["name"]) for row in rows] == [
        ("api", "Shop orders"),
        *[("endpoint", "Shop orders")] * 4,
        ("api", "Shop\ufffd accounts\ufffd"),
        *[("endpoint", "Shop\ufffd accounts\ufffd")] * 4,
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("read", HAZARDS / "empty_file.json"), "empty_file.json: The file is empty."),
        (("read", SARIF / "bandit.sarif", "--format", "csv"), "There is no format “csv”."),
        (("read", HAZARDS / "yaml_python_tag.yaml"), "yaml_python_tag.yaml: line 2"),
        (("inventory", OPENAPI / "shop-2.0.json", SARIF / "dast.sarif"), "dast.sarif: This is SARIF 2.1.0"),
    ],
    ids=["empty", "format", "hazard", "kind"],
)
def test_bad_input_prints_one_line_of_error_and_ends_with_two(arguments: tuple[str | Path, ...], words: str) -> None:
    run = manage(*arguments)
    assert (run.returncode, run.stdout) == (2, "")
    assert words in run.stderr
    assert run.stderr.count("\n") == 1
