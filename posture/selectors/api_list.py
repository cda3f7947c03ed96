"""The list of APIs: who may see which, in what order, and what stands in each row."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Final

from django.db.models import DecimalField, F, IntegerField, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce, Lower

from findings.models import Tally
from findings.status import SeverityRank
from inventory.access.models import Team
from inventory.access.pages import Key, Page, batches, in_order, page_of, read_decimal, read_number, read_text
from inventory.access.records import Principal
from inventory.access.rights import Verb
from inventory.choices import Reach
from inventory.models import Api
from inventory.selectors.apis import apis_for
from posture.filters import ApiFilter
from posture.selectors.columns import APIS
from posture.selectors.facets import Counts, api_counts
from posture.selectors.summaries import (
    CoverageWords,
    Mark,
    authentication_of,
    coverage_words,
    marks_of,
    open_counts,
    sensitivity_of,
    with_team,
)
from posture.selectors.weekly import NO_WEEKS, WEEKS, Weeks, weeks_of

NAME = Key(name="name_key", read=read_text)
ID = Key(name="pk", read=read_number)
SORTS: Final[Mapping[str, tuple[Key, ...]]] = {
    "-risk": (Key(name="score_key", read=read_decimal, descending=True), NAME, ID),
    "risk": (Key(name="score_key", read=read_decimal), NAME, ID),
    "name": (NAME, ID),
    "-name": (Key(name="name_key", read=read_text, descending=True), ID),
    "-open": (Key(name="open_key", read=read_number, descending=True), NAME, ID),
    "open": (Key(name="open_key", read=read_number), NAME, ID),
    "team": (Key(name="team_key", read=read_text), NAME, ID),
    "-team": (Key(name="team_key", read=read_text, descending=True), NAME, ID),
}
DEFAULT_SORT: Final = "-risk"
ALL: Final = frozenset(APIS)
FEW: Final = 500
"""APIs with certain words that are named to the database, which need then not look for them again for each count."""
SORT_WORDS: Final = {"risk": "risk", "name": "name", "open": "open findings", "team": "team"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """One column: what sorting by it asks for, and how it is sorted now."""

    label: str
    css: str = ""
    sort: str = ""
    order: str = ""
    icon: str = "selector"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiRow:
    """What the list shows of one API; `score` is None while it is not scored."""

    code: str
    name: str
    version: str
    score: Decimal | None
    band: str
    marks: tuple[Mark, ...]
    reach: str
    sensitivity: Mark
    authentication: Mark
    counts: Mapping[str, int]
    team: str
    owner: str
    last_seen: datetime
    coverage_words: CoverageWords
    computed_at: datetime | None
    weeks: Weeks

    @property
    def reach_word(self) -> str:
        """The reach in words."""
        return str(Reach(self.reach).label)

    @property
    def sensitivity_word(self) -> str:
        """The class of data under a heading that says so."""
        return self.sensitivity.text.removeprefix("Data ").capitalize()


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiList:
    """One page of the list, how it is sorted, what was asked for, and how many APIs each choice would leave."""

    page: Page[ApiRow]
    sort: str
    asked: str
    is_first_run: bool
    heads: tuple[Head, ...]
    columns: frozenset[str]
    choices: Counts

    @property
    def is_default_sort(self) -> bool:
        """Whether the order need not be said in an address."""
        return self.sort == DEFAULT_SORT

    @property
    def counted(self) -> str:
        """How many there are and in which order."""
        noun = "API" if self.page.total == 1 and not self.page.more else "APIs"
        way = ", highest first" if self.sort in {"-risk", "-open"} else ""
        return f"{self.page.counted} {noun}, sorted by {SORT_WORDS[self.sort.lstrip('-')]}{way}"


def teams_in_sight(principal: Principal) -> list[Team]:
    """Return the teams whose APIs the principal may see, by name."""
    teams = Team.objects.all() if principal.sees_all else Team.objects.filter(pk__in=principal.team_ids)
    return list(teams.order_by("name"))


def apis_in_sight(
    *,
    principal: Principal,
    narrowed: ApiFilter,
    sort: str = DEFAULT_SORT,
    columns: frozenset[str] = ALL,
    after: str = "",
    before: str = "",
) -> ApiList:
    """Return one page of the APIs the principal may see; five queries, one more for words and when it is empty."""
    sort = sort if sort in SORTS else DEFAULT_SORT
    visible = Api.objects.visible_to(principal)
    found, words = visible, tuple[str, ...]()
    if narrowed.value("q"):
        few = list(narrowed.with_text(visible).values_list("pk", flat=True)[: FEW + 1])
        if len(few) <= FEW:
            found, words = visible.filter(pk__in=few), ("q",)
    page = page_of(
        _with_keys(narrowed.apply(found, but=words), sort), order=SORTS[sort], after=after, before=before,
        counts=False, whole=partial(_with_parts, sort=sort),
    )  # fmt: skip
    choices, total = api_counts(visible=found, narrowed=narrowed, but=words)
    counts, said = open_counts(page.rows), authentication_of(page.rows)
    asked = page.rows if "weeks" in columns else ()
    weeks = weeks_of(asked, now=narrowed.now) if narrowed.now else {}
    rows = tuple(_row(api, counts[api.pk], said[api.pk].mark, weeks.get(api.pk, NO_WEEKS)) for api in page.rows)
    shown = Page(rows=rows, total=total, more=False, next=page.next, previous=page.previous)
    return ApiList(
        page=shown,
        sort=sort,
        asked=narrowed.asked,
        is_first_run=not rows and not visible.exists(),
        heads=_heads(sort, columns),
        columns=columns,
        choices=choices,
    )


def every_api(*, principal: Principal, narrowed: ApiFilter, sort: str = DEFAULT_SORT) -> Iterator[ApiRow]:
    """Yield the whole list in its order, of what the principal may export; two queries more for every 500 rows.

    The rows come through one cursor of the database, so that memory does not grow with them.
    """
    sort = sort if sort in SORTS else DEFAULT_SORT
    found = _with_parts(narrowed.apply(apis_for(principal, Verb.EXPORT)), sort=sort)
    for batch in batches(in_order(found, SORTS[sort])):
        counts, said = open_counts(batch), authentication_of(batch)
        yield from (_row(api, counts[api.pk], said[api.pk].mark) for api in batch)


def _with_parts(apis: QuerySet[Api], *, sort: str) -> QuerySet[Api]:
    """Add what the rows show and the columns the list is ordered by."""
    return with_team(_with_keys(apis, sort)).select_related("owner", "current_score", "check_coverage")


def _with_keys(apis: QuerySet[Api], sort: str) -> QuerySet[Api]:
    """Add the columns the list is ordered by, none of them null."""
    apis = apis.annotate(
        name_key=Lower("name"),
        score_key=Coalesce(F("current_score__score"), Value(Decimal(-1)), output_field=DecimalField()),
    )
    if sort.endswith("team"):
        apis = with_team(apis).annotate(team_key=Lower("team_name"))
    if sort.endswith("open"):
        each = Tally.objects.open().filter(api=OuterRef("pk"), severity__gt=SeverityRank.INFO)
        number = each.values("api").annotate(number=Sum("n")).values("number")
        apis = apis.annotate(open_key=Coalesce(Subquery(number), Value(0), output_field=IntegerField()))
    return apis


def _row(api: Api, counts: Mapping[str, int], authentication: Mark, weeks: Weeks = NO_WEEKS) -> ApiRow:
    score = getattr(api, "current_score", None)
    return ApiRow(
        code=api.code,
        name=api.name,
        version=api.version,
        score=score.score if score else None,
        band=score.band if score else "",
        marks=marks_of(api),
        reach=api.reach,
        sensitivity=sensitivity_of(api),
        authentication=authentication,
        counts=counts,
        team=api.team_name,  # type: ignore[attr-defined] # annotated by _with_keys
        owner=str(api.owner) if api.owner else "",
        last_seen=api.last_seen,
        coverage_words=coverage_words(api),
        computed_at=score.computed_at if score else None,
        weeks=weeks,
    )


def _heads(sort: str, columns: frozenset[str]) -> tuple[Head, ...]:
    heads = {
        "coverage": Head(label="Coverage", css="p3"),
        "reach": Head(label="Reach", css="p3"),
        "data": Head(label="Data", css="p4"),
        "authentication": Head(label="Authentication", css="p5"),
        "open": _sorted_head("Open findings", "open", sort, css="p2", first="-open"),
        "team": _sorted_head("Team", "team", sort, css="p3"),
        "weeks": Head(label=f"{WEEKS} weeks", css="p4"),
        "seen": Head(label="Seen", css="p5"),
    }
    return (
        _sorted_head("Risk", "risk", sort, css="fit", first="-risk"),
        _sorted_head("API", "name", sort),
        *(head for name, head in heads.items() if name in columns),
    )


def _sorted_head(label: str, name: str, sort: str, *, css: str = "", first: str = "") -> Head:
    """Return a column that sorts: its first press asks for `first`, a press on the sorted one turns it round."""
    if sort.lstrip("-") != name:
        return Head(label=label, css=css, sort=first or name)
    down = sort.startswith("-")
    return Head(
        label=label,
        css=css,
        sort=name if down else f"-{name}",
        order="descending" if down else "ascending",
        icon="chevron-down" if down else "chevron-up",
    )
