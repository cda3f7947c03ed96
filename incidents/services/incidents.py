"""Declaring an incident, what it is about, how grave it is, and where it stands."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q

from findings.models import Finding
from incidents.choices import ENDED, EntryKind, Level, Seat, Stage
from incidents.errors import IncidentRefused
from incidents.models import Entry, Episode, Evidence, Incident, IncidentTask, Link, Participant, PlaybookRun
from incidents.services.rooms import checked, counts, held, keep_pace, person, tell_scores, write
from incidents.services.triage import take_up
from incidents.transitions.incidents import Facts, is_way_on, lacking, refusal
from inventory.access.models import User
from inventory.access.records import AGAIN, Principal
from inventory.access.rights import Verb, may, require
from inventory.codes import chance_code
from inventory.models import Api, ApiTeam


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What somebody says of a new incident; `alerts` are those that told of it."""

    title: str
    level: Level
    summary: str = ""
    restricted: bool = False
    apis: tuple[Api, ...] = ()
    alerts: tuple[Episode, ...] = ()


@transaction.atomic
def declare_once(*, said: Declared, principal: Principal, now: datetime) -> Incident:
    """Open an incident as `declare` does; what the same person sent twice is one incident."""
    User.objects.select_for_update(no_key=True).filter(pk=person(principal)).first()
    recent = Incident.objects.visible_to(principal).filter(declared_by=principal.user_id, declared_at__gt=now - AGAIN)
    same = recent.filter(
        title=said.title.strip(),
        summary=said.summary.strip(),
        level=said.level.value,
        restricted=said.restricted,
        ended_at=None,
    )
    harmed = {api.pk for api in said.apis}
    for one in () if said.alerts else same.order_by("pk"):
        if harmed == set(Link.objects.filter(incident=one).exclude(api=None).values_list("api", flat=True)):
            return one
    return declare(said=said, principal=principal, now=now)


@transaction.atomic
def declare(*, said: Declared, principal: Principal, now: datetime) -> Incident:
    """Open an incident with who declares it in the room, as its commander where they may act. Returns it.

    Its alerts are acknowledged by that. An alert that an open incident is about already is not made another of: that
    one is returned. Raises AccessRefused without the right for each API, and IncidentRefused without a title.
    """
    apis = {api.pk: api for api in (*said.apis, *(alert.api for alert in said.alerts if alert.api))}
    held_by = dict(ApiTeam.objects.filter(api__in=apis, until=None).values_list("api_id", "team_id"))
    for team_id in {held_by.get(pk) for pk in apis} or {None}:
        require(principal, Verb.DECLARE_INCIDENT, team_id=team_id)
    user_id = person(principal)
    title = checked(said.title, what="The title")[:300]
    if not title:
        msg = "Say in a few words what happens: the title of the incident."
        raise IncidentRefused(msg)
    list(Episode.objects.select_for_update().filter(pk__in=[one.pk for one in said.alerts]).order_by("pk"))
    if known := _known(said.alerts, principal):
        return known
    first = min((alert.first_at for alert in said.alerts), default=now)
    incident = Incident.objects.create(
        code=chance_code("INC"), title=title, summary=checked(said.summary, what="The summary"),
        level=said.level.value, restricted=said.restricted, detected_at=min(first, now), declared_at=now,
        declared_by_id=user_id,
    )  # fmt: skip
    links = [Link(incident=incident, api_id=pk, added_at=now) for pk in sorted(apis)]
    links += [Link(incident=incident, episode=one, added_at=now) for one in said.alerts]
    Link.objects.bulk_create(links)
    seat = Seat.COMMANDER.value if may(principal, Verb.ACT_ON_INCIDENT, team_id=None) else ""
    Participant.objects.create(incident=incident, user_id=user_id, seat=seat, since=now)
    for alert in said.alerts:
        text = f"Alert {alert.code}: {alert.title}"
        Entry.objects.create(
            incident=incident, at=now, happened_at=alert.first_at, kind=EntryKind.ATTACKER.value, text=text
        )
    _take_up(incident, said.alerts, principal, now)
    write(
        incident, principal=principal, kind=EntryKind.STATE, text=f"Declared the incident, {said.level.value}",
        verb="declared", new={"level": said.level.value, "apis": [api.code for api in apis.values()]}, now=now,
    )  # fmt: skip
    tell_scores(incident)
    return incident


def _take_up(incident: Incident, alerts: Sequence[Episode], principal: Principal, now: datetime) -> None:
    """Acknowledge its alerts; of a restricted incident they do not say why, since more people see them."""
    note = "" if incident.restricted else f"It is part of {incident.code}."
    take_up(episodes=alerts, note=note, principal=principal, now=now)


def _known(alerts: Collection[Episode], principal: Principal) -> Incident | None:
    """Return the open incident, in sight, that is about one of these alerts."""
    about = Link.objects.filter(incident=OuterRef("pk"), removed_at=None, episode__in=alerts)
    found = Incident.objects.visible_to(principal).filter(Exists(about), ended_at=None)
    return found.order_by("pk").first() if alerts else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What somebody changes of an incident's own facts; `reason` is needed to lower its severity."""

    title: str
    summary: str
    level: Level
    restricted: bool
    reason: str = ""


