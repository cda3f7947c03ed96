"""Clients with many alerts in a list: one line for each, so that a scanner does not hide everybody else."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Count, Max, Q, Sum

from findings.status import SeverityRank
from incidents.choices import State
from incidents.filters import AlertFilter
from incidents.models import Episode, EpisodeQuerySet
from inventory.access.records import Principal

CROWD: Final = 10
"""From so many alerts on the list shows a client as one line."""
MOST: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """The alerts of one client in a list: how many, how many of them nobody acknowledged, the worst, and the last."""

    actor: str
    alerts: int
    fresh: int
    events: int
    apis: int
    rules: int
    severity: str
    last_at: datetime


def crowds_of(*, principal: Principal, narrowed: AlertFilter) -> tuple[Crowd, ...]:
    """Return the clients with many of the alerts a list is narrowed to, most first; none for the list of a client."""
    if narrowed.value("actor"):
        return ()
    found = narrowed.apply(Episode.objects.visible_to(principal).live()).exclude(actor="").order_by()
    grouped = found.values("actor").annotate(
        n=Count("pk"), sent=Sum("events"), apis=Count("api", distinct=True), rules=Count("rule", distinct=True),
        fresh=Count("pk", filter=Q(state=State.NEW.value)), worst=Max("severity"), last=Max("last_at"),
    )  # fmt: skip
    return tuple(
        Crowd(
            actor=row["actor"], alerts=row["n"], fresh=row["fresh"], events=row["sent"], apis=row["apis"],
            rules=row["rules"], severity=SeverityRank(row["worst"]).name.lower(), last_at=row["last"],
        )
        for row in grouped.filter(n__gte=CROWD).order_by("-n", "actor")[:MOST]
    )  # fmt: skip


def without(episodes: EpisodeQuerySet, crowds: tuple[Crowd, ...]) -> EpisodeQuerySet:
    """Return the alerts that are not of these clients."""
    return episodes.exclude(actor__in=[crowd.actor for crowd in crowds]) if crowds else episodes
