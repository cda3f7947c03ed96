"""What the list of connections can be narrowed to, and how one does as far as the database can tell."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from django.db.models import (
    Case,
    DurationField,
    Exists,
    F,
    Func,
    IntegerField,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce
from django.http import QueryDict

from inventory.access.filters import ListFilter
from inventory.choices import RUN_JOB
from inventory.jobs.choices import LIVE, State
from inventory.jobs.models import Job
from inventory.models import ConnectionQuerySet, TrafficLog

DAY: Final = timedelta(hours=24)
LOG_SILENT: Final = timedelta(days=3)
"""A log whose last call is this long before the last good run is silent: a weekend is no silence."""
NO_TEAM: Final = "none"
STATES: Final = {
    "care": "Needs care",
    "running": "Runs or waits",
    "good": "Healthy",
    "never": "Has not run yet",
    "paused": "Paused",
}


def needing_care(connections: ConnectionQuerySet, *, now: datetime) -> ConnectionQuerySet:
    """Narrow to those that `healths` calls failing, in part or silent: the same rules, in the database."""
    newest_broken = _jobs().filter(
        state__in=(State.FAILED, State.QUARANTINED),
        created_at__gt=Coalesce(OuterRef("last_run_at"), OuterRef("created_at")),
    )
    every = Cast(Func(F("rule"), Value(" "), Value(2), function="split_part"), IntegerField())
    seconds = Case(When(rule__startswith="every ", then=every), default=Value(int(DAY.total_seconds())))
    patience = Func(3 * seconds, template="make_interval(secs => %(expressions)s)", output_field=DurationField())
    silent = ~Q(rule="") & Q(last_run_at__isnull=False, last_good_at__lt=Value(now) - patience)
    logs = TrafficLog.objects.filter(series=OuterRef("name")).order_by().values("series")
    called = connections.annotate(last_call=Subquery(logs.annotate(last=Max("last_at")).values("last")))
    asleep = called.filter(paused_at=None).exclude(Exists(_jobs().filter(state__in=LIVE)))
    without_calls = Q(last_good_at__gt=F("last_call") + LOG_SILENT)
    return asleep.filter(Exists(newest_broken) | Q(failures__gt=0) | silent | without_calls)


def running(connections: ConnectionQuerySet) -> ConnectionQuerySet:
    """Narrow to those that run or wait for a worker."""
    return connections.filter(Exists(_jobs().filter(state__in=LIVE)), paused_at=None)


def well(connections: ConnectionQuerySet, *, now: datetime) -> ConnectionQuerySet:
    """Narrow to those of whose last run nothing has to be said."""
    return _other(connections, now).filter(last_run_at__isnull=False)


def never_run(connections: ConnectionQuerySet, *, now: datetime) -> ConnectionQuerySet:
    """Narrow to those that have not run yet."""
    return _other(connections, now).filter(last_run_at=None)


def _other(connections: ConnectionQuerySet, now: datetime) -> ConnectionQuerySet:
    care, live = needing_care(connections, now=now), running(connections)
    return connections.filter(paused_at=None).exclude(Q(pk__in=care.values("pk")) | Q(pk__in=live.values("pk")))


def _jobs() -> QuerySet[Job, Job]:
    """Return the runs of the connection that is looked at."""
    of = Cast(KT("arguments__connection"), IntegerField())
    return Job.objects.filter(kind=RUN_JOB).annotate(of=of).filter(of=OuterRef("pk"))


class ConnectionFilter(ListFilter):
    """Which connections to list."""

    noun = "connection"

    def __init__(
        self, asked: QueryDict, *, kinds: Sequence[tuple[str, str]], teams: Sequence[tuple[str, str]], now: datetime
    ) -> None:
        """Offer these kinds as (slug, label) and these teams as (slug, name)."""
        super().__init__(asked)
        self._states: dict[str, Callable[[ConnectionQuerySet], ConnectionQuerySet]] = {
            "care": partial(needing_care, now=now),
            "running": running,
            "good": partial(well, now=now),
            "never": partial(never_run, now=now),
            "paused": lambda connections: connections.filter(paused_at__isnull=False),
        }
        self.offer("state", "State", list(STATES.items()))
        self.offer("kind", "Kind", list(kinds))
        self.offer("team", "Team", [*teams, (NO_TEAM, "The organisation")])
        self.full_clean()

    def apply(self, connections: ConnectionQuerySet) -> ConnectionQuerySet:
        """Return those that match."""
        if text := self.value("q"):
            connections = connections.filter(name__icontains=text)
        if kind := self.value("kind"):
            connections = connections.filter(kind=kind)
        if team := self.value("team"):
            connections = connections.filter(team=None) if team == NO_TEAM else connections.filter(team__slug=team)
        narrow = self._states.get(self.value("state"))
        return narrow(connections) if narrow else connections
