"""How many rows each choice of a filter would leave, with everything else that is asked for as it is."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.db.models import CharField, Count, F, FilteredRelation, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Coalesce

from findings.models import Finding
from findings.status import OPEN, SeverityRank
from inventory.access.pages import COUNTED
from inventory.access.records import Principal
from inventory.models import Api, ApiTeam
from posture.filters import ANY_STATUS, NO_TEAM, PLAIN, UNSCORED, ApiFilter, FindingsFilter

Counts = dict[str, dict[str, int]]
CUBE: Final = ("severity", "status", "source", "team")
RELAXED: Final = ("severity", "source", "team")
"""The fields whose other choices are counted even where one is asked for."""


def api_counts(*, principal: Principal, narrowed: ApiFilter) -> Counts:
    """Count the APIs in sight for each choice of each field of the filter; one query."""
    held = ApiTeam.objects.filter(api=OuterRef("pk"), until=None).values("team__slug")[:1]
    columns: dict[str, Any] = {name: F(name) for name in (*PLAIN, "stage")}
    columns["team"] = Coalesce(Subquery(held), Value(NO_TEAM))
    columns["band"] = Coalesce(F("current_score__band"), Value(UNSCORED))
    visible = Api.objects.visible_to(principal)
    parts = [_counted(narrowed.apply(visible, but=name), name, column) for name, column in columns.items()]
    counts = {name: dict.fromkeys(narrowed.choices_of(name), 0) for name in columns}
    for name, choice, number in parts[0].union(*parts[1:], all=True).values_list("facet", "choice", "n"):
        counts[name][choice] = number
    return counts


def _counted(rows: QuerySet[Any, Any], name: str, column: Any) -> QuerySet[Any, Any]:
    facet, choice = Cast(Value(name), CharField()), Cast(column, CharField())
    told: Any = rows.order_by().annotate(facet=facet, choice=choice).values("facet", "choice")
    counted: QuerySet[Any, Any] = told.annotate(n=Count("pk"))
    return counted


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

    The rows are counted once for every combination of the four; what a choice leaves is added up from that. Statuses
    are counted where the list is not narrowed to one of them. Rows with certain words are counted up to a number, as no
    index helps there; `among` are the ids of all that can match, where they are known.
    """
    found = narrowed.apply(Finding.objects.visible_to(principal), but=RELAXED).order_by()
    if among is not None:
        found = found.filter(pk__in=among)
    elif narrowed.value("q"):
        found = Finding.objects.filter(pk__in=found.values("pk")[: COUNTED + 1])
    holding = FilteredRelation("api__team_rows", condition=Q(api__team_rows__until=None))
    cells = (
        found.order_by()
        .annotate(holding=holding)
        .values_list("severity", "status", "source_kind", "holding__team__slug")
        .annotate(n=Count("pk"))
    )
    cube: Counter[tuple[str, str, str, str]] = Counter()
    for severity, status, source, team, number in cells:
        cube[SeverityRank(severity).name.lower(), status, source, team or NO_TEAM] += number
    if narrowed.value("q") and cube.total() > COUNTED:
        return Cells(more=True)
    return _told(cube, narrowed)


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
