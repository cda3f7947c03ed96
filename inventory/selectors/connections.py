"""How connections do, what they brought, and whose they are."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from django.db.models import Case, Count, Exists, IntegerField, Max, Min, OuterRef, Q, Sum, When
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

from inventory.access.models import Team
from inventory.access.pages import Key, Page, page_of, read_number, read_text
from inventory.access.records import Principal
from inventory.access.rights import Verb, may
from inventory.choices import RUN_JOB, RunState
from inventory.filters import DAY, LOG_SILENT, ConnectionFilter, needing_care, running, well
from inventory.jobs.choices import LIVE, State
from inventory.jobs.models import Job, Secret
from inventory.models import (
    Connection,
    Run,
    TrafficLog,
)

RUNS_SHOWN: Final = 30
CARE: Final = ("failing", "partial", "silent")
"""The states of a connection in which somebody should look at it."""


def secrets_set(connection: Connection, *, principal: Principal) -> dict[str, datetime]:
    """Return when each secret of a connection was set, for who may set it; never the secret."""
    return secrets_set_of([connection], principal=principal).get(connection.pk, {})


def secrets_set_of(connections: Sequence[Connection], *, principal: Principal) -> dict[int, dict[str, datetime]]:
    """Return the same for several connections at once, by their ids."""
    owners = {row.owner: row.pk for row in connections if may(principal, Verb.CONNECT, team_id=row.team_id)}
    found: dict[int, dict[str, datetime]] = {}
    rows = Secret.objects.filter(owner__in=owners) if owners else Secret.objects.none()
    for owner, name, set_at in rows.values_list("owner", "name", "rotated_at"):
        found.setdefault(owners[owner], {})[name] = set_at
    return found


def teams_to_connect_for(principal: Principal) -> list[Team]:
    """Return the teams whose connections the principal may make, by name."""
    teams = Team.objects.all() if principal.sees_all else Team.objects.filter(pk__in=principal.team_ids)
    return [team for team in teams.order_by("name") if may(principal, Verb.CONNECT, team_id=team.pk)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hour:
    """One hour of the last day, the oldest first: `ok`, `medium` (in part), `critical`, or nothing without a run."""

    place: int
    shade: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How a connection does, in words and as `state`: one of `CARE`, or running, good, never (run) or paused."""

    connection: Connection
    state: str
    told: str
    hours: tuple[Hour, ...]
    day: str
    taken: int
    job: Job | None

    @property
    def needs_care(self) -> bool:
        """Whether somebody should look at it."""
        return self.state in CARE


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected:
    """All connections in sight: how many, how many do well, the oldest of their last good runs, what a day brought."""

    total: int
    care: int
    good: int
    oldest: datetime | None
    taken: int


def connected(*, principal: Principal, now: datetime) -> Connected:
    """Return what all connections in sight are together."""
    seen = Connection.objects.visible_to(principal)
    told = seen.aggregate(
        total=Count("pk"), oldest=Min("last_good_at"),
        care=Count("pk", filter=Q(pk__in=needing_care(seen, now=now).values("pk"))),
        good=Count("pk", filter=Q(pk__in=well(seen, now=now).values("pk"))),
    )  # fmt: skip
    day = Run.objects.visible_to(principal).filter(started_at__gt=now - DAY)
    taken = day.aggregate(n=Sum(Cast(KT("counts__taken"), IntegerField())))["n"]
    return Connected(**told, taken=taken or 0)


def teams_of_connections(principal: Principal) -> list[tuple[str, str]]:
    """Return slug and name of the teams whose connections are in sight."""
    teams = Connection.objects.visible_to(principal).values("team")
    return list(Team.objects.filter(pk__in=teams).order_by("name", "slug").values_list("slug", "name"))


PRESSING: Final = (
    Key(name="pressing", read=read_number),
    Key(name="name", read=read_text),
    Key(name="id", read=read_number),
)
"""Those that need care, those that run, and the others, each by name."""


def connections_in_sight(
    *, principal: Principal, narrowed: ConnectionFilter, now: datetime, after: str = "", before: str = ""
) -> Page[Health]:
    """Return a page of the connections in sight with how each does."""
    seen = Connection.objects.visible_to(principal)
    here = {"pk": OuterRef("pk")}
    pressing = Case(
        When(Exists(needing_care(seen, now=now).filter(**here)), then=0),
        When(Exists(running(seen).filter(**here)), then=1),
        default=2,
        output_field=IntegerField(),
    )
    found = narrowed.apply(seen).annotate(pressing=pressing).select_related("team")
    page = page_of(found, order=PRESSING, after=after, before=before)
    told = healths(page.rows, now=now)
    return Page(rows=tuple(told), total=page.total, more=page.more, next=page.next, previous=page.previous)


