"""The room of one incident: everything its page shows, in a fixed number of queries."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.db.models import Exists, OuterRef

from findings.models import Finding
from incidents.choices import ENDED, EntryKind, Level, Seat, Stage, TaskState
from incidents.models import Entry, Episode, Incident, IncidentTask, Link, Participant
from incidents.selectors.room_clocks import ClockCard, clock_cards
from incidents.selectors.room_parts import parts_of
from incidents.selectors.room_playbook import PlaybookCard, playbook_card
from incidents.transitions.incidents import MOVES, is_way_on
from inventory.access.models import User
from inventory.access.records import Principal
from inventory.access.rights import Verb, may, may_somewhere
from inventory.access.veils import unveil, veil
from inventory.models import Api

MOST: Final = 100
"""Entries shown at once; the export has all."""
PURPOSE: Final = "incident part"
TASK, ENTRY = "TSK-", "ENT-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One entry of the timeline; `corrected` is the text that took its place, `corrects` the one it took."""

    code: str
    at: datetime
    happened_at: datetime
    by: str
    kind: EntryKind
    text: str
    note: str
    corrected: str
    corrects: str
    may_correct: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatRow:
    """A seat, who is in it, and their id as the form carries it (0 for nobody)."""

    seat: Seat
    name: str
    email: str
    seen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """Where it may go next; `on` for a later stage."""

    stage: Stage
    on: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRow:
    """One task."""

    code: str
    title: str
    assignee: str
    due_at: datetime | None
    overdue: bool
    is_improvement: bool
    state: TaskState
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """One thing an incident is about; `kind` is api, alert or finding."""

    kind: str
    code: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """Everything the page of an incident shows to somebody."""

    incident: Incident
    level: Level
    stage: Stage
    lines: tuple[Line, ...]
    lines_total: int
    seats: tuple[SeatRow, ...]
    others: tuple[tuple[str, str], ...]
    present: tuple[str, ...]
    ways: tuple[Way, ...]
    clocks: tuple[ClockCard, ...]
    playbook: PlaybookCard
    tasks: tuple[TaskRow, ...]
    linked: tuple[Linked, ...]
    hidden: int
    evidence: tuple[dict[str, Any], ...]
    reviews: tuple[dict[str, Any], ...]
    people: tuple[tuple[str, str], ...]
    may_act: bool
    may_export: bool

    @property
    def is_live(self) -> bool:
        """Whether it is not over."""
        return self.stage not in ENDED

    @property
    def lacks_commander(self) -> bool:
        """Whether nobody commands though it is not over."""
        return self.is_live and not any(row.name for row in self.seats if row.seat == Seat.COMMANDER)

    @property
    def acts(self) -> bool:
        """Whether the person may do something here now."""
        return self.may_act and self.is_live


def visible_incident(*, principal: Principal, code: str) -> Incident:
    """Return the incident with this code if the principal may see it; raises Incident.DoesNotExist."""
    return Incident.objects.visible_to(principal).select_related("declared_by").get(code=code)


def code_of(prefix: str, number: int) -> str:
    """Return the code of a task or an entry, which have none of their own."""
    return f"{prefix}{veil(number, purpose=PURPOSE, key=settings.DIGEST_KEY)}"


def task_about(*, incident: Incident, code: str) -> IncidentTask | None:
    """Return the task of this incident that has this code; None for any other."""
    number = unveil(code.removeprefix(TASK), purpose=PURPOSE, key=settings.DIGEST_KEY)
    return None if number is None else IncidentTask.objects.filter(incident=incident, pk=number).first()


def entry_about(*, incident: Incident, code: str) -> Entry | None:
    """Return the entry of this incident that has this code; None for any other."""
    number = unveil(code.removeprefix(ENTRY), purpose=PURPOSE, key=settings.DIGEST_KEY)
    return None if number is None else Entry.objects.filter(incident=incident, pk=number).first()


