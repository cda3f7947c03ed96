"""How many rows each choice of a filter would leave, with everything else that is asked for as it is."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import (
    Aggregate,
    Count,
    F,
    FilteredRelation,
    Q,
    QuerySet,
    Sum,
    Value,
)
from django.db.models.functions import Coalesce

from findings.models import Finding, Tally
from findings.status import OPEN, SeverityRank
from inventory.access.pages import COUNTED
from inventory.access.records import Principal
from inventory.choices import Stage
from inventory.models import Api
from posture.filters import ANY_STATUS, NO_TEAM, PLAIN, UNSCORED, ApiFilter, FindingsFilter

Counts = dict[str, dict[str, int]]
CUBE: Final = ("severity", "status", "source", "team")
RELAXED: Final = ("severity", "source", "team")
"""The fields whose other choices are counted even where one is asked for."""
FACETS: Final = (*PLAIN, "stage", "team", "band")
LOOK: Final = "SELECT {names}, retired, count(*) FROM ({rows}) AS rows GROUP BY GROUPING SETS ({sets})"


def api_counts(*, visible: QuerySet[Api], narrowed: ApiFilter, but: Collection[str] = ()) -> tuple[Counts, int]:
    """Count some APIs for each choice of each field of the filter, and how many are listed; one query.

    All fields are counted in one look at the rows; one that is asked for has a look of its own, as its other choices
    are of other rows. `but` are the fields that `visible` is narrowed to already.
    """
    counts = {name: dict.fromkeys(narrowed.choices_of(name), 0) for name in FACETS}
    asked = [name for name in FACETS if narrowed.value(name)]
    free = [name for name in FACETS if name not in asked]
    looks = [(free, ["(retired)"], [*but, *({"stage"} - {*asked})]), *(([name], [], [*but, name]) for name in asked)]
    parts: list[str] = []
    given: list[Any] = []
    for names, sets, relaxed in looks:
        try:
            rows, values = _facets_of(narrowed.apply(visible, but=relaxed)).query.sql_with_params()
        except EmptyResultSet:
            return counts, 0
        told = ", ".join(f"{name}_facet" if name in names else "NULL::text" for name in FACETS)
        sets += [f"({name}_facet, retired)" for name in names]
        parts.append(LOOK.format(names=told, rows=rows, sets=", ".join(sets)))
        given += values
    total = 0
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), given)
        for *choices, retired, number in cursor.fetchall():
            counted = [(name, choice) for name, choice in zip(FACETS, choices, strict=True) if choice is not None]
            if retired and "stage" in free and counted != [("stage", Stage.RETIRED)]:
                continue
            for name, choice in counted:
                counts[name][choice] = number
            total += 0 if counted else number
    return counts, total


def _facets_of(apis: QuerySet[Api]) -> QuerySet[Any, Any]:
    """Return of each API what it is counted by, none of it null."""
    holding = FilteredRelation("team_rows", condition=Q(team_rows__until=None))
    facets: dict[str, Any] = {f"{name}_facet": F(name) for name in (*PLAIN, "stage")}
    facets["team_facet"] = Coalesce(F("holding__team__slug"), Value(NO_TEAM))
    facets["band_facet"] = Coalesce(F("current_score__band"), Value(UNSCORED))
    told: QuerySet[Any, Any] = apis.order_by().annotate(holding=holding, **facets, retired=Q(stage=Stage.RETIRED))
    return told.values(*facets, "retired")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """Findings in sight for each choice of severity, status, source and team, and how many are listed in `total`.

    With `more` there are too many to count; then nothing is known.
    """

    counts: Counts = field(default_factory=dict)
    total: int = 0
    more: bool = False


def cells_of(*, principal: Principal, narrowed: FindingsFilter, among: Collection[int] | None = None) -> Cells:
    """Count the findings in sight for each choice of severity, status, source and team; one query.

    They are counted once for every combination of the four; what a choice leaves is added up from that. Statuses are
    counted where the list is not narrowed to one of them. The database keeps the sums; where more is asked for than
    they tell the rows are counted, those with certain words up to a number, as no index helps there; `among` are the
    ids of all that can match, where they are known.
    """
    tallies = narrowed.tallied(Tally.objects.visible_to(principal))
    if tallies is not None:
        return _told(_cube(tallies, Sum("n")), narrowed)
    found = narrowed.apply(Finding.objects.visible_to(principal), but=RELAXED).order_by()
    if among is not None:
        found = found.filter(pk__in=among)
    elif narrowed.value("q"):
        found = Finding.objects.filter(pk__in=found.values("pk")[: COUNTED + 1])
    cube = _cube(found, Count("pk"))
    if narrowed.value("q") and cube.total() > COUNTED:
        return Cells(more=True)
    return _told(cube, narrowed)


def _cube(rows: QuerySet[Any, Any], number: Aggregate) -> Counter[tuple[str, str, str, str]]:
    """Return how many findings there are of each severity, status, source and team; one query."""
    holding = FilteredRelation("api__team_rows", condition=Q(api__team_rows__until=None))
    cells = (
        rows.order_by()
        .annotate(holding=holding)
        .values_list("severity", "status", "source_kind", "holding__team__slug")
        .annotate(number=number)
    )
    cube: Counter[tuple[str, str, str, str]] = Counter()
    for severity, status, source, team, counted in cells:
        cube[SeverityRank(severity).name.lower(), status, source, team or NO_TEAM] += counted
    return cube


def _told(cube: Mapping[tuple[str, str, str, str], int], narrowed: FindingsFilter) -> Cells:
    status = narrowed.value("status")
    asked = {name: narrowed.value(name) for name in CUBE} | {"status": ""}
    counts = {name: dict.fromkeys(narrowed.choices_of(name), 0) for name in RELAXED}
    if not status:
        counts["status"] = {word.value: 0 for word in OPEN}
    elif status == ANY_STATUS:
        counts["status"] = dict.fromkeys(narrowed.choices_of("status"), 0)
        del counts["status"][ANY_STATUS]
    added = _added(cube, asked)
    listed = sum(
        number
        for cell, number in cube.items()
        if all(not asked[name] or asked[name] == word for name, word in zip(CUBE, cell, strict=True))
    )
    told = {name: {word: added[name][word] for word in numbers} for name, numbers in counts.items()}
    return Cells(counts=told, total=listed)


def _added(cube: Mapping[tuple[str, str, str, str], int], asked: Mapping[str, str]) -> Mapping[str, Counter[str]]:
    """Return for each field what each of its values leaves when all other fields are as asked."""
    added: dict[str, Counter[str]] = defaultdict(Counter)
    for cell, number in cube.items():
        missed = [name for name, word in zip(CUBE, cell, strict=True) if asked[name] and asked[name] != word]
        for name, word in zip(CUBE, cell, strict=True):
            if not missed or missed == [name]:
                added[name][word] += number
    return added
