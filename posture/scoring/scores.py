"""The score of one API: facts in, a number between 0 and 100 out, with a name on every point of it."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from math import expm1, fsum

from posture.records import ApiFacts, Factor, FindingFacts, Score
from posture.scoring.hazards import (
    exposure,
    finding_hazard,
    impact,
    incident_hazard,
    threat_hazard,
    threats_of,
)
from posture.scoring.weights import VERSION_1, Weights

OPEN = frozenset({"new", "triaged", "in_progress", "reopened"})
ACCEPTED = "accepted"
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """What one factor adds to H (`share`) and by how much H falls without it (`loss`)."""

    name: str
    group: str
    share: float
    loss: float


def score_api(facts: ApiFacts, weights: Weights = VERSION_1) -> Score:
    """Return the score of an API with everything it is made of.

    Raises KeyError on a word that the weights do not know.
    """
    reached, hurt = exposure(facts, weights), impact(facts, weights)
    around = around_of(facts, weights)
    counted = [*_findings(facts, weights, OPEN), *around]
    total = fsum(each.share for each in counted)
    inherent = fsum(each.share for each in (*_findings(facts, weights, OPEN | {ACCEPTED}), *around))
    score = value(total, exposed=reached, impact=hurt)
    factors = [
        Factor(
            name=each.name,
            group=each.group,
            hazard=each.share,
            points=each.share / total * score if total else 0.0,
            if_fixed=score - value(total - each.loss, exposed=reached, impact=hurt),
        )
        for each in counted
    ]
    return Score(
        score=score,
        inherent=value(inherent, exposed=reached, impact=hurt),
        band=band_of(score, weights),
        hazard=total,
        inherent_hazard=inherent,
        exposure=reached,
        impact=hurt,
        factors=tuple(sorted(factors, key=lambda factor: (-factor.hazard, factor.name))),
    )


def value(hazard: float, *, exposed: float, impact: float) -> float:
    """Return the score of a total hazard."""
    return -100.0 * impact * expm1(-exposed * max(hazard, 0.0)) + 0.0


def two_decimals(score: float) -> Decimal:
    """Return a score as it is kept: two decimals, halves up, of its first 15 digits as PostgreSQL rounds them."""
    return Decimal(f"{score:.15g}").quantize(CENT, rounding=ROUND_HALF_UP)


def band_of(score: float | Decimal, weights: Weights = VERSION_1) -> str:
    """Return the band of a score, taken on its two-decimal value."""
    kept = score if isinstance(score, Decimal) else two_decimals(score)
    if kept <= 0:
        return "none"
    return next((word for word, lowest in weights.bands if kept >= Decimal(str(lowest))), "low")


def without(facts: ApiFacts, names: Collection[str]) -> ApiFacts:
    """Return the facts as if the named factors did not exist: any set of findings, threats and the incident."""
    return replace(
        facts,
        findings=tuple(each for each in facts.findings if f"finding:{each.id}" not in names),
        alerts=tuple(each for each in facts.alerts if f"threat:{each.category or 'other'}" not in names),
        threats=tuple(each for each in facts.threats if f"threat:{each.category}" not in names),
        incidents=() if "incident" in names else facts.incidents,
    )


def if_fixed(facts: ApiFacts, names: Collection[str], weights: Weights = VERSION_1) -> float:
    """Return by how much the score falls when the named factors go together."""
    return score_api(facts, weights).score - score_api(without(facts, names), weights).score


def classes_of(
    findings: Iterable[FindingFacts], weights: Weights, statuses: Collection[str]
) -> dict[str, list[tuple[float, FindingFacts]]]:
    """Return the findings of each class with their hazards, largest first, ties by id (numbers before words)."""
    classes: dict[str, list[tuple[float, FindingFacts]]] = defaultdict(list)
    for finding in findings:
        if finding.status in statuses:
            classes[finding.group].append((finding_hazard(finding, weights), finding))
    for members in classes.values():
        members.sort(key=lambda member: (-member[0], isinstance(member[1].id, str), member[1].id))
    return classes


def _findings(facts: ApiFacts, weights: Weights, statuses: Collection[str]) -> list[Contribution]:
    """Return what the findings of the given statuses contribute, class by class.

    Without the k-th of a class each later one moves up a place, so H loses h_k/k less what they gain by that.
    """
    contributions = []
    for group, members in classes_of(facts.findings, weights, statuses).items():
        gained = 0.0
        for place in range(len(members), 0, -1):
            hazard, finding = members[place - 1]
            share = hazard / place
            contributions.append(
                Contribution(name=f"finding:{finding.id}", group=group, share=share, loss=share - gained)
            )
            gained += hazard / (place * (place - 1)) if place > 1 else 0.0
    return contributions


def around_of(facts: ApiFacts, weights: Weights) -> list[Contribution]:
    """Return what alerts and incidents contribute: they add to H as they are."""
    hazards = {
        f"threat:{category}": threat_hazard(threat, weights) for category, threat in threats_of(facts, weights).items()
    }
    if facts.incidents:
        hazards["incident"] = incident_hazard(facts.incidents, weights)
    return [Contribution(name=name, group="", share=each, loss=each) for name, each in hazards.items()]
