"""How much asks for somebody: the numbers beside the places of the side bar."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from django.db.models import Count, QuerySet, TextField, Value
from django.db.models.functions import Cast

from findings.models import Finding
from findings.status import SeverityRank
from incidents.choices import State as Standing
from incidents.models import Episode
from incidents.selectors.incident_list import live_in_sight
from inventory.access.records import Principal
from inventory.filters import needing_care
from inventory.jobs.choices import State
from inventory.jobs.models import Job
from inventory.models import Connection
from posture.models import Notice
from posture.selectors.prepared import NOW, PEOPLE, Prepared

BROKEN: Final = (State.FAILED, State.QUARANTINED)
MOST: Final = 1_000
"""What asks for somebody is not counted any further: every page of everybody shows it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demands:
    """Findings and alerts that are critical or high, incidents not over, what needs care, and notices not read.

    Each up to `MOST`, which stands for as many and for any more.
    """

    findings: int = 0
    alerts: int = 0
    incidents: int = 0
    jobs: int = 0
    connections: int = 0
    notices: int = 0


def demands(*, principal: Principal, now: datetime) -> Demands:
    """Count what asks for the principal; one query."""
    return Demands(**dict(_counting(principal).rows(now)))


@lru_cache(maxsize=PEOPLE)
def _counting(principal: Principal) -> Prepared:
    """Return the query, which is the same on every page of a person."""
    worst = Finding.objects.visible_to(principal).open().filter(severity__gte=SeverityRank.HIGH)
    fresh = (
        Episode.objects.visible_to(principal).live().filter(state=Standing.NEW.value, severity__gte=SeverityRank.HIGH)
    )
    live = live_in_sight(principal)
    told = Notice.objects.visible_to(principal).filter(read_at=None)
    broken = Job.objects.visible_to(principal).filter(state__in=BROKEN)
    sick = needing_care(Connection.objects.visible_to(principal), now=NOW)
    counted = [
        _first(rows).annotate(what=Cast(Value(what), TextField())).values("what").annotate(n=Count("pk"))
        for what, rows in (
            ("findings", worst),
            ("alerts", fresh),
            ("incidents", live),
            ("jobs", broken),
            ("connections", sick),
            ("notices", told),
        )
    ]
    told_of = counted[0].union(*counted[1:], all=True).values_list("what", "n")
    return Prepared(told_of)


def _first(rows: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
    return QuerySet(rows.model).filter(pk__in=rows.order_by().values("pk")[:MOST])
