"""Why a score is what it is, as people read it: reasons with points, what they are weighed with, what fixing buys."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Protocol

from findings.models import Finding
from inventory.access.records import Principal
from inventory.choices import Criticality, Environment, Reach, Sensitivity
from inventory.models import Api
from inventory.templatetags.ui import whole
from posture.models import ApiScore
from posture.records import Step
from posture.selectors.api_findings import FindingRow, row_of
from posture.selectors.summaries import SEVERITIES

NAMED: Final = 8
TOLD: Final = 0.05
"""Points; what fixing takes off less than that rounds to nothing and is not said."""
"""How many reasons stand by themselves; the others are added up."""

NUMBER_WORDS: Final = ("", "the top one", "the top two", "the top three")
WEIGHED: Final = {"reach": Reach, "environment": Environment, "sensitivity": Sensitivity, "criticality": Criticality}
UNKNOWN: Final = "unknown"


class Factor(Protocol):
    """One line of what a stored score is made of (`posture.services.reading.StoredFactor`)."""

    @property
    def kind(self) -> str: ...  # noqa: D102 -- as there
    @property
    def key(self) -> str: ...  # noqa: D102 -- as there
    @property
    def group(self) -> str: ...  # noqa: D102 -- as there
    @property
    def points(self) -> float: ...  # noqa: D102 -- as there
    @property
    def if_fixed(self) -> float | None: ...  # noqa: D102 -- as there
    @property
    def count(self) -> int: ...  # noqa: D102 -- as there


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One reason for a score: in words, where, which finding, how many points, and what is won by removing it alone."""

    title: str
    points: float
    place: str = ""
    code: str = ""
    shade: str = "info"
    if_fixed: str = ""

    @property
    def spoken(self) -> str:
        """The bar in words."""
        return f"{self.points:.1f} points"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """One setting of the API and what it weighs in the version of the model that was used."""

    label: str
    text: str
    is_unknown: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """The explanation of one stored score. The points of `reasons` add up to it."""

    shown: str
    reasons: tuple[Reason, ...]
    weights: tuple[Weight, ...]
    plan: str
    inherent: str
    model: int
    findings: tuple[FindingRow, ...]

    @property
    def largest(self) -> float:
        """The points a whole bar stands for."""
        return max((reason.points for reason in self.reasons), default=0.0)


def why(*, principal: Principal, api: Api, factors: Sequence[Factor], plan: Sequence[Step]) -> Why | None:
    """Explain the score of an API that `visible_api` gave; None while it has none. One query.

    `factors` are those of its change point, largest first, `plan` the first steps of what to fix.
    """
    current = getattr(api, "current_score", None)
    if current is None or current.point is None:
        return None
    point: ApiScore = current.point
    codes = [factor.key for factor in factors[:NAMED] if factor.kind == "finding"]
    known = Finding.objects.visible_to(principal).filter(api=api, code__in=codes).select_related("endpoint")
    rows = {finding.code: row_of(finding) for finding in known}
    return Why(
        shown=whole(point.score),
        reasons=tuple(_reasons(factors, rows)),
        weights=tuple(_weights(point.inputs, point.model.weights)),
        plan=_plan(plan),
        inherent=_inherent(point),
        model=point.model.version,
        findings=tuple(rows[code] for code in codes if code in rows),
    )


def _reasons(factors: Sequence[Factor], rows: Mapping[str, FindingRow]) -> Iterator[Reason]:
    for factor in factors[:NAMED]:
        yield _reason(factor, rows.get(factor.key) if factor.kind == "finding" else None)
    rest = factors[NAMED:]
    if rest:
        number = sum(factor.count for factor in rest)
        yield Reason(title=_more(number), points=sum(factor.points for factor in rest))


def _more(number: int) -> str:
    return f"{number:,} more findings" if number > 1 else "One more finding"


def _reason(factor: Factor, row: FindingRow | None) -> Reason:
    fixed = "" if not factor.if_fixed or factor.if_fixed < TOLD else f"fixed alone −{factor.if_fixed:.1f}"
    if row is not None:
        shade = row.severity if row.severity in SEVERITIES else "info"
        return Reason(
            title=row.title, place=row.place, code=row.code, points=factor.points, shade=shade, if_fixed=fixed
        )
    titles = {
        "finding": f"A finding that has left this API since: {factor.key}",
        "threat": f"Attacks seen in the last weeks: {factor.key}",
        "incident": "An incident is open",
        "class": f"{_more(factor.count)} of {factor.key}",
        "rest": f"{_more(factor.count)} of other classes",
    }
    return Reason(title=titles.get(factor.kind, factor.key), points=factor.points, if_fixed=fixed)


def _weights(inputs: Mapping[str, Any], weights: Mapping[str, Any]) -> Iterator[Weight]:
    for name, words in WEIGHED.items():
        value = inputs[name]
        label = "Data" if name == "sensitivity" else name.capitalize()
        counted = f"counted as {weights[name][value]:g}"
        if value == UNKNOWN:
            yield Weight(label=label, text=f"{label} is unknown: {counted}", is_unknown=True)
        else:
            yield Weight(label=label, text=f"{words(value).label}, {counted}", is_unknown=False)


def _plan(plan: Sequence[Step]) -> str:
    steps = plan[: len(NUMBER_WORDS) - 1][:2]
    return f"Fixing {NUMBER_WORDS[len(steps)]} brings it to {whole(steps[-1].score)}" if steps else ""


def _inherent(point: ApiScore) -> str:
    if point.inherent == point.score:
        return "None: the inherent score is the same"
    difference: Decimal = point.inherent - point.score
    off = f"{difference:.1f}" if difference >= Decimal("0.1") else "less than 0.1"
    return f"Inherent score {whole(point.inherent)}: what was accepted takes {off} off"
