"""What `score` takes and refuses."""

import json
from pathlib import Path
from typing import Any, get_args

import pytest

from posture.scoring import documents
from posture.scoring.documents import InputError, read_apis, write_score
from posture.scoring.weights import VERSION_1


def api(**changes: Any) -> dict[str, Any]:
    """Return one API as JSON; `finding` and `alert` change the first of each."""
    finding = {
        "id": 1,
        "severity": "high",
        "confidence": "firm",
        "exploited": "none",
        "kev": False,
        "epss": None,
        "class": "CWE-89",
        "status": "new",
    }
    alert = {"severity": "low", "outcome": "blocked", "age_days": 1.5, "category": None}
    return {
        "reach": "public",
        "environment": "production",
        "sensitivity": "internal",
        "criticality": "medium",
        "findings": [finding | changes.pop("finding", {})],
        "alerts": [alert | changes.pop("alert", {})],
        "incidents": ["SEV3"],
    } | changes


def refusal(document: Any) -> str:
    text = document if isinstance(document, bytes) else json.dumps(document).encode()
    with pytest.raises(InputError) as refused:
        read_apis(text)
    return str(refused.value)


def test_length_and_order_are_kept() -> None:
    apis = read_apis(json.dumps([api(reach=reach) for reach in ("internal", "public", "partner")]).encode())

    assert [facts.reach for facts in apis] == ["internal", "public", "partner"]
    assert read_apis(b"[]") == []


def test_what_may_be_unstated_takes_the_model_s_default() -> None:
    unstated = {"id": 1, "severity": "high", "class": "CWE-89", "status": "new"}

    [short] = read_apis(json.dumps([api(findings=[unstated])]).encode())
    [long] = read_apis(json.dumps([api()]).encode())

    assert write_score(short) == write_score(long)


def test_a_cvss_base_score_sets_the_severity() -> None:
    by_score, by_word = read_apis(
        json.dumps([api(finding={"severity": "info", "cvss": 9.8}), api(finding={"severity": "critical"})]).encode()
    )

    assert write_score(by_score) == write_score(by_word)


@pytest.mark.parametrize(
    ("element", "field"),
    [
        (api(reach="moon"), "reach"),
        (api(environment=None), "environment"),
        (api(sensitivity=3), "sensitivity"),
        (api(findings={}), "findings"),
        (api(finding={"severity": "extreme"}), "findings[0].severity"),
        (api(finding={"epss": 1.01}), "findings[0].epss"),
        (api(finding={"kev": "no"}), "findings[0].kev"),
        (api(finding={"id": True}), "findings[0].id"),
        (api(finding={"class": ""}), "findings[0].class"),
        (api(finding={"status": "open"}), "findings[0].status"),
        (api(finding={"confidance": "firm"}), "findings[0].confidance"),
        (api(alert={"age_days": -0.1}), "alerts[0].age_days"),
        (api(alert={"category": "API11"}), "alerts[0].category"),
        (api(incidents=["SEV1", "SEV0"]), "incidents[1]"),
        (api(findings=api()["findings"] * 2), "findings[1].id"),
        ({name: value for name, value in api().items() if name != "alerts"}, "alerts"),
        (api(findings=[{"id": 1, "class": "x", "status": "new"}]), "findings[0].severity"),
    ],
)
def test_bad_input_is_refused_with_element_and_field(element: dict[str, Any], field: str) -> None:
    reason = refusal([api(), element])

    assert reason.startswith(f"Element [1], field {field}: ")
    assert "\n" not in reason


@pytest.mark.parametrize("element", [None, 3, "api", []])
def test_an_element_that_is_no_object_is_refused_by_its_number(element: Any) -> None:
    assert refusal([api(), api(), element]).startswith("Element [2]: ")


@pytest.mark.parametrize(
    "text", [b"", b"{}", b"null", b"\xff", b"[" * 100_000, b"[NaN]", b"[{]", b'["\\ud800"]', b"[1e999]", b"[\n\n,]"]
)
def test_what_is_no_list_of_apis_is_refused_in_one_line(text: bytes) -> None:
    assert "\n" not in refusal(text)


def test_the_words_of_the_input_are_those_of_the_weights() -> None:
    assert set(get_args(documents.Severity)) == set(VERSION_1.severity) == set(VERSION_1.alert)
    for field, words in (("reach", VERSION_1.reach), ("environment", VERSION_1.environment)):
        for word in words:
            read_apis(json.dumps([api(**{field: word})]).encode())
    for field, words in (("confidence", VERSION_1.confidence), ("exploited", VERSION_1.exploited)):
        for word in words:
            read_apis(json.dumps([api(finding={field: word})]).encode())


def test_the_vectors_are_input_as_they_stand() -> None:
    vectors = json.loads((Path(__file__).parent / "risk-vectors.json").read_bytes())

    assert len(read_apis(json.dumps([vector["api"] for vector in vectors]).encode())) == 40
