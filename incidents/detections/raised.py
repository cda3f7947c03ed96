"""What a detection raises: a client, what it did and where, and numbers that a recount of the log confirms. Pure."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from incidents.detections.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """One detection. `first_seen` and `raised_at` are seconds since 1970: the window's start, and when it was clear.

    `numbers`: `requests` of the client on the endpoint from `first_seen` for `window_seconds`, `distinct` paths among
    them, and what else explains it.
    """

    kind: str
    client: str
    host: str
    endpoint: str
    first_seen: float
    raised_at: float
    numbers: dict[str, int | float]


def counted(events: Sequence[Event], *, start: float, seconds: int) -> dict[str, int | float]:
    """Return the numbers of a client's requests on one endpoint, which stand in the order of time."""
    times = [event.at for event in events]
    inside = events[bisect_left(times, start) : bisect_right(times, start + seconds)]
    return {
        "requests": len(inside),
        "distinct": len({event.path for event in inside}),
        "window_seconds": seconds,
        "succeeded": sum(event.good for event in inside),
    }


def one_each(found: Iterable[Raised]) -> list[Raised]:
    """Return the first of each client, endpoint and kind, in the order they were raised."""
    held: dict[tuple[str, str, str, str], Raised] = {}
    for one in sorted(found, key=lambda raised: (raised.raised_at, raised.client, raised.endpoint, raised.kind)):
        held.setdefault((one.kind, one.client, one.host, one.endpoint), one)
    return list(held.values())
