"""What our own checks say of one API: check by check, and place by place."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Case, Count, IntegerField, Q, Value, When

from findings.identity import OWN_CHECKS
from findings.models import CheckResult, Finding
from findings.status import SeverityRank
from inventory.access.pages import Key, Page, page_of, read_number, read_text
from inventory.checks.base import Check, Result, check_for
from inventory.models import Api
from posture.filters import CheckFilter
from posture.selectors.summaries import Mark

MARKS: Final = {
    Result.FAIL: Mark(text="Fails", icon="x", css="bad"),
    Result.UNKNOWN: Mark(text="Unknown", icon="minus", css="warn"),
    Result.PASS: Mark(text="Passes", icon="check", css="good"),
}
ORDER: Final = (
    Key(name="place", read=read_number),
    Key(name="severity", read=read_number, descending=True),
    Key(name="check_name", read=read_text),
    Key(name="pk", read=read_number),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rolled:
    """One check over the whole API: what it says there, and of how many places it says what."""

    slug: str
    title: str
    demand: str
    severity: str
    category: str
    mark: Mark
    failed: int
    unknown: int
    passed: int

    @property
    def places(self) -> int:
        """Of how many places it says anything."""
        return self.failed + self.unknown + self.passed

    @property
    def words(self) -> str:
        """The numbers as a sentence fragment."""
        told = ((self.failed, "fail"), (self.unknown, "unknown"), (self.passed, "pass"))
        return ", ".join(f"{number:,} {word}" for number, word in told if number)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultRow:
    """One result with its evidence; `finding` is the code of what it made, `status` what became of that."""

    title: str
    demand: str
    severity: str
    place: str
    mark: Mark
    evidence: str
    since: datetime
    finding: str
    status: str

    @property
    def fails(self) -> bool:
        """Whether it is a failure."""
        return self.mark is MARKS[Result.FAIL]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """The checks of an API: all of them rolled up, and one page of their results."""

    rolled: tuple[Rolled, ...]
    page: Page[ResultRow]

    @property
    def judged(self) -> int:
        """How many checks have a result."""
        return sum(one.mark is not MARKS[Result.UNKNOWN] for one in self.rolled)


def checks_of(*, api: Api, narrowed: CheckFilter, after: str = "", before: str = "") -> Checks:
    """Return what the checks say of a visible API, failures first; four queries."""
    current = CheckResult.objects.current().filter(api=api)
    counts = {f"{word.value}_": Count("pk", filter=Q(result=word.value)) for word in Result}
    grouped: Iterable[Any] = current.order_by().values("check_name").annotate(**counts)
    rolled = sorted((_rolled(row) for row in grouped), key=lambda one: (-one.failed, -one.unknown, one.title))
    whens = [When(result=word.value, then=place) for place, word in enumerate(MARKS)]
    found = narrowed.apply(current).annotate(
        place=Case(*whens, default=Value(9), output_field=IntegerField())
    )  # fmt: skip
    page = page_of(found.select_related("endpoint"), order=ORDER, after=after, before=before)
    made = _findings(api, page.rows)
    rows = tuple(_row(row, made) for row in page.rows)
    shown = Page(rows=rows, total=page.total, more=page.more, next=page.next, previous=page.previous)
    return Checks(rolled=tuple(rolled), page=shown)


def _title(slug: str, entry: Check | None) -> str:
    return entry.title if entry else slug


def _rolled(row: dict[str, Any]) -> Rolled:
    entry = check_for(row["check_name"])
    failed, unknown, passed = (row[f"{word.value}_"] for word in (Result.FAIL, Result.UNKNOWN, Result.PASS))
    word = Result.FAIL if failed else Result.UNKNOWN if unknown else Result.PASS
    return Rolled(
        slug=row["check_name"],
        title=_title(row["check_name"], entry),
        demand=entry.demand if entry else "",
        severity=entry.severity if entry else "info",
        category=entry.category if entry else "",
        mark=MARKS[word],
        failed=failed,
        unknown=unknown,
        passed=passed,
    )


Made = dict[tuple[str, int | None], tuple[str, str]]


def _findings(api: Api, rows: Iterable[CheckResult]) -> Made:
    names = {row.check_name for row in rows if row.result == Result.FAIL}
    found = Finding.objects.filter(api=api, source_kind=OWN_CHECKS, rule__in=names, present=True)
    return {
        (finding.rule, finding.endpoint_id): (finding.code, str(finding.get_status_display()))
        for finding in found.only("rule", "endpoint", "code", "status")
    }


def _row(row: CheckResult, made: Made) -> ResultRow:
    entry = check_for(row.check_name)
    code, status = made.get((row.check_name, row.endpoint_id), ("", "")) if row.result == Result.FAIL else ("", "")
    return ResultRow(
        title=_title(row.check_name, entry),
        demand=entry.demand if entry else "",
        severity=SeverityRank(row.severity).name.lower(),
        place=str(row.endpoint) if row.endpoint else "",
        mark=MARKS[Result(row.result)],
        evidence=row.evidence,
        since=row.since,
        finding=code,
        status=status,
    )