@transaction.atomic
def change(*, incident: Incident, said: Stated, seen: int | None, principal: Principal, now: datetime) -> Incident:
    """Change title, summary, severity and who may look. Raises IncidentChanged when somebody else did meanwhile."""
    row, _ = held(incident, principal)
    keep_pace(seen, row.version, "this incident")
    title, reason = checked(said.title, what="The title")[:300], checked(said.reason, what="The reason")
    if not title:
        msg = "An incident has a title."
        raise IncidentRefused(msg)
    if said.level.value > row.level and not reason:
        msg = f"Say why {said.level.value} is enough: lowering the severity takes a reason."
        raise IncidentRefused(msg)
    old = {"title": row.title, "summary": row.summary, "level": row.level, "restricted": row.restricted}
    new = {"title": title, "summary": checked(said.summary, what="The summary"), "level": said.level.value,
           "restricted": said.restricted}  # fmt: skip
    changed = [name for name in new if new[name] != old[name]]
    if not changed:
        return row
    for name in changed:
        setattr(row, name, new[name])
    row.version += 1
    row.save(update_fields=[*changed, "version"])
    parts = [f"{name} from {old[name]} to {new[name]}" if name == "level" else name for name in changed]
    text = f"Changed {', '.join(parts)}".replace("level", "severity").replace("restricted", "who may look")
    write(
        row, principal=principal, kind=EntryKind.STATE, text=text, verb="changed", note=reason, now=now,
        old={name: old[name] for name in changed}, new={name: new[name] for name in changed},
    )  # fmt: skip
    if "level" in changed and counts(row):
        tell_scores(row)
    return row


@transaction.atomic
def move(
    *, incident: Incident, to: Stage, reason: str, seen: int | None, principal: Principal, now: datetime
) -> Incident:
    """Let an incident stand elsewhere. Closing is `services.closing.close`.

    What should be true before and is not takes a reason, and so does the way back. Raises IncidentChanged when it
    stands elsewhere than the person saw.
    """
    row, _ = held(incident, principal)
    keep_pace(seen, row.version, "where this incident stands")
    stage, why = Stage(row.stage), checked(reason, what="The reason")
    problem = refusal(stage, to) or ("Close it on its own page, with a review." if to == Stage.CLOSED else "")
    if problem:
        raise IncidentRefused(problem)
    open_points = lacking(stage, to, facts_of(row))
    if open_points and not why:
        msg = f"Before that: {', and '.join(open_points)}. See to it, or say why you go on all the same."
        raise IncidentRefused(msg)
    if not is_way_on(stage, to) and not why:
        msg = f"Say why it goes to “{to.label.lower()}”."
        raise IncidentRefused(msg)
    return set_stage(row, to, why, principal=principal, now=now)


def set_stage(row: Incident, to: Stage, why: str, *, principal: Principal, now: datetime) -> Incident:
    """Write where a locked incident stands; for the services of this room."""
    stage, counted = Stage(row.stage), counts(row)
    row.stage = to.value
    row.version += 1
    row.ended_at = now if to in ENDED else None
    if to == Stage.ERADICATION:
        row.contained_at = now
    elif to == Stage.CONTAINMENT:
        row.contained_at = None
    row.save(update_fields=["stage", "version", "ended_at", "contained_at"])
    write(
        row, principal=principal, kind=EntryKind.STATE, text=f"{stage.label} → {to.label}", verb=to.value, note=why,
        old=stage.value, new=to.value, now=now,
    )  # fmt: skip
    if counted != counts(row):
        tell_scores(row)
    return row


def facts_of(incident: Incident) -> Facts:
    """Return what an incident's way on depends on; four queries."""
    links = Link.objects.filter(incident=incident, removed_at=None).aggregate(
        apis=Count("api"), findings=Count("finding")
    )
    seated = Participant.objects.filter(incident=incident, until=None, seat=Seat.COMMANDER.value)
    run = PlaybookRun.objects.filter(incident=incident)
    asked = Incident.objects.filter(pk=incident.pk).annotate(
        commands=Exists(seated), follows=Exists(run), frozen=Exists(Evidence.objects.filter(incident=incident)),
        clocks_running=Count("clocks", filter=Q(clocks__state="running"), distinct=True),
    )  # fmt: skip
    row = asked.values("commands", "follows", "frozen", "clocks_running").get()
    return Facts(
        level=Level(incident.level),
        apis=links["apis"],
        findings=links["findings"],
        has_commander=row["commands"],
        has_playbook=row["follows"],
        frozen=row["frozen"],
        clocks_running=row["clocks_running"],
        tasks_open=IncidentTask.objects.filter(incident=incident, state="todo").count(),
    )


@transaction.atomic
def link(
    *, incident: Incident, thing: Api | Episode | Finding, principal: Principal, now: datetime, undo: bool = False
) -> Incident:
    """Say that an incident is about an API it harms, an alert or a finding, or with `undo` that it is not.

    An alert is acknowledged by being linked. `thing` is one the principal sees. Doing it twice does it once. Raises
    AccessRefused and IncidentRefused.
    """
    row, _ = held(incident, principal)
    if Stage(row.stage) in ENDED:
        msg = "It is over; open it again first."
        raise IncidentRefused(msg)
    name = {Api: "api", Episode: "episode", Finding: "finding"}[type(thing)]
    there = Link.objects.filter(incident=row, removed_at=None, **{name: thing})
    if there.exists() != undo:
        return row
    if undo:
        there.update(removed_at=now)
    else:
        Link.objects.create(incident=row, added_at=now, **{name: thing})
        _take_up(row, [thing] if isinstance(thing, Episode) else [], principal, now)
    what = {"api": "API", "episode": "alert", "finding": "finding"}[name]
    named = getattr(thing, "title", "") or str(thing)
    write(
        row, principal=principal, kind=EntryKind.STATE, verb="unlinked" if undo else "linked",
        text=f"{'No longer about' if undo else 'About'} {what} {thing.code} {named.removeprefix(thing.code).strip()}",
        new=thing.code, now=now,
    )  # fmt: skip
    if name == "api" and counts(row):
        tell_scores(row, also=(thing.pk,))
    return row
