"""How APIs stand against a framework at a second: requirement by requirement, API by API, and as one digest.

A second is what stood when it ended. What is read is what was kept then (`posture.services.comply`), so that a past
second answers as it did; whom it is shown to is a matter of today.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from django.db import connection
from django.db.models import Case, CharField, Count, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce

from inventory.access.pages import Key, Page, page_of, read_number, read_text
from inventory.access.records import Principal
from inventory.access.rights import Verb
from inventory.models import Api, ApiTeam
from inventory.selectors.apis import apis_for
from posture.choices import ComplianceState
from posture.filters import ComplianceFilter
from posture.models import Compliance
from posture.records import FRAMEWORK, REQUIREMENTS, Requirement
from posture.selectors.summaries import Mark

SECOND: Final = timedelta(seconds=1)
STATES: Final = tuple(ComplianceState)
MARKS: Final = {
    ComplianceState.NOT_MET: Mark(text="Not met", icon="x", css="bad"),
    ComplianceState.ACCEPTED: Mark(text="Risk accepted", icon="minus", css="warn"),
    ComplianceState.PARTLY: Mark(text="Partly tested", icon="minus", css="warn"),
    ComplianceState.NOT_TESTED: Mark(text="Not tested"),
    ComplianceState.MET: Mark(text="Met", icon="check", css="good"),
}
ROWS: Final = (
    Key(name="place", read=read_number),
    Key(name="open", read=read_number, descending=True),
    Key(name="name_key", read=read_text),
    Key(name="pk", read=read_number),
)
DIGEST: Final = """
SELECT encode(sha256(convert_to(coalesce(string_agg(
    concat_ws(chr(31), stable_id, requirement, state, open, accepted, judged, unknown, failing),
    chr(30) ORDER BY stable_id, requirement COLLATE "C"), ''), 'UTF8')), 'hex') FROM ({rows}) AS held
"""
"""Worked out where the rows are: told of 10,000 APIs they are as long as a book."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """How many APIs are in which state by one requirement, or by all of them together."""

    numbers: Mapping[Any, int]

    @property
    def total(self) -> int:
        """The denominator: every API in scope, also those nothing tested."""
        return sum(self.numbers.values())

    @property
    def met(self) -> int:
        """The numerator."""
        return self.numbers[ComplianceState.MET]

    @property
    def state(self) -> ComplianceState | None:
        """The worst state there is: what the requirement as a whole is in; None without any API."""
        return next((state for state in STATES if self.numbers[state]), None)

    @property
    def mark(self) -> Mark:
        """The same as a tag."""
        return MARKS[self.state] if self.state else Mark(text="No data")

    @property
    def parts(self) -> tuple[tuple[str, float, float], ...]:
        """The numbers as parts of a bar: shade, where it begins and how wide it is, in percent."""
        shades = (
            ("ok", "met"),
            ("medium", "accepted"),
            ("low", "partly"),
            ("info", "not_tested"),
            ("critical", "not_met"),
        )
        parts, begins = [], 0.0
        for shade, state in shades:
            width = 100 * self.numbers[state] / self.total if self.total else 0
            if width:
                parts.append((shade, round(begins, 2), round(width, 2)))
            begins += width
        return tuple(parts)

    @property
    def words(self) -> str:
        """The numbers as a sentence fragment."""
        told = (f"{self.numbers[state]:,} {state.label.lower()}" for state in reversed(STATES) if self.numbers[state])
        return ", ".join(told) or "no data"


@dataclass(frozen=True, slots=True, kw_only=True)
class RequirementRow:
    """One requirement over all APIs in scope."""

    requirement: Requirement
    counted: Counted
    open: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Failing:
    """One finding that stands in the way, as it was called then."""

    code: str
    title: str
    severity: str
    place: str
    accepted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultRow:
    """One API by one requirement. `failing` holds the worst findings, `more` counts the others."""

    requirement: Requirement
    code: str
    name: str
    team: str
    state: ComplianceState
    mark: Mark
    open: int
    accepted: int
    judged: int
    unknown: int
    failing: tuple[Failing, ...]

    @property
    def more(self) -> int:
        """How many findings are not named."""
        return self.open + self.accepted - len(self.failing)

    @property
    def evidence(self) -> str:
        """What was looked at, in words."""
        return (
            f"{self.judged} of {self.judged + self.unknown} checks have a result"
            if self.judged + self.unknown
            else ("no check of ours applies")
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How the APIs in scope stood at a second."""

    at: datetime
    apis: int
    rows: tuple[RequirementRow, ...]
    counted: Counted
    digest: str


