"""Credential stuffing that answers 200: many log-ins that are answered with success and never used. Pure.

An endpoint is a log-in by its last words (`LOGINS`) and POST. An attempt is *spent* when it was answered with success,
but nothing signed followed from the same address and program before the next attempt, within two minutes; and, where
the log tells lengths, of all log-ins answered at about that length not more than one in five was ever used: the answer
to a true one is of another length than the answer to a false one.

A client is raised with ten spent attempts in ten minutes; or with five, where the spent attempts of at least three such
clients are thirty together, which is how attacks that are spread over addresses look.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from incidents.detections.events import Event
from incidents.detections.raised import Raised, counted

KIND: Final = "credential-stuffing"
WINDOW: Final = 600
ALONE: Final = 10
TOGETHER: Final = 30
CLIENTS: Final = 3
EACH: Final = 5
FOLLOWED: Final = 120
USED: Final = 0.2
SLACK: Final = 0.02
"""How far lengths of the same answer differ: a name in it, a token in it."""
LOGINS: Final = frozenset(
    ("login", "log-in", "signin", "sign-in", "authenticate", "authentication", "auth", "token", "session", "sessions")
)


def stuffings(events: Iterable[Event]) -> list[Raised]:
    """Return the clients that tried credentials. The events may come in any order."""
    logins: dict[tuple[str, str], list[Event]] = defaultdict(list)
    signed: dict[str, list[float]] = defaultdict(list)
    for event in events:
        if is_login(event):
            logins[event.host, event.place].append(event)
        elif event.signed:
            signed[event.address].append(event.at)
    for times in signed.values():
        times.sort()
    found = []
    for (host, place), attempts in logins.items():
        attempts.sort(key=lambda event: (event.at, event.client, event.address))
        found += _at_place(host, place, attempts, signed)
    return found


def is_login(event: Event) -> bool:
    """Tell whether a request tries to log in."""
    return event.method == "POST" and event.place.rstrip("/").rpartition("/")[2].lower() in LOGINS


def _at_place(host: str, place: str, attempts: Sequence[Event], signed: dict[str, list[float]]) -> list[Raised]:
    spent = _spent(attempts, signed)
    by_client: dict[str, list[Event]] = defaultdict(list)
    for event in attempts:
        by_client[event.client].append(event)
    windows = {who: window for who, own in spent.items() if (window := _densest(own)) is not None}
    found = []
    for who, (start, number) in windows.items():
        around = [
            other for other, (begun, many) in windows.items()
            if many >= EACH and begun <= start + WINDOW and start <= begun + WINDOW
        ]  # fmt: skip
        together = sum(windows[other][1] for other in around)
        if number >= ALONE or (number >= EACH and len(around) >= CLIENTS and together >= TOGETHER):
            own = spent[who]
            client = own[0].client
            numbers = counted(by_client[client], start=start, seconds=WINDOW)
            numbers |= {"spent": number, "clients": max(len(around), 1)}
            least = ALONE if number >= ALONE else EACH
            times = [event.at for event in own]
            raised_at = times[bisect_left(times, start) + least - 1]
            found.append(
                Raised(
                    kind=KIND, client=client, host=host, endpoint=place, first_seen=start, raised_at=raised_at,
                    numbers=numbers,
                )
            )  # fmt: skip
    return found


def _spent(attempts: Sequence[Event], signed: dict[str, list[float]]) -> dict[str, list[Event]]:
    """Return by client the attempts that were answered with success, looked like no success, and were never used."""
    following: dict[str, float] = {}
    used: list[Event] = []
    unused: list[Event] = []
    for event in reversed(attempts):
        until = min(following.get(event.address, event.at + FOLLOWED), event.at + FOLLOWED)
        following[event.address] = event.at
        times = signed.get(event.address, [])
        is_used = bisect_right(times, until) > bisect_left(times, event.at)
        if event.good:
            (used if is_used else unused).append(event)
    lengths = sorted(event.size for event in used), sorted(event.size for event in unused)
    found: dict[str, list[Event]] = defaultdict(list)
    for event in reversed(unused):
        true, false = (_near(sizes, event.size) for sizes in lengths)
        if not event.size or true <= USED * (true + false):
            found[event.who].append(event)
    return found


def _near(sizes: Sequence[int], size: int) -> int:
    """Return how many lengths are about this one."""
    return bisect_right(sizes, size * (1 + SLACK)) - bisect_left(sizes, size * (1 - SLACK))


def _densest(own: Sequence[Event]) -> tuple[float, int] | None:
    """Return start and number of the window with the most attempts, or the first with enough for a client alone."""
    times = [event.at for event in own]
    best: tuple[float, int] | None = None
    for start in times:
        number = bisect_right(times, start + WINDOW) - bisect_left(times, start)
        if best is None or number > best[1]:
            best = (start, number)
        if number >= ALONE:
            return best
    return best
