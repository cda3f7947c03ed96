"""How an API came to where it stands: its scores and the changes that were recorded."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from inventory.access.models import StateChange
from inventory.access.pages import Key, Page, page_of, read_moment, read_number
from inventory.access.records import Principal
from inventory.access.rights import Verb, may
from inventory.models import Api
from inventory.templatetags.ui import whole
from posture.models import ApiScore
from posture.selectors.sentences import sentence

DAYS: Final = 90
MOST: Final = 500
"""Change points that are looked at; a score that changed more often shows the newest of them."""
NEWEST: Final = 6
ORDER: Final = (
    Key(name="happened_at", read=read_moment, descending=True),
    Key(name="id", read=read_number, descending=True),
)
ICONS: Final = {"api": "adjustments-horizontal", "specification": "file-text", "finding": "list-check"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A change of a score: what it was from then on, and after what."""

    at: datetime
    score: Decimal
    band: str
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreHistory:
    """The change points of a score, newest first; the oldest of them may lie before `since`, where it held."""

    points: tuple[Point, ...]
    since: datetime
    days: int = DAYS

    @property
    def line(self) -> tuple[tuple[datetime, float], ...]:
        """The points of a chart, oldest first, from `since` on."""
        return tuple((max(point.at, self.since), float(point.score)) for point in reversed(self.points))

    @property
    def change(self) -> Decimal:
        """By how much the score is higher than at the start."""
        return self.points[0].score - self.points[-1].score if self.points else Decimal(0)

    @property
    def change_words(self) -> str:
        """What the change is measured over; nothing while there is none to speak of."""
        return f"in {self.days} days" if len(self.points) > 1 else ""

    @property
    def message(self) -> str:
        """What the line shows, in words."""
        if not self.points:
            return "Not scored yet."
        newest, oldest = self.points[0], self.points[-1]
        if newest is oldest:
            return f"The score is {whole(newest.score)} and has not changed in {self.days} days."
        number = len(self.points) - 1
        if newest.score == oldest.score:
            return f"The score is {whole(newest.score)} again, after {number} changes in {self.days} days."
        way = "rose" if newest.score > oldest.score else "fell"
        times = "once" if number == 1 else f"{number} times"
        return f"Score {way} from {_moved(oldest.score, newest.score)} in {self.days} days; it changed {times}."

    @property
    def words(self) -> str:
        """How many changes are listed."""
        return f"{len(self.points)} change{'s' if len(self.points) != 1 else ''}, newest first"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened, as a sentence that begins with who did it where somebody did."""

    at: datetime
    text: str
    who: str = ""
    reason: str = ""
    icon: str = "history"


def score_history(*, api: Api, now: datetime) -> ScoreHistory:
    """Return the change points of the last days, and the one that held at their start; one query."""
    since = now - timedelta(days=DAYS)
    newest_first = ApiScore.objects.filter(api=api).defer("factors", "inputs").order_by("-at", "-pk")[:MOST]
    points: list[Point] = []
    for row in newest_first:
        points.append(Point(at=row.at, score=row.score, band=row.band, cause=row.cause))
        if row.at < since:
            break
    return ScoreHistory(points=tuple(points), since=since)


def trail_page(
    *, principal: Principal, api: Api, team_id: int | None, after: str = "", before: str = ""
) -> Page[Event] | None:
    """Return one page of the changes of a visible API, newest first; None when the principal may not read the trail."""
    if not may(principal, Verb.READ_TRAIL, team_id=team_id):
        return None
    page = page_of(StateChange.objects.filter(api_id=api.pk), order=ORDER, after=after, before=before)
    rows = tuple(_event(change) for change in page.rows)
    return Page(rows=rows, total=page.total, more=page.more, next=page.next, previous=page.previous)


def newest_events(*, principal: Principal, api: Api, team_id: int | None, history: ScoreHistory) -> tuple[Event, ...]:
    """Return the last few things that happened, the changes of the score among them; one query at most."""
    events = [_scored(point, older) for point, older in zip(history.points, (*history.points[1:], None), strict=False)]
    events = events[:NEWEST]
    if may(principal, Verb.READ_TRAIL, team_id=team_id):
        changes = StateChange.objects.filter(api_id=api.pk).order_by("-happened_at", "-id")[:NEWEST]
        events += [_event(change) for change in changes]
    return tuple(sorted(events, key=lambda event: event.at, reverse=True)[:NEWEST])


def _scored(point: Point, older: Point | None) -> Event:
    moved = _moved(older.score, point.score) if older and older.score != point.score else whole(point.score)
    return Event(at=point.at, text=f"Score {moved} after: {point.cause}", icon="refresh")


def _moved(old: Decimal, new: Decimal) -> str:
    """Return "from to" as whole numbers; with decimals where these would be the same."""
    told = whole(old), whole(new)
    if told[0] == told[1]:
        told = f"{old:.2f}", f"{new:.2f}"
    return " to ".join(told)


def _event(change: StateChange) -> Event:
    return Event(
        at=change.happened_at,
        who=change.actor_name,
        text=sentence(change),
        reason=change.reason,
        icon=ICONS.get(change.kind, "history"),
    )
