"""Read scores back: what one is made of, what to fix first, and the same number computed again."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice, repeat
from math import fsum
from typing import Any

from django.db import connection

from findings.status import OPEN, SeverityRank
from inventory.models import Api
from posture.models import ApiScore
from posture.records import ApiFacts, ClassFix, FindingFacts, Run, Step, ThreatFacts
from posture.scoring.hazards import exposure, finding_hazard, impact
from posture.scoring.plans import best_class, plan_runs
from posture.scoring.scores import ACCEPTED, around_of
from posture.scoring.weights import Weights
from posture.services.parameters import parameters
from posture.services.runtime import runtime_of
from posture.services.statements import FIRST

STEPS = 10
NAMED = ("names", "classes", "points", "fixed")
ALIKE = ("classes", "severity", "cvss", "confidence", "epss", "kev", "exploited", "accepted", "n")
"""The columns of stored factors and of stored findings, which hold one line each and are as long as one another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFactor:
    """One line of what a stored score is made of, largest first.

    `kind` is `finding` (`key` its code), `threat` (`key` its category), `incident`, `class` (`key` a class: `count`
    smaller findings of it together) or `rest` (`count` smaller findings of all other classes). `if_fixed` is None for
    the last two.
    """

    kind: str
    key: str
    group: str
    points: float
    if_fixed: float | None
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixes:
    """What fixing buys: one finding after another, and the one class of them that buys most."""

    steps: tuple[Step, ...]
    best_class: ClassFix | None


def factors_of(point: ApiScore) -> tuple[StoredFactor, ...]:
    """Return what a stored score is made of; the points add up to it within rounding."""
    named = []
    for name, group, points, if_fixed in _rows(point.factors, NAMED):
        kind, _, key = name.partition(":")
        named.append(StoredFactor(kind=kind, key=key, group=group, points=points, if_fixed=if_fixed, count=1))
    for group, count, points in point.factors["rest"]:
        kind = "class" if group else "rest"
        named.append(StoredFactor(kind=kind, key=group, group=group, points=points, if_fixed=None, count=count))
    return tuple(named)


def fixes_of(point: ApiScore, *, steps: int = STEPS) -> Fixes:
    """Return what the first fixes of an API buy and which class is best to fix as a whole, at one point of its score.

    Made of what the score was made of, so that the steps begin where it stands; no query. A step has a name where the
    stored factors have it.
    """
    facts = facts_of(point.inputs, findings=False)
    weights = Weights.from_json(point.model.weights)
    classes = _classes(point, weights, steps)
    around = {
        "around": fsum(each.share for each in around_of(facts, weights)),
        "exposed": exposure(facts, weights),
        "impact": impact(facts, weights),
    }
    return Fixes(steps=tuple(islice(plan_runs(classes, **around), steps)), best_class=best_class(classes, **around))


def _classes(point: ApiScore, weights: Weights, steps: int) -> dict[str, list[Run]]:
    """Return the open findings of a point as runs by class, largest first, with as many names as steps can need."""
    counted: dict[str, Counter[float]] = defaultdict(Counter)
    for finding, many in _kinds(point.inputs):
        if finding.status != ACCEPTED:
            counted[finding.group][finding_hazard(finding, weights)] += many
    names: dict[str, list[str]] = defaultdict(list)
    for name, group, *_ in _rows(point.factors, NAMED):
        if name.startswith("finding:"):
            names[group].append(name)
    classes = {}
    for group in sorted(counted):
        left = iter((*names[group], *[""] * steps))
        classes[group] = [
            Run(hazard=hazard, count=many, names=list(islice(left, min(many, steps))))
            for hazard, many in sorted(counted[group].items(), reverse=True)
        ]
    return classes


def plan_of(*, api: Api, point: ApiScore, now: datetime, steps: int = STEPS) -> tuple[Step, ...]:
    """Return the best first fixes of an API, each with what it buys after those before it, from the point of its score.

    A finding too small to be named with the score has the name it bears in its class now.
    """
    planned = fixes_of(point, steps=steps).steps
    unnamed = sorted({step.group for step in planned if not step.name})
    if not unnamed:
        return planned
    weights = Weights.from_json(point.model.weights)
    given = parameters(api_ids=[api.pk], weights=weights, runtime=runtime_of(api_ids=[api.pk], now=now))
    given |= {"statuses": [status.value for status in OPEN], "classes": unnamed, "steps": steps}
    with connection.cursor() as cursor:
        cursor.execute(FIRST, given)
        names = {group: iter(found) for group, found in cursor.fetchall()}
    none: Iterator[str] = iter(())
    followed = [next(names.get(step.group, none), "") for step in planned]
    return tuple(replace(step, name=step.name or name) for step, name in zip(planned, followed, strict=True))


def facts_of(inputs: dict[str, Any], *, findings: bool = True) -> ApiFacts:
    """Return stored inputs as facts, each finding by itself; without `findings`, all but those.

    With the version of the model that is stored with them they give the stored score again. Findings bear numbers
    instead of codes.
    """
    runtime = inputs["runtime"]
    alike = (each for finding, many in _kinds(inputs) for each in repeat(finding, many)) if findings else ()
    return ApiFacts(
        reach=inputs["reach"],
        environment=inputs["environment"],
        sensitivity=inputs["sensitivity"],
        criticality=inputs["criticality"],
        findings=tuple(replace(finding, id=number) for number, finding in enumerate(alike)),
        threats=tuple(
            ThreatFacts(category=name.removeprefix("threat:"), **pair)
            for name, pair in runtime.items()
            if name.startswith("threat:")
        ),
        incidents=tuple(runtime.get("incident", {}).get("severities", ())),
    )


def _kinds(inputs: dict[str, Any]) -> Iterator[tuple[FindingFacts, int]]:
    """Yield each kind of finding that a score was made of, and how many were alike."""
    for group, severity, cvss, confidence, epss, kev, exploited, accepted, many in _rows(inputs["findings"], ALIKE):
        finding = FindingFacts(
            id=0,
            group=group,
            severity=SeverityRank(severity).name.lower(),
            status=ACCEPTED if accepted else "new",
            confidence=confidence or None,
            exploited=exploited or "none",
            epss=epss,
            kev=kev,
            cvss=cvss,
        )
        yield finding, many


def _rows(stored: dict[str, Any], columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    return zip(*(stored.get(column, ()) for column in columns), strict=True)
