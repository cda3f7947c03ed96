"""The trail as somebody may read it: which rows, narrowed how, and each as a sentence."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import reduce
from operator import or_
from typing import Any, Final

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from inventory.access.belongings import floors
from inventory.access.filters import ListFilter
from inventory.access.models import StateChange, Team
from inventory.access.pages import Key, Page, batches, page_of, read_moment, read_number
from inventory.access.records import Principal
from inventory.access.rights import Verb, may

KINDS: Final = {
    "api": "API",
    "specification": "Specification",
    "finding": "Finding",
    "report": "Report",
    "series": "Series",
    "mapping rule": "Mapping rule",
    "connection": "Connection",
    "job": "Job",
    "team": "Team",
    "person": "Person",
    "token": "Token",
    "policy": "Policy",
    "export": "Export",
}
"""What the trail tells of, in words."""
PAGES: Final = {
    "api": "posture:api",
    "finding": "posture:finding",
    "connection": "inventory:connection",
    "job": "jobs:job",
    "team": "access:team",
}
"""The page of a thing, by the name of its address."""
ICONS: Final = {
    "api": "api",
    "specification": "file-text",
    "finding": "list-check",
    "connection": "plug-connected",
    "team": "users",
    "person": "users",
    "token": "key",
}
ORDER: Final = (
    Key(name="happened_at", read=read_moment, descending=True),
    Key(name="id", read=read_number, descending=True),
)
LONGEST: Final = 400
SAID: Final = {
    "folded": "brought in",
    "false_positive": "marked as false positive",
    "duplicate": "marked as duplicate",
    "in_progress": "marked as in progress",
}
"""Acts whose name is a word of the makers, in words of the readers."""
PAST: Final = {
    "accept": "accepted", "add": "added", "change": "changed", "close": "closed", "create": "created", "end": "ended",
    "export": "exported", "fail": "failed", "give": "gave", "grant": "gave", "invite": "invited", "make": "made",
    "open": "opened", "remove": "removed", "rename": "renamed", "revoke": "revoked", "sign": "signed",
    "take": "took", "withdraw": "withdrew",
}  # fmt: skip
"""The first word of an act kept as an order, as it follows the name of who did it."""
NONE_OF_IT: Final = re.compile(r"(?:^|, )0 [^,]+")
"""What counts nothing in “6 new, 0 closed”."""
CHOSEN: Final = {"kind", "resolution", "stage", "state"}
"""What holds one of our own words, written with underscores."""
MOMENT: Final = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|\+00:00)")


class TrailFilter(ListFilter):
    """Which rows of the trail to list."""

    noun = "change"

    def __init__(self, asked: QueryDict) -> None:
        super().__init__(asked)
        self.write("actor", "Who")
        self.offer("kind", "What", list(KINDS.items()))
        self.write("code", "Which one")
        self.write("verb", "Act")
        self.day("since", "From")
        self.day("until", "To")
        self.full_clean()

    def apply(self, rows: QuerySet[StateChange]) -> QuerySet[StateChange]:
        """Return the rows that match; days are those of the person who asks."""
        if actor := self.value("actor"):
            rows = rows.filter(actor_name__icontains=actor)
        if kind := self.value("kind"):
            rows = rows.filter(kind=kind)
        if code := self.value("code"):
            rows = rows.filter(code=code)
        if verb := self.value("verb"):
            rows = rows.filter(_acts(verb))
        if since := self.cleaned_data.get("since"):
            rows = rows.filter(happened_at__gte=_start(since))
        if until := self.cleaned_data.get("until"):
            rows = rows.filter(happened_at__lt=_start(until + timedelta(days=1)))
        if text := self.value("q"):
            rows = rows.filter(Q(code__icontains=text) | Q(reason__icontains=text) | _acts(text))
        return rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One change as a sentence: who did what to which thing, and why; `url` is the page of the thing, if it has one."""

    at: datetime
    who: str
    verb: str
    kind: str
    code: str
    change: str
    reason: str
    source: str
    icon: str
    url: str
    on_behalf: bool


