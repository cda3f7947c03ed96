"""What the scoring statement is given: the weights and what runtime says, as arrays."""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any

from findings.status import OPEN, SeverityRank, Status
from posture.records import ApiFacts, Runtime
from posture.scoring.hazards import incident_hazard, threat_hazard, threats_of
from posture.scoring.weights import Weights

SINGLES = 50
CLASSES = 20
"""How many factors a stored score names one by one; the others are added up by class, the last of those together."""


def parameters(*, api_ids: Sequence[int], weights: Weights, runtime: Runtime) -> dict[str, Any]:
    """Return the parameters of `statements.SCORE` but for the clock, the cause and the model's id."""
    around = list(_around(api_ids, weights, runtime))
    return {
        "ids": list(api_ids),
        "statuses": [status.value for status in (*OPEN, Status.ACCEPTED)],
        "harmonic": list(accumulate(1 / n for n in range(1, 33))),
        "singles": SINGLES,
        "classes": CLASSES,
        "severity": [weights.severity[rank.name.lower()] for rank in SeverityRank],
        "cvss": sorted(lowest for word, lowest in weights.cvss if weights.severity[word]),
        "epss_cap": weights.epss_cap,
        "kev": weights.kev,
        "unstated": weights.confidence[weights.unstated_confidence],
        "impact_floor": weights.impact_floor,
        "impact_larger": weights.impact_larger,
        "band_words": [word for word, _ in weights.bands],
        "bands": [lowest for _, lowest in weights.bands],
        **_table("confidence", weights.confidence),
        **_table("reach", weights.reach),
        **_table("environment", weights.environment),
        **_table("sensitivity", weights.sensitivity),
        **_table("criticality", weights.criticality),
        "any_exploited": bool(runtime.exploited),
        "exploited_ids": json.dumps(dict(runtime.exploited)),
        **_table("exploited", weights.exploited),
        "runtime_apis": [api_id for api_id, _, _, _ in around],
        "runtime_names": [name for _, name, _, _ in around],
        "runtime_hazards": [hazard for _, _, hazard, _ in around],
        "runtime_inputs": [json.dumps(given) for _, _, _, given in around],
    }


def _table(name: str, weights: Mapping[str, float]) -> dict[str, Any]:
    return {f"{name}_words": list(weights), name: list(weights.values())}


def _around(
    api_ids: Sequence[int], weights: Weights, runtime: Runtime
) -> Iterator[tuple[int, str, float, dict[str, Any]]]:
    """Yield API, factor, hazard and what it was computed from, for each threat and incident."""
    for api_id in api_ids:
        kept = ApiFacts(
            reach="", environment="", sensitivity="", criticality="", threats=runtime.threats.get(api_id, ())
        )
        for category, threat in threats_of(kept, weights).items():
            given = {"passed": threat.passed, "blocked": threat.blocked}
            yield api_id, f"threat:{category}", threat_hazard(threat, weights), given
        if incidents := runtime.incidents.get(api_id, ()):
            yield api_id, "incident", incident_hazard(incidents, weights), {"severities": list(incidents)}
