"""Hazards: chances in logarithms, so that independent ones add."""

from collections import defaultdict
from math import fsum, log1p

from posture.records import AlertFacts, ApiFacts, FindingFacts, ThreatFacts
from posture.scoring.weights import Weights

OTHER = "other"


def hazard(chance: float) -> float:
    """Return -ln(1 - chance); `chance` is at least 0 and below 1."""
    return -log1p(-chance) if chance else 0.0


def severity_of(finding: FindingFacts, weights: Weights) -> str:
    """Return the severity that counts: by the CVSS bands where a base score is known, else the report's own."""
    if finding.cvss is None:
        return finding.severity
    cvss = max(finding.cvss, 0.0)
    return next(word for word, lowest in weights.cvss if cvss >= lowest)


def finding_hazard(finding: FindingFacts, weights: Weights) -> float:
    """Return h_f: the largest of the known chances, scaled by confidence and by what runtime has seen."""
    chances = [weights.severity[severity_of(finding, weights)]]
    if finding.epss is not None:
        chances.append(min(max(finding.epss, 0.0), weights.epss_cap))
    if finding.kev:
        chances.append(weights.kev)
    confidence = weights.confidence[finding.confidence or weights.unstated_confidence]
    return hazard(max(chances)) * confidence * weights.exploited[finding.exploited]


def threats_of(facts: ApiFacts, weights: Weights) -> dict[str, ThreatFacts]:
    """Return one decayed pair per category: alerts of the moment added to the pairs that are kept."""
    passed: dict[str, list[float]] = defaultdict(list)
    blocked: dict[str, list[float]] = defaultdict(list)
    for threat in facts.threats:
        passed[threat.category].append(threat.passed)
        blocked[threat.category].append(threat.blocked)
    for alert in facts.alerts:
        category = alert.category or OTHER
        weight = decayed_alert(alert, weights)
        passed[category].append(weight * weights.passed[alert.outcome])
        blocked[category].append(weight * weights.blocked[alert.outcome])
    return {
        category: ThreatFacts(category=category, passed=fsum(passed[category]), blocked=fsum(blocked[category]))
        for category in sorted(passed)
    }


def decayed_alert(alert: AlertFacts, weights: Weights) -> float:
    """Return the weight of an alert at its age; one dated in the future counts as of now."""
    return weights.alert[alert.severity] * decay(max(alert.age_days, 0.0), weights)


def decay(days: float, weights: Weights) -> float:
    """Return the share that is left after `days`."""
    return float(2.0 ** (-days / weights.half_life_days))


def threat_hazard(threat: ThreatFacts, weights: Weights) -> float:
    """Return the hazard of one category of attack."""
    return weights.passed_factor * log1p(threat.passed) + weights.blocked_factor * log1p(threat.blocked)


def incident_hazard(incidents: tuple[str, ...], weights: Weights) -> float:
    """Return the hazard of the worst open incident, 0 without one."""
    return max((weights.incident[severity] for severity in incidents), default=0.0)


def exposure(facts: ApiFacts, weights: Weights) -> float:
    """Return E: how far the API can be reached, times how real its environment is."""
    return weights.reach[facts.reach] * weights.environment[facts.environment]


def impact(facts: ApiFacts, weights: Weights) -> float:
    """Return I: how much a use of the API's weaknesses would hurt, from the floor up to 1."""
    sensitivity = weights.sensitivity[facts.sensitivity]
    criticality = weights.criticality[facts.criticality]
    larger, smaller = max(sensitivity, criticality), min(sensitivity, criticality)
    blend = weights.impact_larger * larger + (1.0 - weights.impact_larger) * smaller
    return weights.impact_floor + (1.0 - weights.impact_floor) * blend