def stood(principal: Principal, at: datetime, *, verb: Verb = Verb.SEE) -> QuerySet[Compliance]:
    """Return what stood at the end of a second, of the APIs the principal may see, or do more with."""
    end = at.replace(microsecond=0) + SECOND
    held = Compliance.objects.filter(Q(until=None) | Q(until__gte=end), framework=FRAMEWORK, since__lt=end)
    if verb == Verb.SEE:
        return held.visible_to(principal)
    return held.filter(api__in=apis_for(principal, verb).values("pk"))


def standing(*, principal: Principal, at: datetime, api: Api | None = None, verb: Verb = Verb.SEE) -> Standing:
    """Return how the APIs in scope, or one of them, stood at a second; two queries."""
    held = stood(principal, at, verb=verb)
    if api is not None:
        held = held.filter(api=api)
    numbers: dict[str, dict[str, int]] = {entry.short: dict.fromkeys(STATES, 0) for entry in REQUIREMENTS}
    opened = dict.fromkeys(numbers, 0)
    for name, state, count, number in (
        held.order_by().values_list("requirement", "state").annotate(n=Count("pk"), open_=Sum("open"))
    ):
        if name in numbers:
            numbers[name][state] = count
            opened[name] += number
    rows = tuple(
        RequirementRow(requirement=entry, counted=Counted(numbers=numbers[entry.short]), open=opened[entry.short])
        for entry in REQUIREMENTS
    )
    total = {state: sum(row.counted.numbers[state] for row in rows) for state in STATES}
    return Standing(
        at=at.replace(microsecond=0), apis=max(row.counted.total for row in rows), rows=rows,
        counted=Counted(numbers=total), digest=digest_of(held),
    )  # fmt: skip


def digest_of(held: QuerySet[Compliance]) -> str:
    """Return SHA-256 over what some rows tell, in an order of its own: equal exactly when they tell the same."""
    rows = held.order_by().annotate(stable_id=F("api__stable_id"))
    told = rows.values("stable_id", "requirement", "state", "open", "accepted", "judged", "unknown", "failing")
    sql, given = told.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(DIGEST.replace("{rows}", sql), given)
        digest: str = cursor.fetchone()[0]
    return digest


def _with_keys(held: QuerySet[Compliance]) -> QuerySet[Any, Any]:
    """Add what rows are ordered by: the state's place and the API's name."""
    whens = [When(state=state, then=place) for place, state in enumerate(STATES)]
    place = Case(*whens, default=Value(9), output_field=IntegerField())
    ordered: QuerySet[Any, Any] = held.annotate(place=place, name_key=F("api__slug"))
    return ordered


def _as_of(held: QuerySet[Compliance], *, at: datetime) -> Any:
    """Add what rows show and are ordered by, among it the team that held the API then."""
    end = at.replace(microsecond=0) + SECOND
    teams = ApiTeam.objects.filter(Q(until=None) | Q(until__gte=end), api=OuterRef("api"), since__lt=end)
    return (
        _with_keys(held)
        .select_related("api")
        .annotate(
            team_then=Coalesce(
                Subquery(teams.order_by("-since").values("team__slug")[:1]), Value(""), output_field=CharField()
            ),
        )
    )


def result_page(
    *, principal: Principal, at: datetime, narrowed: ComplianceFilter, after: str = "", before: str = ""
) -> Page[ResultRow]:
    """Return one page of APIs by requirement, those not met first; two queries."""
    found = _with_keys(narrowed.apply(stood(principal, at)))
    page = page_of(found, order=ROWS, after=after, before=before, whole=partial(_as_of, at=at))
    rows = tuple(_row(row) for row in page.rows)
    return Page(rows=rows, total=page.total, more=page.more, next=page.next, previous=page.previous)


def every_result(*, principal: Principal, at: datetime) -> Iterator[ResultRow]:
    """Yield all results of a second that the principal may export, by requirement, then by code."""
    order = Case(
        *(When(requirement=entry.short, then=place) for place, entry in enumerate(REQUIREMENTS)),
        default=Value(99), output_field=IntegerField(),
    )  # fmt: skip
    held = _as_of(stood(principal, at, verb=Verb.EXPORT), at=at).annotate(order=order)
    for row in held.order_by("order", "place", "name_key", "api__code").iterator(chunk_size=1000):
        yield _row(row)


_BY_NAME: Final = {entry.short: entry for entry in REQUIREMENTS}
_WORDS: Final = ("info", "low", "medium", "high", "critical")


def _row(row: Any) -> ResultRow:
    state = ComplianceState(row.state)
    return ResultRow(
        requirement=_BY_NAME[row.requirement], code=row.api.code, name=row.api.name, team=row.team_then, state=state,
        mark=MARKS[state], open=row.open, accepted=row.accepted, judged=row.judged, unknown=row.unknown,
        failing=tuple(
            Failing(code=code, title=title, severity=_WORDS[rank], place=place, accepted=accepted)
            for code, title, rank, place, accepted in row.failing
        ),
    )  # fmt: skip
