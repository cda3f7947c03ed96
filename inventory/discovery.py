"""What an endpoint turned out to be: specified or not, called or not. Pure, and without a clock: facts alone decide.

Days are UTC. A day is *observed* when a log with the API's host was read for it. "Still called" means called on one of
the last N observed days; N is a policy. Silence counts in observed days only: a gateway nobody reads logs of says
nothing about its endpoints.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from inventory.choices import Discovery

DEFAULT_DAYS: Final = 30
LEAST_DAYS: Final = 1
MOST_DAYS: Final = 365

SINCE_EVER: Final = date(1970, 1, 1)
"""The day for what the first specification of an API had: nobody knows since when."""

NO_SPECIFICATION: Final = "; in no specification"

DEFINITIONS: Final = {
    Discovery.ZOMBIE: "Deprecated, past its sunset or dropped from the specification, and still called: "
    "on one of the last {days} observed days.",
    Discovery.SHADOW: "Called on one of the last {days} observed days, answered with success, in no specification.",
    Discovery.REMOVED: "Dropped from the specification, and not called since.",
    Discovery.ORPHAN: "In the specification, and never called on {days} or more observed days.",
    Discovery.UNUSED: "Called once, but not on the last {days} observed days.",
    Discovery.DOCUMENTED: "In the specification, and nothing of the above.",
}
"""Each state in a sentence, with its threshold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointFacts:
    """What is known of one endpoint.

    `specified_since` is None for one that no specification ever had; `removed_on` is set while the current one lacks
    it. `last_called` is None without a call.
    """

    specified_since: date | None = None
    removed_on: date | None = None
    deprecated: bool = False
    sunset: date | None = None
    last_called: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """How the gateway of an API was observed: on how many days, and the first of the last N of them.

    `edge` is None while there are fewer than N.
    """

    days: int = 0
    edge: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovered:
    """A state and why, as a sentence; `observed` is False while no log of the gateway was read."""

    state: Discovery
    reason: str
    observed: bool = False


def watch_of(observed: Iterable[date], *, days: int) -> Watch:
    """Return the watch that some observed days make."""
    latest = sorted(set(observed), reverse=True)
    return Watch(days=len(latest), edge=latest[days - 1] if len(latest) >= days else None)


def discover(facts: EndpointFacts, watch: Watch, *, days: int) -> Discovered:
    """Return the state of an endpoint: the first of zombie, shadow, removed, orphan, unused, documented that holds."""
    last = facts.last_called
    still = last is not None and (watch.edge is None or last >= watch.edge)
    if facts.specified_since is None:
        if last is None:
            return Discovered(state=Discovery.UNUSED, reason="No call is known any more.")
        told = f"Called, last on {last}; in no specification."
        return Discovered(state=Discovery.SHADOW, reason=told) if still else _unused(last, days, told=NO_SPECIFICATION)
    why = _gone(facts)
    if why and still:
        return Discovered(state=Discovery.ZOMBIE, reason=f"{why}, and still called, last on {last}.")
    if facts.removed_on is not None and not why:
        told = f"Not in the specification since {facts.removed_on}, and not called since."
        return Discovered(state=Discovery.REMOVED, reason=told)
    if last is None:
        return _uncalled(facts.specified_since, watch)
    told = f"In the specification; last called on {last}."
    return Discovered(state=Discovery.DOCUMENTED, reason=told) if still else _unused(last, days)


def _gone(facts: EndpointFacts) -> str:
    """Return why an endpoint should not be called any more as far as its last call goes; empty when it may be."""
    if facts.last_called is None:
        return ""
    if facts.removed_on is not None:
        gone = facts.last_called > facts.removed_on
        return f"Not in the specification since {facts.removed_on}" if gone else ""
    if facts.sunset is not None and facts.last_called >= facts.sunset:
        return f"Its sunset was on {facts.sunset}"
    return "Deprecated" if facts.deprecated else ""


def _unused(last: date, days: int, told: str = "") -> Discovered:
    reason = f"No call on the last {_counted(days)}; the last one was on {last}{told}."
    return Discovered(state=Discovery.UNUSED, reason=reason)


def _uncalled(since: date, watch: Watch) -> Discovered:
    if watch.edge is not None and since <= watch.edge:
        told = f"In the specification, and no call on {_counted(watch.days)}."
        return Discovered(state=Discovery.ORPHAN, reason=told)
    if not watch.days:
        return Discovered(state=Discovery.DOCUMENTED, reason="In the specification; no log of its gateway was read.")
    told = f"In the specification; no call on {_counted(watch.days)}, too few to say more than that."
    return Discovered(state=Discovery.DOCUMENTED, reason=told)


def _counted(days: int) -> str:
    return f"{days:,} observed day{'' if days == 1 else 's'}"
