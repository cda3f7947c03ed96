"""One API: what stands at the head of each of its pages."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, F, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce, JSONArray, JSONObject

from findings.models import Tally
from findings.status import SeverityRank
from inventory.access.records import Principal
from inventory.models import Api, ApiTeam, BaseUrl, Endpoint
from posture.selectors.summaries import (
    CoverageWords,
    Mark,
    coverage_words,
    declared,
    marks_of,
    sensitivity_of,
    with_team,
)

ADDRESSES: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiHead:
    """What every page of an API says of it; `score` and `inherent` are None while it is not scored.

    `coverage_words` says which share of the checks has a result; without any "no data", never "all is well".
    """

    code: str
    name: str
    version: str
    score: Decimal | None
    inherent: Decimal | None
    band: str
    coverage_words: CoverageWords
    computed_at: datetime | None
    bands: tuple[tuple[str, float], ...]
    marks: tuple[Mark, ...]
    reach: str
    sensitivity: Mark
    authentication: Mark
    endpoints: int
    open_total: int
    team: str
    team_slug: str
    team_id: int | None
    owner: str
    deputy: str
    last_seen: datetime
    facts: tuple[tuple[str, str], ...]
    addresses: tuple[str, ...]


def visible_api(*, principal: Principal, code: str) -> Api:
    """Return the API with this code if the principal may see it; raises Api.DoesNotExist for foreign and for none."""
    if "\0" in code:  # no code holds one, and the database would not even look
        raise Api.DoesNotExist
    found = _with_parts(with_team(Api.objects.visible_to(principal)))
    return found.select_related("owner", "deputy", "current_score__point__model", "check_coverage").get(code=code)


def _with_parts(apis: QuerySet[Api]) -> QuerySet[Api]:
    """Add team, addresses, and counts of endpoints and of open findings, all in the one query."""
    held = ApiTeam.objects.filter(api=OuterRef("pk"), until=None)
    address = JSONObject(**{name: F(name) for name in ("scheme", "host", "port", "base_path")})
    addresses = BaseUrl.objects.filter(api=OuterRef("pk")).order_by("pk").values(part=address)[:ADDRESSES]
    endpoints = Endpoint.objects.filter(api=OuterRef("pk"), removed_at=None).order_by().values("authentication")
    findings = Tally.objects.open().filter(api=OuterRef("pk")).values("severity")
    return apis.annotate(
        held_by=Subquery(held.values("team")[:1]),
        held_by_slug=Coalesce(Subquery(held.values("team__slug")[:1]), Value("")),
        addresses=ArraySubquery(addresses),
        declared=ArraySubquery(endpoints.annotate(n=Count("pk")).values(part=JSONArray("authentication", "n"))),
        open_by_rank=ArraySubquery(findings.annotate(number=Sum("n")).values(part=JSONArray("severity", "number"))),
    )


def head_of(api: Api) -> ApiHead:
    """Return what every page says of an API that `visible_api` gave; no query."""
    score = getattr(api, "current_score", None)
    parts: Any = api
    said = declared(dict(parts.declared))
    by_name = {SeverityRank(rank).name.lower(): number for rank, number in parts.open_by_rank}
    return ApiHead(
        code=api.code,
        name=api.name,
        version=api.version,
        score=score.score if score else None,
        inherent=score.inherent if score else None,
        band=score.band if score else "",
        coverage_words=coverage_words(api),
        computed_at=score.computed_at if score else None,
        bands=tuple((word, lowest) for word, lowest in score.point.model.weights["bands"])
        if score and score.point
        else (),
        marks=marks_of(api),
        reach=api.reach,
        sensitivity=sensitivity_of(api),
        authentication=said.mark,
        endpoints=said.total,
        open_total=sum(by_name.values()),
        team=parts.team_name,
        team_slug=parts.held_by_slug,
        team_id=parts.held_by,
        owner=str(api.owner) if api.owner else "",
        deputy=str(api.deputy) if api.deputy else "",
        last_seen=api.last_seen,
        facts=(
            ("Reach", api.get_reach_display()),
            ("Environment", api.get_environment_display()),
            ("Criticality", api.get_criticality_display()),
            ("Data", api.get_sensitivity_display()),
            ("Life cycle", api.get_stage_display()),
        ),
        addresses=tuple(str(BaseUrl(**address)) for address in parts.addresses),
    )
