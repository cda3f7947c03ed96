"""When decay alone takes a score into another band."""

from dataclasses import replace

import pytest

from posture.records import ApiFacts, FindingFacts, ThreatFacts
from posture.scoring.crossings import next_crossing
from posture.scoring.scores import score_api

OUTSIDE = ApiFacts(reach="public", environment="production", sensitivity="restricted", criticality="mission")
SECOND = 1 / 86_400


def attacked(passed: float, blocked: float = 0.0, *, severity: str = "") -> ApiFacts:
    findings = (FindingFacts(id="a", group="CWE-1", severity=severity, status="new"),) if severity else ()
    threats = (ThreatFacts(category="API1", passed=passed, blocked=blocked),)
    return replace(OUTSIDE, findings=findings, threats=threats)


def after(facts: ApiFacts, days: float) -> ApiFacts:
    """Return the facts some days later, by the half-life of a week that the risk model states."""
    left = 0.5 ** (days / 7)
    return replace(
        facts, threats=tuple(replace(t, passed=t.passed * left, blocked=t.blocked * left) for t in facts.threats)
    )


def test_a_weight_whose_half_stands_at_the_border_crosses_in_a_week() -> None:
    # 100 (1 - exp(-0.12 ln(1 + n))) is 29.995, the lowest that is kept as 30.00, at this n.
    border = (1 / (1 - 0.29995)) ** (1 / 0.12) - 1
    crossing = next_crossing(attacked(2 * border))
    assert crossing == pytest.approx(7, abs=2 * SECOND)


@pytest.mark.parametrize(("passed", "blocked", "severity"), [(40, 0, ""), (900, 80, "medium"), (3, 70, "low")])
def test_the_band_holds_until_the_crossing_and_no_longer(passed: float, blocked: float, severity: str) -> None:
    facts = attacked(passed, blocked, severity=severity)
    crossing = next_crossing(facts)
    assert crossing is not None
    band = score_api(facts).band
    assert score_api(after(facts, crossing - 2 * SECOND)).band == band
    assert score_api(after(facts, crossing)).band != band


def test_what_findings_alone_hold_in_its_band_never_crosses() -> None:
    assert next_crossing(attacked(1, severity="critical")) is None
    assert next_crossing(OUTSIDE) is None
