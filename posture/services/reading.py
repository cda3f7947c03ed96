"""Read scores back: what one is made of, what to fix first, and the same number computed again."""

from collections import OrderedDict
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import groupby, islice
from math import fsum
from operator import itemgetter
from threading import Lock
from typing import Any

from django.db import connection

from findings.status import OPEN, SeverityRank
from inventory.access.records import Principal
from inventory.models import Api
from posture.choices import PortfolioKind
from posture.models import ApiScore, Portfolio
from posture.records import QUIET, ApiFacts, ClassFix, FindingFacts, Run, Runtime, Score, Step, ThreatFacts
from posture.scoring.hazards import exposure, impact
from posture.scoring.plans import best_class, plan_runs
from posture.scoring.portfolios import cubic_mean
from posture.scoring.scores import ACCEPTED, band_of, score_api, two_decimals
from posture.scoring.weights import Weights
from posture.services.in_force import InForce, model_in_force
from posture.services.parameters import parameters
from posture.services.statements import KINDS, RUNS

STEPS = 10
KEPT = 500
"""Plans of fixes that a process keeps."""
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


_KEPT: OrderedDict[tuple[Hashable, ...], Fixes] = OrderedDict()
_LOCK = Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class PortfolioScore:
    """The score of a portfolio over its `n` APIs; without any there is no score and no band."""

    n: int
    score: Decimal | None
    band: str
    at: datetime


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


def plan_of(*, api: Api, now: datetime, steps: int = STEPS, runtime: Runtime = QUIET) -> tuple[Step, ...]:
    """Return the best first fixes of an API as its findings stand now, each with what it buys after those before it."""
    setting = _setting(api, now, runtime)
    classes = {
        group: [Run(hazard=hazard, count=count, names=names) for _, hazard, count, names in alike]
        for group, alike in groupby(_asked(RUNS, setting, steps=steps), key=itemgetter(0))
    }
    return tuple(islice(plan_runs(classes, **setting.around), steps))


def fixes_of(
    *, api: Api, now: datetime, steps: int = STEPS, runtime: Runtime = QUIET, model: InForce | None = None
) -> Fixes:
    """Return what the first fixes of an API buy and which class is best to fix as a whole, as its findings stand now.

    Of findings that weigh the same only the first has its name; the steps of the others are nameless.
    """
    setting = _setting(api, now, runtime, model)
    classes = {
        group: [_run(hazard, list(alike), steps) for hazard, alike in groupby(kinds, key=itemgetter(1))]
        for group, kinds in groupby(_asked(KINDS, setting), key=itemgetter(0))
    }
    return Fixes(
        steps=tuple(islice(plan_runs(classes, **setting.around), steps)),
        best_class=best_class(classes, **setting.around),
    )


def fixes_at(*, api: Api, point: ApiScore, now: datetime, steps: int = STEPS) -> Fixes:
    """Return the fixes of an API as its findings stood at the newest point of its score.

    Of an API with findings by the hundred thousand they take longer than all else of its page, so that each process
    keeps those that were asked for last.
    """
    facts = (api.reach, api.environment, api.sensitivity, api.criticality)
    model = model_in_force(now=now)
    key = (api.stable_id, point.pk, model.model_id, facts, steps)
    with _LOCK:
        if key in _KEPT:
            _KEPT.move_to_end(key)
            return _KEPT[key]
    fixes = fixes_of(api=api, now=now, steps=steps, model=model)
    with _LOCK:
        _KEPT[key] = fixes
        while len(_KEPT) > KEPT:
            _KEPT.popitem(last=False)
    return fixes


@dataclass(frozen=True, slots=True, kw_only=True)
class _Setting:
    """What the findings of one API are weighed with: for the statements, and for what is made of their rows."""

    given: dict[str, Any]
    around: dict[str, float]


def _setting(api: Api, now: datetime, runtime: Runtime, model: InForce | None = None) -> _Setting:
    weights = (model or model_in_force(now=now)).weights
    given = parameters(api_ids=[api.pk], weights=weights, runtime=runtime)
    facts = ApiFacts(
        reach=api.reach, environment=api.environment, sensitivity=api.sensitivity, criticality=api.criticality
    )
    around = {
        "around": fsum(given["runtime_hazards"]),
        "exposed": exposure(facts, weights),
        "impact": impact(facts, weights),
    }
    return _Setting(given=given, around=around)


def _asked(statement: str, setting: _Setting, **more: int) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {**setting.given, "statuses": [status.value for status in OPEN], **more})
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _run(hazard: float, kinds: Sequence[tuple[Any, ...]], steps: int) -> Run:
    """Return several rows of `KINDS` with one hazard as one run, with as many names as there can be steps."""
    count = sum(number for _, _, number, _ in kinds)
    first = kinds[0][3].partition("\x01")[2]
    return Run(hazard=hazard, count=count, names=[first, *[""] * (min(count, steps) - 1)])


def recompute(point: ApiScore) -> Score:
    """Return the score computed again from the inputs and the version of the model that are stored with it.

    Findings bear numbers instead of codes there.
    """
    return score_api(facts_of(point.inputs), Weights.from_json(point.model.weights))


def facts_of(inputs: dict[str, Any]) -> ApiFacts:
    """Return stored inputs as facts; findings that are alike are stored once, with their number."""
    findings: list[FindingFacts] = []
    for group, severity, cvss, confidence, epss, kev, exploited, accepted, count in _rows(inputs["findings"], ALIKE):
        findings += (
            FindingFacts(
                id=len(findings) + number,
                group=group,
                severity=SeverityRank(severity).name.lower(),
                status=ACCEPTED if accepted else "new",
                confidence=confidence or None,
                exploited=exploited or "none",
                epss=epss,
                kev=kev,
                cvss=cvss,
            )
            for number in range(count)
        )
    runtime = inputs["runtime"]
    return ApiFacts(
        reach=inputs["reach"],
        environment=inputs["environment"],
        sensitivity=inputs["sensitivity"],
        criticality=inputs["criticality"],
        findings=tuple(findings),
        threats=tuple(
            ThreatFacts(category=name.removeprefix("threat:"), **pair)
            for name, pair in runtime.items()
            if name.startswith("threat:")
        ),
        incidents=tuple(runtime.get("incident", {}).get("severities", ())),
    )


def portfolio_of(*, principal: Principal, team_id: int | None = None) -> PortfolioScore | None:
    """Return the score of a team's APIs, or of all of the organisation.

    None when nothing was scored there yet, and when the principal may not see it.
    """
    kind = PortfolioKind.ORGANISATION if team_id is None else PortfolioKind.TEAM
    row = Portfolio.objects.visible_to(principal).filter(kind=kind, key=team_id or 0).first()
    if row is None:
        return None
    mean = cubic_mean(row.cubes, row.n)
    score = None if mean is None else two_decimals(mean)
    return PortfolioScore(n=row.n, score=score, band="" if score is None else band_of(score), at=row.at)


def _rows(stored: dict[str, Any], columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    return zip(*(stored.get(column, ()) for column in columns), strict=True)
