"""The alerts in sight, page by page, the newest first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from findings.status import SeverityRank
from incidents.choices import Outcome, State
from incidents.filters import AlertFilter
from incidents.models import Episode
from incidents.selectors.alert_crowds import Crowd, without
from incidents.transitions.triage import TARGETS
from inventory.access.pages import Key, Page, page_of, read_moment, read_number
from inventory.access.records import Principal

ORDER: Final = (
    Key(name="last_at", read=read_moment, descending=True),
    Key(name="pk", read=read_number, descending=True),
)
SOON: Final = 0.25
"""The share of the time to acknowledge that is left when it becomes urgent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timer:
    """The time to acknowledge: `state` is overdue, soon, ok or done; `words` say it, `due` is when it ends."""

    state: str
    words: str
    due: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRow:
    """One alert as lists show it."""

    code: str
    severity: str
    title: str
    rule: str
    source: str
    category: str
    actor: str
    api: str
    api_code: str
    place: str
    state: str
    until: datetime | None
    resolution: str
    outcome: str
    alerts: int
    events: int
    first_at: datetime
    last_at: datetime
    assignee: str
    timer: Timer


def sources_in_sight(principal: Principal) -> list[str]:
    """Return the tools whose alerts are in sight, by name."""
    found = Episode.objects.visible_to(principal).live().order_by("source_kind")
    return list(found.values_list("source_kind", flat=True).distinct())


def alerts_in_sight(
    *,
    principal: Principal,
    narrowed: AlertFilter,
    crowds: tuple[Crowd, ...],
    now: datetime,
    after: str = "",
    before: str = "",
) -> Page[AlertRow]:
    """Return one page of the alerts in sight; those of crowds are left out but counted; two queries."""
    found = without(narrowed.apply(Episode.objects.visible_to(principal).live()), crowds)
    page: Page[Any] = page_of(
        found.select_related("api", "endpoint", "assignee").defer("samples"), order=ORDER, after=after, before=before
    )
    rows = tuple(row_of(episode, now=now) for episode in page.rows)
    total = page.total + sum(crowd.alerts for crowd in crowds)
    return Page(rows=rows, total=total, more=page.more, next=page.next, previous=page.previous)


def unmapped_in_sight(principal: Principal) -> int:
    """Return how many alerts that wait for somebody no API is known for."""
    return Episode.objects.visible_to(principal).live().filter(api=None).exclude(state=State.CLOSED.value).count()


def row_of(episode: Episode, *, now: datetime) -> AlertRow:
    """Return what lists show of an episode whose API, endpoint and assignee are loaded."""
    return AlertRow(
        code=episode.code,
        severity=SeverityRank(episode.severity).name.lower(),
        title=episode.title,
        rule=episode.rule,
        source=episode.source_kind,
        category=episode.category,
        actor=episode.actor,
        api=episode.api.name if episode.api else "",
        api_code=episode.api.code if episode.api else "",
        place=place_of(episode),
        state=episode.state,
        until=episode.state_until,
        resolution=episode.resolution.replace("_", " "),
        outcome=Outcome(episode.outcome).value,
        alerts=episode.alerts,
        events=episode.events,
        first_at=episode.first_at,
        last_at=episode.last_at,
        assignee=str(episode.assignee) if episode.assignee else "",
        timer=timer_of(episode, now=now),
    )


def place_of(episode: Episode) -> str:
    """Return where an attack was aimed, in one line: its endpoint, else method and masked path with the host."""
    if episode.endpoint:
        return str(episode.endpoint)
    host = f"{episode.host}:{episode.port}" if episode.port else episode.host
    return " ".join(part for part in (episode.method, f"{host if not episode.api_id else ''}{episode.path}") if part)


def timer_of(episode: Episode, *, now: datetime) -> Timer:
    """Return how the time to acknowledge an alert stands; it runs from when the alert was recorded here."""
    target = TARGETS[SeverityRank(episode.severity).name.lower()]
    due = episode.recorded_at + target
    if episode.acknowledged_at is not None:
        took = span((episode.acknowledged_at - episode.recorded_at).total_seconds())
        return Timer(state="done", words=f"Acknowledged after {took}", due=due)
    left = (due - now).total_seconds()
    if left < 0:
        return Timer(state="overdue", words=f"{span(-left)} over", due=due)
    return Timer(state="soon" if left < SOON * target.total_seconds() else "ok", words=f"{span(left)} left", due=due)


def span(seconds: float) -> str:
    """Return a stretch of time in its two largest units, such as `1 h 5 min`."""
    minutes = int(max(seconds, 0) // 60)
    if minutes < 1:
        return "under 1 min"
    days, rest = divmod(minutes, 1440)
    parts = ((days, "d"), (rest // 60, "h"), (rest % 60, "min"))
    return " ".join(f"{number} {unit}" for number, unit in [part for part in parts if part[0]][:2])
