"""How we stand, on one page: six numbers with the lists behind them, what is worst, what got worse, what helps most."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import CharField, Count, F, Func, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Coalesce, JSONObject, Substr

from findings.models import Finding
from findings.status import SeverityRank, Status
from incidents.choices import State
from incidents.models import Episode
from incidents.selectors.alert_list import span
from incidents.selectors.incident_list import live_in_sight, most_pressing
from inventory.access.models import User
from inventory.access.pages import COUNTED
from inventory.access.records import Principal
from inventory.choices import Stage
from inventory.models import Api
from posture.choices import Band, PortfolioKind
from posture.filters import LACKS, having
from posture.models import ApiScore, CurrentScore, Fix, Portfolio
from posture.scoring.portfolios import cubic_mean
from posture.scoring.scores import band_of, two_decimals
from posture.selectors.prepared import NOW, PEOPLE, Prepared

WEEK: Final = timedelta(days=7)
TOP: Final = 8
FINDING: Final = "finding:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """One number and the list that it counts; `shade` colours it where it is not 0."""

    label: str
    value: int
    url: str
    unit: str = ""
    shade: str = ""

    @property
    def shown(self) -> str:
        """The number as its list says it."""
        return f"more than {COUNTED:,}" if self.value > COUNTED else f"{self.value:,}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Risky:
    """One of the APIs with the highest scores; `rise` since a week ago, None where it had none then."""

    code: str
    name: str
    score: Decimal
    band: str
    rise: Decimal | None
    driver: str
    driver_code: str
    owner: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How many of all APIs in sight have something that is looked for."""

    label: str
    n: int
    of: int
    url: str

    @property
    def percent(self) -> int:
        """The share, rounded down: all is all."""
        return self.n * 100 // self.of if self.of else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How many APIs there are, retired ones too in `any`; of the others how many are scored, and the shares."""

    any: int
    apis: int
    scored: int
    shares: tuple[Share, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Best:
    """The one change that helps most: all findings of a class on an API, and what the score falls by."""

    api: str
    api_code: str
    weakness_class: str
    count: int
    gain: float
    score: Decimal
    owner: str

    @property
    def after(self) -> Decimal:
        """The score that is left."""
        return max(self.score - Decimal(str(self.gain)), Decimal(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """The open incident that presses most, and how many more are open; `left` until its next notice is due."""

    code: str
    title: str
    others: int
    left: str
    is_over: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """The score of all `n` APIs in sight in one: of the organisation, or of one's teams."""

    n: int
    score: Decimal
    band: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The six numbers; the incident that presses most, None while none is open; the score of all, None without any."""

    numbers: tuple[Number, ...]
    live: Live | None
    together: Together | None


def figures_of(*, principal: Principal, late: int, now: datetime) -> Figures:
    """Return the six numbers, the open incident and the score of all; one query that counts no further than lists do.

    `late` is how many findings are past their deadline (`movements.late_by_team` has counted them).
    """
    found = _counting(principal).rows(now)
    names = (*COUNTS, "pressing", *SUMS)
    told = dict(zip(names, found[0] if found else (0,) * len(COUNTS) + (None,) * (len(SUMS) + 1), strict=True))
    return Figures(numbers=_numbers(told, late), live=_live(told, now), together=_together(told))


def _together(told: Mapping[str, Any]) -> Together | None:
    mean = cubic_mean(int(told["cubes"] or 0), int(told["n"] or 0))
    if mean is None:
        return None
    score = two_decimals(mean)
    return Together(n=int(told["n"]), score=score, band=band_of(score))


def _live(told: Mapping[str, Any], now: datetime) -> Live | None:
    if not told["pressing"]:
        return None
    incident = json.loads(told["pressing"])
    left = (datetime.fromisoformat(incident["due"]) - now).total_seconds() if incident["due"] else None
    return Live(
        code=incident["code"], title=incident["title"], others=told["live"] - 1,
        left="" if left is None else span(abs(left)), is_over=left is not None and left < 0,
    )  # fmt: skip


def _numbers(told: Mapping[str, int], late: int) -> tuple[Number, ...]:
    return (
        Number(label="At critical risk", value=told["risky"], unit="API", url="/apis/?band=critical", shade="critical"),
        Number(label="Critical findings", value=told["critical"], url="/findings/?severity=critical", shade="critical"),
        Number(label="Past their deadline", value=late, url="/queue/?step=all&due=overdue", shade="high"),
        Number(label="To decide", value=told["decide"], url="/queue/?view=all"),
        Number(label="New alerts", value=told["alerts"], url="/alerts/?state=new"),
        Number(label="Without an owner", value=told["unowned"], unit="API", url="/apis/?lacks=owner"),
    )


COUNTS: Final = ("risky", "critical", "decide", "alerts", "unowned", "live")
SUMS: Final = ("n", "cubes")


@lru_cache(maxsize=PEOPLE)
def _counting(principal: Principal) -> Prepared:
    """Return the query for `COUNTS`, the incident that presses most, and `SUMS` of portfolios."""
    apis = Api.objects.visible_to(principal).exclude(stage=Stage.RETIRED)
    findings = Finding.objects.visible_to(principal).open()
    alerts = Episode.objects.visible_to(principal).live().filter(state=State.NEW.value)
    counted = {
        "risky": apis.filter(current_score__band=Band.CRITICAL),
        "critical": findings.filter(severity=SeverityRank.CRITICAL),
        "decide": findings.filter(status__in=(Status.NEW, Status.REOPENED)),
        "alerts": alerts,
        "unowned": apis.filter(~having("owner", NOW)),
        "live": live_in_sight(principal),
    }
    pressing = most_pressing(live_in_sight(principal)).values_list(JSONObject(code="code", title="title", due="due"))
    # One row to hang them on: a person's own.
    row = User.objects.filter(pk=principal.user_id or 0)
    kept = Portfolio.objects.visible_to(principal)
    kept = (kept.filter(kind=PortfolioKind.ORGANISATION) if principal.sees_all else kept).order_by()
    sums = (Subquery(kept.annotate(all=Value(1)).values("all").values_list(Sum(name))) for name in SUMS)
    return Prepared(row.values_list(*(_counted(counted[name]) for name in COUNTS), Subquery(pressing[:1]), *sums))


def _counted(rows: QuerySet[Any]) -> Func:
    first = rows.order_by().values("pk")[: COUNTED + 1]
    return Func(ArraySubquery(first), function="cardinality", output_field=IntegerField())


def riskiest(*, principal: Principal, now: datetime) -> list[Risky]:
    """Return the APIs with the highest scores, what drives each, and how they moved in a week; one query."""
    before = ApiScore.objects.filter(api=OuterRef("api"), at__lte=now - WEEK).order_by("-at", "-pk").values("score")[:1]
    first = KeyTextTransform("0", KeyTransform("names", "point__factors"))
    driven = Finding.objects.filter(code=Substr(OuterRef("driver"), len(FINDING) + 1)).values("title")[:1]
    found = (
        CurrentScore.objects.visible_to(principal)
        .filter(counted=True, score__gt=0)
        .select_related("api__owner")
        .annotate(driver=Coalesce(first, Value(""), output_field=CharField()), before=Subquery(before))
        .annotate(title=Subquery(driven, output_field=CharField()))
        .order_by("-score", "api")[:TOP]
    )
    return [_risky(row) for row in found]


def _risky(row: Any) -> Risky:
    kind, _, key = row.driver.partition(":")
    words = {"threat": f"Attacks seen in the last weeks: {key}", "incident": "An incident is open"}
    return Risky(
        code=row.api.code,
        name=row.api.name,
        score=row.score,
        band=row.band,
        rise=None if row.before is None else row.score - row.before,
        driver=row.title or words.get(kind, ""),
        driver_code=key if row.title else "",
        owner=str(row.api.owner) if row.api.owner else "",
    )


def coverage_of(*, principal: Principal, now: datetime) -> Coverage:
    """Return how many APIs have what is looked for; one query."""
    live = ~Q(stage=Stage.RETIRED)
    counts = {name: Count("pk", filter=live & having(name, now)) for name in LACKS}
    counts["scored"] = Count("pk", filter=live & Q(current_score__isnull=False))
    told = Api.objects.visible_to(principal).aggregate(any=Count("pk"), apis=Count("pk", filter=live), **counts)
    shares = (Share(label=SHARES[name], n=told[name], of=told["apis"], url=f"/apis/?lacks={name}") for name in SHARES)
    return Coverage(any=told["any"], apis=told["apis"], scored=told["scored"], shares=tuple(shares))


SHARES: Final[Mapping[str, str]] = {
    "traffic": "Seen in traffic",
    "specification": "Has a current specification",
    "scan": "Scanned in 30 days",
    "owner": "Has an owner",
}


def best_change(*, principal: Principal) -> Best | None:
    """Return the class on an API whose findings, fixed, take most off a score; one query."""
    row = (
        Fix.objects.visible_to(principal)
        .filter(gain__gt=0)
        .select_related("api__owner", "api__current_score")
        .order_by("-gain", F("pk"))
        .first()
    )
    if row is None:
        return None
    return Best(
        api=row.api.name,
        api_code=row.api.code,
        weakness_class=row.weakness_class,
        count=row.count,
        gain=row.gain,
        score=row.api.current_score.score,
        owner=str(row.api.owner) if row.api.owner else "",
    )