def room_of(*, principal: Principal, incident: Incident, now: datetime) -> Room:
    """Return what the page shows of an incident that `visible_incident` gave; seven queries at most."""
    stage, may_act = Stage(incident.stage), may(principal, Verb.ACT_ON_INCIDENT, team_id=None)
    linked, hidden = _linked(principal, incident)
    seats, others, present = _people(incident)
    own = any(one.kind == "api" for one in linked) and may_somewhere(principal, Verb.EXPORT_INCIDENTS)
    may_export = own or may(principal, Verb.EXPORT_INCIDENTS, team_id=None)
    parts = parts_of(incident)
    entries = Entry.objects.filter(incident=incident).select_related("by", "supersedes", "corrected_by")
    lines = list(entries.order_by("-happened_at", "-pk")[: MOST + 1])
    return Room(
        incident=incident,
        level=Level(incident.level),
        stage=stage,
        lines=tuple(_line(row, may_act=may_act and stage not in ENDED) for row in lines[:MOST]),
        lines_total=len(lines),
        seats=seats,
        others=others,
        present=present,
        ways=tuple(Way(stage=to, on=is_way_on(stage, to)) for to in MOVES[stage] if stage not in ENDED),
        clocks=clock_cards(parts.clocks, now=now),
        playbook=playbook_card(incident, {row.seat: row.name for row in seats}, me=principal.user_id, now=now),
        tasks=tuple(_task(told, now) for told in parts.tasks),
        linked=linked,
        hidden=hidden,
        evidence=parts.evidence[::-1],
        reviews=parts.reviews[::-1],
        people=people_to_name(principal),
        may_act=may_act,
        may_export=may_export,
    )


def people_to_name(principal: Principal) -> tuple[tuple[str, str], ...]:
    """Return (e-mail address, name) of everybody active for whoever acts on incidents, who may name anybody."""
    if not may(principal, Verb.ACT_ON_INCIDENT, team_id=None):
        return ()
    found = User.objects.filter(is_active=True).values_list("email", "name")
    return tuple(sorted(found, key=lambda one: (one[1].lower(), one[0])))


def thing_in_sight(*, principal: Principal, code: str) -> Api | Episode | Finding | None:
    """Return the API, alert or finding with this code if the principal may see it."""
    named = code.strip().upper()
    if named.startswith("ALR-"):
        return Episode.objects.visible_to(principal).filter(code=named).first()
    if named.startswith("FND-"):
        return Finding.objects.visible_to(principal).filter(code=named).first()
    return Api.objects.visible_to(principal).filter(code=named).first()


def _line(row: Entry, *, may_act: bool) -> Line:
    correction: Entry | None = getattr(row, "corrected_by", None)
    kind = EntryKind(row.kind)
    return Line(
        code=code_of(ENTRY, row.pk),
        at=row.at,
        happened_at=row.happened_at,
        by=str(row.by) if row.by else "",
        kind=kind,
        text=row.text,
        note=row.note,
        corrected=correction.text if correction else "",
        corrects=row.supersedes.text if row.supersedes else "",
        may_correct=may_act and kind != EntryKind.STATE and correction is None,
    )


def _people(incident: Incident) -> tuple[tuple[SeatRow, ...], tuple[tuple[str, str], ...], tuple[str, ...]]:
    """Return the seats, who is in the room without one as (e-mail address, name), and everybody's name."""
    rows = list(Participant.objects.filter(incident=incident, until=None).select_related("user").order_by("pk"))
    seated = {row.seat: row.user for row in rows if row.seat}
    seats = tuple(
        SeatRow(
            seat=seat,
            name=str(seated[seat.value]) if seat.value in seated else "",
            email=seated[seat.value].email if seat.value in seated else "",
            seen=seated[seat.value].pk if seat.value in seated else 0,
        )
        for seat in Seat
    )
    others = tuple((row.user.email, str(row.user)) for row in rows if not row.seat)
    return seats, others, tuple(dict.fromkeys(str(row.user) for row in rows))


def _task(told: dict[str, Any], now: datetime) -> TaskRow:
    state, due_at = TaskState(told["state"]), told["due_at"]
    return TaskRow(
        code=code_of(TASK, told["id"]),
        title=told["title"],
        assignee=told["assignee"] or "",
        due_at=due_at,
        overdue=due_at is not None and due_at <= now and state == TaskState.TODO,
        is_improvement=told["is_improvement"],
        state=state,
        version=told["version"],
    )


def _linked(principal: Principal, incident: Incident) -> tuple[tuple[Linked, ...], int]:
    """Return what an incident is about and is in sight, and how much of it is not; one query."""
    rows = Link.objects.filter(incident=incident, removed_at=None).annotate(
        seen=Exists(Api.objects.visible_to(principal).filter(pk=OuterRef("api")))
        | Exists(Episode.objects.visible_to(principal).filter(pk=OuterRef("episode")))
        | Exists(Finding.objects.visible_to(principal).filter(pk=OuterRef("finding")))
    )
    found, hidden = [], 0
    for row in rows.select_related("api", "episode", "finding").order_by("pk"):
        if not row.seen:
            hidden += 1
        elif row.api:
            found.append(Linked(kind="api", code=row.api.code, title=row.api.name))
        elif row.episode:
            found.append(Linked(kind="alert", code=row.episode.code, title=row.episode.title))
        elif row.finding:
            found.append(Linked(kind="finding", code=row.finding.code, title=row.finding.title))
    return tuple(found), hidden