def healths(connections: Iterable[Connection], *, now: datetime) -> list[Health]:
    """Return how each of some connections does, in their order."""
    rows = list(connections)
    runs: dict[int, list[Run]] = {}
    for run in Run.objects.filter(connection__in=rows, started_at__gt=now - DAY).order_by("started_at"):
        runs.setdefault(run.connection_id, []).append(run)
    jobs = _notable_jobs(rows)
    calls = _last_calls(rows)
    return [_health(row, runs.get(row.pk, []), jobs.get(row.pk), calls.get(row.name), now) for row in rows]


def _last_calls(rows: Sequence[Connection]) -> dict[str, datetime]:
    """Return the moment of the last call in the logs that connections brought, by their names."""
    logs = TrafficLog.objects.filter(series__in={row.name for row in rows}, last_at__isnull=False).order_by()
    return dict(logs.values("series").annotate(last=Max("last_at")).values_list("series", "last"))


def _notable_jobs(rows: Sequence[Connection]) -> dict[int, Job]:
    """Return the newest job of each connection among those that are live or ended badly."""
    states = (*LIVE, State.FAILED, State.QUARANTINED)
    jobs = Job.objects.filter(kind=RUN_JOB, state__in=states).annotate(of=KT("arguments__connection"))
    jobs = jobs.filter(of__in=[str(row.pk) for row in rows])
    return {job.arguments["connection"]: job for job in jobs.order_by("of", "-created_at").distinct("of")}


def _health(row: Connection, runs: Sequence[Run], job: Job | None, last_call: datetime | None, now: datetime) -> Health:
    state, told = _state(row, job, last_call, now, partial=bool(runs) and runs[-1].state == RunState.PARTIAL)
    worst = {RunState.DONE: "ok", RunState.PARTIAL: "medium", RunState.FAILED: "critical"}
    shades = [""] * 24
    for run in runs:
        place = 23 - min(int((now - run.started_at) / timedelta(hours=1)), 23)
        shades[place] = max(shades[place], worst[RunState(run.state)], key=("", "ok", "medium", "critical").index)
    bad = sum(run.state != RunState.DONE for run in runs)
    return Health(
        connection=row,
        state=state,
        told=told,
        hours=tuple(Hour(place=place, shade=shade) for place, shade in enumerate(shades)),
        day=f"{len(runs)} runs in 24 hours, {bad} of them not whole" if runs else "No run in 24 hours",
        taken=sum(run.counts.get("taken", 0) for run in runs),
        job=job if job and job.is_live else None,
    )


def _state(
    row: Connection, job: Job | None, last_call: datetime | None, now: datetime, *, partial: bool
) -> tuple[str, str]:
    if row.paused_at is not None:
        return "paused", "Paused"
    if job and job.is_live:
        return "running", "Running" if job.state == State.RUNNING else "Waiting for a worker"
    if job and (row.last_run_at is None or job.created_at > row.last_run_at):
        return "failing", job.error
    if row.failures:
        times = f" So {row.failures} runs in a row." if row.failures > 1 else ""
        return "partial" if partial else "failing", f"{row.fault}{times}"
    return _quiet_state(row, last_call, now)


def _quiet_state(row: Connection, last_call: datetime | None, now: datetime) -> tuple[str, str]:
    if row.last_run_at is None:
        return "never", "Has not run yet"
    if row.rule and row.last_good_at is not None and now - row.last_good_at > 3 * _interval(row.rule):
        return "silent", "No run for longer than planned"
    if last_call is not None and row.last_good_at is not None and row.last_good_at > last_call + LOG_SILENT:
        return "silent", f"Its log tells of no call since {last_call.astimezone(UTC):%d %b %Y, %H:%M} UTC"
    return "good", "Healthy"


def _interval(rule: str) -> timedelta:
    word, _, number = rule.partition(" ")
    return timedelta(seconds=int(number)) if word == "every" else timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """One document of a run, and the job that reads it; `link` where the principal may see that job."""

    name: str
    size: int
    job: Job | None
    link: bool


def documents_of(run: Run, *, principal: Principal) -> list[Taken]:
    """Return the documents a run took in."""
    ids = [document["job"] for document in run.documents]
    jobs = {str(job.pk): job for job in Job.objects.filter(pk__in=ids)}
    visible = {str(pk) for pk in Job.objects.visible_to(principal).filter(pk__in=ids).values_list("pk", flat=True)}
    return [
        Taken(
            name=document["name"],
            size=document["size"],
            job=jobs.get(document["job"]),
            link=document["job"] in visible,
        )
        for document in run.documents
    ]