def trail_in_sight(principal: Principal) -> QuerySet[StateChange]:
    """Return the rows the principal may read: all, or those about what their teams hold and the teams themselves."""
    if may(principal, Verb.READ_TRAIL, team_id=None):
        return StateChange.objects.all()
    teams = [team_id for team_id in principal.team_ids if may(principal, Verb.READ_TRAIL, team_id=team_id)]
    if not teams:
        return StateChange.objects.none()
    own = Q(kind="team", code__in=Team.objects.filter(pk__in=teams).values("slug"))
    return StateChange.objects.filter(reduce(or_, (floor.trail_of_teams(teams) for floor in floors()), own))


def trail_page(*, principal: Principal, narrowed: TrailFilter, after: str = "", before: str = "") -> Page[Entry]:
    """Return one page of the trail in sight, the newest first; two queries."""
    rows = narrowed.apply(trail_in_sight(principal))
    page = page_of(rows, order=ORDER, after=after, before=before)
    return Page(
        rows=tuple(map(_entry, page.rows)), total=page.total, more=page.more, next=page.next, previous=page.previous
    )


def whole_trail(*, principal: Principal, narrowed: TrailFilter) -> Iterator[StateChange]:
    """Yield every row in sight that was asked for, the newest first."""
    rows = narrowed.apply(trail_in_sight(principal)).order_by("-happened_at", "-id")
    return (row for batch in batches(rows) for row in batch)


def in_words(change: StateChange) -> str:
    """Return what became of what: “from x to y”, “to y” of what was set, what is new, or nothing."""
    old, new = plain(change.old), plain(change.new)
    if old and new:
        return f"from {old} to {new}"
    if not new:
        return f"was {old}" if old else ""
    if isinstance(change.new, dict):
        return plain({name: _word(name, held) for name, held in change.new.items() if plain(held)})
    return f"to {new}" if change.verb.startswith("set") else NONE_OF_IT.sub("", new).removeprefix(", ") or "nothing new"


def told_act(verb: str) -> str:
    """Return an act of the trail as it follows the name of who did it: “signed in”, “marked as false positive”."""
    first, *more = verb.split(" ", 1)
    return SAID.get(verb) or " ".join((PAST.get(first, first).replace("_", " "), *more))


def _acts(text: str) -> Q:
    """Return the rows whose act holds a text, as it is kept or as it is shown."""
    asked = text.casefold()
    kept = {asked, *(asked.replace(told, verb) for verb, told in PAST.items() if told in asked)}
    shown = Q(verb__in=[verb for verb, told in SAID.items() if asked in told])
    return reduce(or_, (Q(verb__icontains=each) for each in sorted(kept)), shown)


def plain(value: Any) -> str:
    """Return a value of the trail as text."""
    if value is None or value == "":
        return ""
    if isinstance(value, dict):
        return ", ".join(f"{name} {plain(held) or 'nothing'}" for name, held in value.items())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(map(plain, value))
    return str(value)


def _word(name: str, held: Any) -> Any:
    return held.replace("_", " ") if name in CHOSEN and isinstance(held, str) else held


def _with_moments(text: str) -> str:
    """Return a text with its moments as the other ones of a page, in the zone of who reads."""
    return MOMENT.sub(lambda found: f"{timezone.localtime(datetime.fromisoformat(found[0])):%-d %b %Y, %H:%M}", text)


def _entry(change: StateChange) -> Entry:
    told = _with_moments(in_words(change))
    return Entry(
        at=change.happened_at,
        who=change.actor_name,
        verb=told_act(change.verb),
        kind=KINDS.get(change.kind, change.kind.capitalize()),
        code=change.code,
        change=told if len(told) <= LONGEST else f"{told[:LONGEST]}…",
        reason=change.reason,
        source=change.source,
        icon=ICONS.get(change.kind, "history"),
        url=_page(change),
        on_behalf=bool(change.on_behalf_of),
    )


def _page(change: StateChange) -> str:
    try:
        return reverse(PAGES[change.kind], args=[change.code]) if change.kind in PAGES else ""
    except NoReverseMatch:
        return ""


def _start(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=timezone.get_current_timezone())
