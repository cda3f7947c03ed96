"""Why a score is what it is, as people read it: reasons with points, what they are weighed with, what fixing buys."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import fsum
from typing import Any, Final, Protocol

from findings.models import Finding
from incidents.choices import CATEGORY_NAMES
from inventory.access.records import Principal
from inventory.choices import Criticality, Environment, Reach, Sensitivity
from inventory.models import Api
from inventory.templatetags.ui import whole
from posture.models import ApiScore
from posture.records import ClassFix, Step
from posture.selectors.api_findings import FindingRow, row_of
from posture.selectors.summaries import SEVERITIES

NAMED: Final = 8
"""How many reasons stand by themselves; where there are more, findings of one class are added up."""
TOLD: Final = 0.05
"""Points; what fixing takes off less than that rounds to nothing and is not said."""

NUMBER_WORDS: Final = ("", "the top one", "the top two")
VAIN: Final = ("", "No single fix moves it", "No two fixes move it")
WEIGHED: Final = {"reach": Reach, "environment": Environment, "sensitivity": Sensitivity, "criticality": Criticality}
UNKNOWN: Final = "unknown"
OF_CLASS: Final = ("finding", "class")
PASSING: Final = ("threat", "incident")
"""What nobody fixes: it passes, or is closed."""


class Fixes(Protocol):
    """What fixing buys (`posture.services.reading.Fixes`)."""

    @property
    def steps(self) -> Sequence[Step]: ...  # noqa: D102 -- as there
    @property
    def best_class(self) -> ClassFix | None: ...  # noqa: D102 -- as there


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
    """One reason for a score: in words, where, which finding, how many points, and what is won by removing it alone.

    Of several findings of one class together `count` is their number, `weakness_class` the class and `code` the worst.
    `passing` is "threat" or "incident" for what no finding is.
    """

    title: str
    points: float
    place: str = ""
    code: str = ""
    shade: str = "info"
    if_fixed: str = ""
    weakness_class: str = ""
    count: int = 1
    passing: str = ""

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


def why(*, principal: Principal, api: Api, factors: Sequence[Factor], fixes: Fixes | None) -> Why | None:
    """Explain the score of an API that `visible_api` gave; None while it has none. One query.

    `factors` are those of its change point, largest first, `fixes` what fixing its findings buys.
    """
    current = getattr(api, "current_score", None)
    if current is None or current.point is None:
        return None
    point: ApiScore = current.point
    groups = _groups(factors)
    largest = [factor.key for factor in factors[:NAMED] if factor.kind == "finding"]
    worst = [group[0].key for group in groups if group[0].kind == "finding"]
    known = Finding.objects.visible_to(principal).filter(api=api, code__in={*largest, *worst})
    rows = {finding.code: row_of(finding) for finding in known.select_related("endpoint", "due")}
    return Why(
        shown=whole(point.score),
        reasons=tuple(_reasons(groups, rows)),
        weights=tuple(_weights(point.inputs, point.model.weights)),
        plan=_plan(fixes, whole(point.score), _called(groups, rows)) if fixes else "",
        inherent=_inherent(point),
        model=point.model.version,
        findings=tuple(rows[code] for code in largest if code in rows),
    )


def _groups(factors: Sequence[Factor]) -> list[list[Factor]]:
    """Return the factors that stand together, most points first: by class where there are many, else each alone."""
    if len(factors) <= NAMED:
        return [[factor] for factor in factors]
    groups: dict[tuple[str, str], list[Factor]] = {}
    for factor in factors:
        of_class = factor.kind in OF_CLASS and factor.group
        groups.setdefault(("class", factor.group) if of_class else (factor.kind, factor.key), []).append(factor)
    return sorted(groups.values(), key=lambda group: (group[0].kind == "rest", -_points(group)))


def _points(group: Sequence[Factor]) -> float:
    return fsum(factor.points for factor in group)


def _reasons(groups: Sequence[Sequence[Factor]], rows: Mapping[str, FindingRow]) -> Iterator[Reason]:
    for group in groups[:NAMED]:
        first = group[0]
        row = rows.get(first.key) if first.kind == "finding" else None
        yield _reason(first, row) if len(group) == 1 else _together(group, row)
    rest = groups[NAMED:]
    if rest:
        number = sum(factor.count for group in rest for factor in group)
        yield Reason(title=_more(number), points=fsum(map(_points, rest)))


def _together(group: Sequence[Factor], row: FindingRow | None) -> Reason:
    """Return the reason that several findings of a class are; it is called as the worst of them."""
    name = group[0].group
    return Reason(
        title=_class_title(name, row),
        points=_points(group),
        code=row.code if row else "",
        shade=_shade(row) if row else "info",
        weakness_class=name,
        count=sum(factor.count for factor in group),
    )


def _class_title(name: str, row: FindingRow | None) -> str:
    return f"{row.title} ({name})" if row and row.title != name else name


def _called(groups: Sequence[Sequence[Factor]], rows: Mapping[str, FindingRow]) -> dict[str, str]:
    """Return what the reasons call each class, which without its worst finding is only a code."""
    called: dict[str, str] = {}
    for first in (group[0] for group in groups):
        if first.key in rows:
            called.setdefault(first.group, _class_title(first.group, rows[first.key]))
    return called


def _shade(row: FindingRow) -> str:
    return row.severity if row.severity in SEVERITIES else "info"


def _more(number: int) -> str:
    return f"{number:,} more findings" if number > 1 else "One more finding"


def _reason(factor: Factor, row: FindingRow | None) -> Reason:
    alone = "without it" if factor.kind in PASSING else "fixed alone"
    fixed = "" if not factor.if_fixed or factor.if_fixed < TOLD else f"{alone} −{factor.if_fixed:.1f}"
    if row is not None:
        return Reason(
            title=row.title,
            place=row.place,
            code=row.code,
            points=factor.points,
            shade=_shade(row),
            if_fixed=fixed,
        )
    titles = {
        "finding": f"A finding that has left this API since: {factor.key}",
        "threat": f"Attacks seen in the last weeks: {CATEGORY_NAMES.get(factor.key, factor.key)}",
        "incident": "An incident is open",
        "class": f"{_more(factor.count)} of {factor.key}",
        "rest": f"{_more(factor.count)} of other classes",
    }
    return Reason(
        title=titles.get(factor.kind, factor.key),
        points=factor.points,
        if_fixed=fixed,
        weakness_class=factor.group if factor.kind == "class" else "",
        count=factor.count,
        passing=factor.kind if factor.kind in PASSING else "",
    )


def _weights(inputs: Mapping[str, Any], weights: Mapping[str, Any]) -> Iterator[Weight]:
    for name, words in WEIGHED.items():
        value = inputs[name]
        label = "Data" if name == "sensitivity" else name.capitalize()
        counted = f"counted as {weights[name][value]:g}"
        if value == UNKNOWN:
            yield Weight(label=label, text=f"{label} is unknown: {counted}", is_unknown=True)
        else:
            yield Weight(label=label, text=f"{words(value).label}, {counted}", is_unknown=False)


def _plan(fixes: Fixes, shown: str, called: Mapping[str, str]) -> str:
    """Return what the best fixes bring the score to; where one sees no difference, what the best class does."""
    steps = fixes.steps[: len(NUMBER_WORDS) - 1]
    if not steps:
        return ""
    after = whole(steps[-1].score)
    if after != shown:
        return f"Fixing {NUMBER_WORDS[len(steps)]} brings it to {after}"
    vain, best = f"{VAIN[len(steps)]}: {shown} stays {shown}", fixes.best_class
    if best is None or best.count <= len(steps):
        return vain
    every = f"ixing all {best.count:,} of {called.get(best.group, best.group)}"
    return f"{vain}. " + (
        f"F{every} brings it to {whole(best.score)}" if whole(best.score) != shown else f"Not even f{every} does"
    )


def _inherent(point: ApiScore) -> str:
    if point.inherent == point.score:
        return "None: the inherent score is the same"
    difference: Decimal = point.inherent - point.score
    off = f"{difference:.1f}" if difference >= Decimal("0.1") else "less than 0.1"
    return f"Inherent score {whole(point.inherent)}: what was accepted takes {off} off"
