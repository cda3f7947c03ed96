"""Object-id enumeration: one client asks for many objects of one kind, far more than others do. Pure.

A client is raised on an endpoint with a parameter when, within ten minutes or an hour, it asked for at least so many
different objects (`WINDOWS`), and for at least five times as many as nine in ten of the other clients ever did in such
a window. Where fewer than three others used the endpoint there is nothing to compare with, and twice as many count.

Not raised: what a client does as a habit, at much the same time of day on at least two other days of the log, as a
partner's nightly job does.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from incidents.detections.events import Event
from incidents.detections.raised import Raised, counted

KIND: Final = "object-enumeration"
WINDOWS: Final = ((600, 20), (3600, 40))
"""Seconds, and the different objects that are too many in them."""
TIMES_OTHERS: Final = 5
OTHERS: Final = 3
HABIT_DAYS: Final = 2
HABIT_SECONDS: Final = 90 * 60
DAY: Final = 86_400


def enumerations(events: Iterable[Event]) -> list[Raised]:
    """Return the clients that walked through objects. The events may come in any order."""
    places: dict[tuple[str, str], list[Event]] = defaultdict(list)
    for event in events:
        if "{}" in event.place:
            places[event.host, event.place].append(event)
    found = []
    for (host, place), asked in places.items():
        asked.sort(key=lambda event: (event.at, event.client, event.path))
        found += _at_place(host, place, asked)
    return found


def _at_place(host: str, place: str, asked: Sequence[Event]) -> list[Raised]:
    by_who: dict[str, list[Event]] = defaultdict(list)
    by_client: dict[str, list[Event]] = defaultdict(list)
    for event in asked:
        by_who[event.who].append(event)
        by_client[event.client].append(event)
    found = []
    for seconds, most in WINDOWS:
        peaks = {who: peak(own, seconds) for who, own in by_who.items()}
        for who, number in peaks.items():
            if number < most or not _stands_out(who, peaks, most):
                continue
            own = by_who[who]
            span = first_window(own, seconds, most)
            if span is None or _is_habit(own, span[0], seconds, number):
                continue
            client = own[0].client
            numbers = counted(by_client[client], start=span[0], seconds=seconds)
            numbers["others"] = typical(who, peaks)
            found.append(
                Raised(
                    kind=KIND, client=client, host=host, endpoint=place, first_seen=span[0], raised_at=span[1],
                    numbers=numbers,
                )
            )  # fmt: skip
    return found


def peak(events: Sequence[Event], seconds: int) -> int:
    """Return the most different objects asked for within so many seconds; the events stand in the order of time."""
    held: Counter[str] = Counter()
    start = most = 0
    for event in events:
        held[event.path] += 1
        start = _shrink(events, start, event.at - seconds, held)
        most = max(most, len(held))
    return most


def first_window(events: Sequence[Event], seconds: int, most: int) -> tuple[float, float] | None:
    """Return start and end of the first window with so many different objects."""
    held: Counter[str] = Counter()
    start = 0
    for event in events:
        held[event.path] += 1
        start = _shrink(events, start, event.at - seconds, held)
        if len(held) >= most:
            return events[start].at, event.at
    return None


def _shrink(events: Sequence[Event], start: int, edge: float, held: Counter[str]) -> int:
    """Leave out what happened before the edge; return where the rest starts."""
    while events[start].at < edge:
        path = events[start].path
        held[path] -= 1
        if not held[path]:
            del held[path]
        start += 1
    return start


def typical(who: str, peaks: dict[str, int]) -> int:
    """Return what nine in ten of the other clients never exceeded; 0 without others."""
    others = sorted(number for other, number in peaks.items() if other != who)
    return others[(len(others) - 1) * 9 // 10] if others else 0


def _stands_out(who: str, peaks: dict[str, int], most: int) -> bool:
    if len(peaks) - 1 < OTHERS:
        return peaks[who] >= 2 * most
    return peaks[who] >= TIMES_OTHERS * typical(who, peaks)


def _is_habit(own: Sequence[Event], start: float, seconds: int, number: int) -> bool:
    days: dict[int, list[Event]] = defaultdict(list)
    for event in own:
        # The day turns half a day from the time of day in question, so that a job around midnight keeps its days.
        days[round((event.at - start) / DAY)].append(event)
    alike = 0
    for day, events in days.items():
        near = [event for event in events if abs(event.at - start - day * DAY) <= HABIT_SECONDS]
        if day and near and peak(near, seconds) >= number / 2:
            alike += 1
    return alike >= HABIT_DAYS
