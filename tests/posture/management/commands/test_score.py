"""`manage.py score`, as a person calls it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[4]
VECTORS: list[dict[str, Any]] = json.loads((ROOT / "tests/posture/risk-vectors.json").read_bytes())
INPUT = json.dumps([vector["api"] for vector in VECTORS])


def score(*arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    """Run the command without any database to talk to."""
    nowhere = "postgresql://nobody@127.0.0.1:1/none"
    return subprocess.run(
        [sys.executable, "manage.py", "score", *arguments],
        cwd=ROOT,
        input=given,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={
            **os.environ,
            "DATABASE_URL": nowhere,
            "DATABASE_OWNER_URL": nowhere,
            "REDIS_URL": "redis://127.0.0.1:1/0",
        },
    )


def test_the_vectors_come_out_in_order_from_standard_input_and_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "apis.json"
    file.write_text(INPUT)

    by_input, by_file = score(given=INPUT), score(str(file))

    assert (by_input.returncode, by_input.stderr) == (0, "")
    assert by_input.stdout == by_file.stdout
    scores = json.loads(by_input.stdout)
    assert len(scores) == len(VECTORS)
    for told, vector in zip(scores, VECTORS, strict=True):
        assert told["score"] == pytest.approx(vector["score"], abs=1e-6)
        assert told["inherent"] == pytest.approx(vector["inherent"], abs=1e-6)
        assert told["points"] == pytest.approx(vector["points"], abs=1e-6)
        assert told["band"] in {"critical", "high", "medium", "low", "none"}
        gains = [step["gain"] for step in told["plan"]]
        assert told["score"] - sum(gains) == pytest.approx(told["plan"][-1]["score"] if gains else told["score"])


def test_bad_input_ends_with_code_2_and_one_line_that_names_element_and_field(tmp_path: Path) -> None:
    apis = json.loads(INPUT)
    apis[2]["findings"][0]["severity"] = "extreme"

    refused, missing = score(given=json.dumps(apis)), score(str(tmp_path / "none.json"))

    assert (refused.returncode, refused.stdout) == (2, "")
    assert len(refused.stderr.splitlines()) == 1
    assert "Element [2], field findings[0].severity" in refused.stderr
    assert (missing.returncode, len(missing.stderr.splitlines())) == (2, 1)
