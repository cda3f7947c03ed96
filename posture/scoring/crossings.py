"""When decay alone takes a score into another band: alerts lose half their weight each week, nothing else changes."""

from collections.abc import Callable
from dataclasses import replace
from math import fsum

from posture.records import ApiFacts, ThreatFacts
from posture.scoring.hazards import decay, exposure, impact, threat_hazard, threats_of
from posture.scoring.scores import band_of, score_api, value
from posture.scoring.weights import VERSION_1, Weights

SECOND = 1 / 86_400
FARTHEST = 60
"""Half-lives: after so many an alert weighs less than anything that is kept of a score."""


def next_crossing(facts: ApiFacts, weights: Weights = VERSION_1) -> float | None:
    """Return in how many days, to the second above, the score leaves its band for a lower one; None for never."""
    threats = tuple(threats_of(facts, weights).values())
    if not threats:
        return None
    score = score_api(facts, weights)
    rest = score.hazard - fsum(threat_hazard(threat, weights) for threat in threats)
    reached, hurt = exposure(facts, weights), impact(facts, weights)

    def has_left(days: float) -> bool:
        left = fsum(threat_hazard(threat, weights) for threat in decayed(threats, days, weights))
        return band_of(value(rest + left, exposed=reached, impact=hurt), weights) != score.band

    return _first(has_left, farthest=FARTHEST * weights.half_life_days)


def decayed(threats: tuple[ThreatFacts, ...], days: float, weights: Weights) -> tuple[ThreatFacts, ...]:
    """Return what the alerts weigh some days later."""
    left = decay(max(days, 0.0), weights)
    return tuple(replace(threat, passed=threat.passed * left, blocked=threat.blocked * left) for threat in threats)


def _first(holds: Callable[[float], bool], *, farthest: float) -> float | None:
    """Return the first moment, to the second above, at which something holds that stays so once it does."""
    if not holds(farthest):
        return None
    before, after = 0.0, farthest
    while after - before > SECOND:
        middle = (before + after) / 2
        before, after = (before, middle) if holds(middle) else (middle, after)
    return after
