"""The incidents in sight, page by page, the newest first."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Count, Exists, F, Min, OuterRef, Q, QuerySet, Subquery

from incidents.choices import ENDED, ClockState, Level, Seat, Stage, TaskState
from incidents.filters import IncidentFilter
from incidents.models import Clock, Entry, Incident, IncidentQuerySet, Link, Participant
from inventory.access.pages import Key, Page, page_of, read_moment, read_number
from inventory.access.records import Principal
from inventory.models import Api

ORDER: Final = (
    Key(name="declared_at", read=read_moment, descending=True),
    Key(name="pk", read=read_number, descending=True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentRow:
    """One incident as lists show it; `due_at` is when the next legal clock runs out."""

    code: str
    title: str
    level: Level
    stage: Stage
    restricted: bool
    declared_at: datetime
    ended_at: datetime | None
    commander: str
    apis: tuple[str, ...]
    tasks_open: int
    due_at: datetime | None

    @property
    def is_live(self) -> bool:
        """Whether it is not over."""
        return self.stage not in ENDED


def incidents_in_sight(
    *, principal: Principal, narrowed: IncidentFilter, after: str = "", before: str = ""
) -> Page[IncidentRow]:
    """Return one page of the incidents the principal may see; three queries."""
    found = with_more(narrowed.apply(Incident.objects.visible_to(principal)))
    page: Page[Any] = page_of(found, order=ORDER, after=after, before=before)
    apis = _apis(principal, [row.pk for row in page.rows])
    rows = tuple(
        IncidentRow(
            code=row.code,
            title=row.title,
            level=Level(row.level),
            stage=Stage(row.stage),
            restricted=row.restricted,
            declared_at=row.declared_at,
            ended_at=row.ended_at,
            apis=tuple(apis.get(row.pk, ())),
            commander=row.commander or "",
            tasks_open=row.tasks_open,
            due_at=row.due,
        )
        for row in page.rows
    )
    return Page(rows=rows, total=page.total, more=page.more, next=page.next, previous=page.previous)


def live_in_sight(principal: Principal) -> IncidentQuerySet:
    """Return the incidents in sight that are not over."""
    return Incident.objects.visible_to(principal).filter(ended_at=None)


def most_pressing(live: IncidentQuerySet) -> IncidentQuerySet:
    """Return incidents with when the next clock is `due`, that whose clock runs out first before the others."""
    return live.annotate(due=_next_due()).order_by(F("due").asc(nulls_last=True), "level", "-declared_at", "-pk")


def incidents_of_alert(*, principal: Principal, episode_id: int) -> list[Incident]:
    """Return the incidents in sight that are about an alert, the newest first."""
    about = Link.objects.filter(episode=episode_id, removed_at=None).values("incident")
    return list(Incident.objects.visible_to(principal).filter(pk__in=about).order_by("-pk"))


def harming(found: IncidentQuerySet, api: Api) -> IncidentQuerySet:
    """Narrow incidents to those that harm an API."""
    return found.filter(Exists(Link.objects.filter(incident=OuterRef("pk"), removed_at=None, api=api)))


def entries_of(incident: Incident) -> QuerySet[Entry]:
    """Return the timeline of a visible incident with who wrote it."""
    return Entry.objects.filter(incident=incident).select_related("by")


def with_more(found: IncidentQuerySet) -> IncidentQuerySet:
    """Return incidents with the name of their `commander`, `tasks_open` and when the next clock is `due`."""
    here = {"incident": OuterRef("pk")}
    commander = Participant.objects.filter(seat=Seat.COMMANDER.value, until=None, **here).values("user__name")
    todo = Q(tasks__state=TaskState.TODO.value)
    return found.annotate(
        commander=Subquery(commander[:1]),
        due=_next_due(),
        tasks_open=Count("tasks", filter=todo),
    )


def _next_due() -> Subquery:
    clocks = Clock.objects.filter(state=ClockState.RUNNING.value, incident=OuterRef("pk")).values("incident")
    return Subquery(clocks.annotate(due=Min("due_at")).values("due"))


def _apis(principal: Principal, incident_ids: Collection[int]) -> dict[int, list[str]]:
    """Return the names of the visible APIs that incidents harm."""
    seen = Api.objects.visible_to(principal).values("pk")
    links = Link.objects.filter(incident__in=incident_ids, removed_at=None, api__in=seen)
    found: dict[int, list[str]] = defaultdict(list)
    for incident_id, name in links.order_by("api__name", "pk").values_list("incident_id", "api__name"):
        found[incident_id].append(name)
    return found
