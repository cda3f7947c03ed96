"""The forty worked examples of the risk model, written by a reference that is not this code."""

import json
from pathlib import Path
from typing import Any

import pytest

from posture.scoring.documents import read_apis
from posture.scoring.scores import band_of, score_api

VECTORS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "risk-vectors.json").read_bytes())
EXACTLY = 1e-6


def test_there_are_forty() -> None:
    assert len(VECTORS) == 40


@pytest.mark.parametrize("vector", VECTORS, ids=[f"vector {number}" for number in range(len(VECTORS))])
def test_a_vector_comes_out_as_written(vector: dict[str, Any]) -> None:
    [facts] = read_apis(json.dumps([vector["api"]]).encode())

    scored = score_api(facts)

    assert scored.score == pytest.approx(vector["score"], abs=EXACTLY)
    assert scored.inherent == pytest.approx(vector["inherent"], abs=EXACTLY)
    assert {factor.name: factor.points for factor in scored.factors} == pytest.approx(vector["points"], abs=EXACTLY)


@pytest.mark.parametrize(
    ("score", "band"),
    [
        (100.0, "critical"),
        (60.0, "critical"),
        (59.995, "critical"),
        (59.9949, "high"),
        (30.0, "high"),
        (29.99, "medium"),
        (10.0, "medium"),
        (9.994, "low"),
        (0.005, "low"),
        (0.0049, "none"),
        (0.0, "none"),
    ],
)
def test_a_band_is_taken_on_the_two_decimal_value(score: float, band: str) -> None:
    assert band_of(score) == band


@pytest.mark.parametrize(
    ("severity", "band"),
    [("critical", "critical"), ("high", "high"), ("medium", "medium"), ("low", "low"), ("info", "none")],
)
def test_one_confirmed_finding_on_the_worst_placed_api_lands_in_the_band_of_its_severity(
    severity: str, band: str
) -> None:
    api = {
        "reach": "public",
        "environment": "production",
        "sensitivity": "restricted",
        "criticality": "mission",
        "findings": [{"id": 1, "class": "CWE-639", "severity": severity, "status": "new", "confidence": "confirmed"}],
        "alerts": [],
        "incidents": [],
    }

    [facts] = read_apis(json.dumps([api]).encode())

    assert score_api(facts).band == band
