"""Questions about what exists and where the product learns of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Final

from django.db.models import Case, DurationField, Exists, F, Func, IntegerField, Max, OuterRef, Q, Subquery, Value, When
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce

from inventory.access.models import Team
from inventory.access.records import Principal
from inventory.access.rights import Verb, may
from inventory.addresses import Address, AddressBook
from inventory.choices import RunState
from inventory.discovery import DEFAULT_DAYS, SINCE_EVER, Discovered, EndpointFacts, discover, watch_of
from inventory.errors import ApiAmbiguous, ApiNotFound
from inventory.jobs.choices import LIVE, State
from inventory.jobs.models import Job, Secret
from inventory.models import (
    Api,
    ApiQuerySet,
    ApiTeam,
    BaseUrl,
    Connection,
    ConnectionQuerySet,
    Endpoint,
    EndpointQuerySet,
    ObservedDay,
    Run,
    TrafficLog,
)
from inventory.models.traffic import threshold

DAY: Final = timedelta(hours=24)
RUN_JOB: Final = "connections.run"
"""The kind of job that runs a connection; the floor that takes documents in registers its handler."""
RUNS_SHOWN: Final = 30
LOG_SILENT: Final = timedelta(days=3)
"""A log whose last call is this long before the last good run is silent: a weekend is no silence."""
ORDER: Final = ("failing", "partial", "silent", "running", "good", "never", "paused")
"""The states of a connection, those that need care first."""


def apis_for(principal: Principal, verb: Verb) -> ApiQuerySet:
    """Return the visible APIs the principal may do this to; sight alone may reach further."""
    visible = Api.objects.visible_to(principal)
    if may(principal, verb, team_id=None):
        return visible
    teams = [team_id for team_id in principal.team_ids if may(principal, verb, team_id=team_id)]
    return visible.filter(Exists(ApiTeam.objects.filter(api=OuterRef("pk"), until=None, team_id__in=teams)))


def find_api(*, principal: Principal, reference: str, environment: str = "", verb: Verb = Verb.SEE) -> Api:
    """Return the one API that a code, a slug, or a name (with its environment) means, among those `verb` is for.

    Raises ApiNotFound when there is none and ApiAmbiguous when the name alone is not enough.
    """
    visible = apis_for(principal, verb)
    exact = visible.filter(Q(code__iexact=reference) | Q(slug__iexact=reference)).first()
    if exact is not None:
        return exact
    named = visible.filter(name__iexact=reference)
    if environment:
        named = named.filter(environment=environment)
    found = list(named.order_by("pk")[:2])
    if not found:
        where = f" in {environment}" if environment else ""
        msg = f"There is no API “{reference}”{where} open to you for this; check its code on the APIs page."
        raise ApiNotFound(msg)
    if len(found) > 1:
        msg = f"More than one API is called “{reference}”; name it by its code, such as {found[0].code}."
        raise ApiAmbiguous(msg)
    return found[0]


def endpoints_of(apis: ApiQuerySet) -> EndpointQuerySet:
    """Return the endpoints of some APIs, those that their specification dropped among them."""
    return Endpoint.objects.filter(api__in=apis).known()


def discovered(endpoints: Sequence[Endpoint]) -> dict[int, Discovered]:
    """Return what each of some endpoints turned out to be, by their ids; one query."""
    watches: dict[int, list[date]] = {}
    days = DEFAULT_DAYS
    observed = ObservedDay.objects.filter(api__in={row.api_id for row in endpoints})
    for api_id, day, days in observed.values_list("api", "day", threshold()):  # noqa: B007 - the same in each row
        watches.setdefault(api_id, []).append(day)
    return {row.pk: judged(row, watches.get(row.api_id, []), days=days) for row in endpoints}


def judged(endpoint: Endpoint, observed: Sequence[date], *, days: int) -> Discovered:
    """Return what an endpoint turned out to be, by the observed days of its API and the threshold."""
    found = discover(facts_of(endpoint), watch_of(observed, days=days), days=days)
    return replace(found, observed=bool(observed))


def facts_of(endpoint: Endpoint) -> EndpointFacts:
    """Return what decides the state of an endpoint."""
    removed = endpoint.removed_at if not endpoint.documented else None
    return EndpointFacts(
        specified_since=endpoint.specified_since or (SINCE_EVER if endpoint.documented else None),
        removed_on=removed.astimezone(UTC).date() if removed else None,
        deprecated=endpoint.deprecated,
        sunset=endpoint.sunset,
        last_called=endpoint.last_called,
    )


def address_book(apis: ApiQuerySet) -> AddressBook:
    """Return the base URLs of some APIs, contested ones left out."""
    rows = BaseUrl.objects.filter(contested=False, api__in=apis)
    return AddressBook(
        Address(api_id=api_id, host=host, port=port, base_path=base_path)
        for api_id, host, port, base_path in rows.values_list("api_id", "host", "port", "base_path")
    )


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
    """How a connection does, as `state` (one of `ORDER`) and in words."""

    connection: Connection
    state: str
    told: str
    hours: tuple[Hour, ...]
    day: str
    taken: int
    job: Job | None


def healths(connections: ConnectionQuerySet, *, now: datetime) -> list[Health]:
    """Return how each of some connections does, those that need care first."""
    rows = list(connections.select_related("team").order_by("name", "pk"))
    runs: dict[int, list[Run]] = {}
    for run in Run.objects.filter(connection__in=rows, started_at__gt=now - DAY).order_by("started_at"):
        runs.setdefault(run.connection_id, []).append(run)
    jobs = _notable_jobs()
    calls = _last_calls(rows)
    found = [_health(row, runs.get(row.pk, []), jobs.get(row.pk), calls.get(row.name), now) for row in rows]
    return sorted(found, key=lambda health: ORDER.index(health.state))


def needing_care(connections: ConnectionQuerySet, *, now: datetime) -> ConnectionQuerySet:
    """Narrow to those that `healths` calls failing, in part or silent: the same rules, in the database."""
    jobs = Job.objects.filter(kind=RUN_JOB).annotate(of=Cast(KT("arguments__connection"), IntegerField()))
    jobs = jobs.filter(of=OuterRef("pk"))
    newest_broken = jobs.filter(
        state__in=(State.FAILED, State.QUARANTINED),
        created_at__gt=Coalesce(OuterRef("last_run_at"), OuterRef("created_at")),
    )
    every = Cast(Func(F("rule"), Value(" "), Value(2), function="split_part"), IntegerField())
    seconds = Case(When(rule__startswith="every ", then=every), default=Value(int(DAY.total_seconds())))
    patience = Func(3 * seconds, template="make_interval(secs => %(expressions)s)", output_field=DurationField())
    silent = ~Q(rule="") & Q(last_run_at__isnull=False, last_good_at__lt=Value(now) - patience)
    logs = TrafficLog.objects.filter(series=OuterRef("name")).order_by().values("series")
    called = connections.annotate(last_call=Subquery(logs.annotate(last=Max("last_at")).values("last")))
    asleep = called.filter(paused_at=None).exclude(Exists(jobs.filter(state__in=LIVE)))
    without_calls = Q(last_good_at__gt=F("last_call") + LOG_SILENT)
    return asleep.filter(Exists(newest_broken) | Q(failures__gt=0) | silent | without_calls)


def _last_calls(rows: Sequence[Connection]) -> dict[str, datetime]:
    """Return the moment of the last call in the logs that connections brought, by their names."""
    logs = TrafficLog.objects.filter(series__in={row.name for row in rows}, last_at__isnull=False).order_by()
    return dict(logs.values("series").annotate(last=Max("last_at")).values_list("series", "last"))


def _notable_jobs() -> dict[int, Job]:
    """Return the newest job of each connection among those that are live or ended badly."""
    states = (*LIVE, State.FAILED, State.QUARANTINED)
    jobs = Job.objects.filter(kind=RUN_JOB, state__in=states).annotate(of=KT("arguments__connection"))
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
        times = f" ({row.failures} runs in a row)" if row.failures > 1 else ""
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
