"""Folding alerts into episodes: one actor, one rule, one place, one hour. Pure.

Windows are fixed hours (UTC), so that the episode of an alert is a function of the alert alone; folding is a sum, so
that order and repetition of documents do not matter.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from findings.choices import Severity
from incidents.choices import WORST_FIRST, Outcome
from incidents.records import AlertRecord
from inventory.access.masking import masked

SAMPLES: Final = 5
"""Alerts of an episode that are shown one by one: the first of them."""


def window_of(moment: datetime) -> datetime:
    """Return the start of the hour."""
    return moment.replace(minute=0, second=0, microsecond=0)


def digest_of(*parts: str) -> str:
    """Return a digest of texts, each kept apart from the next."""
    found = sha256()
    for part in parts:
        raw = part.encode()
        found.update(len(raw).to_bytes(4))
        found.update(raw)
    return found.hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Where an alert belongs.

    `scope` is whose it is: the API, or while there is none the team or organisation that brought it. `path` is that of
    the endpoint, else the masked one. Host and port are told for what has no API only.
    """

    scope: str
    api_id: int | None = None
    endpoint_id: int | None = None
    method: str = ""
    host: str = ""
    port: int | None = None
    path: str = ""


def key_of(spot: Spot, *, source_kind: str, actor: str, rule: str, window: datetime) -> str:
    """Return the identity of an episode."""
    there = "" if spot.api_id is not None else f"{spot.host}:{spot.port or ''}"
    return digest_of(spot.scope, source_kind, actor, rule, there, spot.method, spot.path, window.isoformat())


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What an episode adds up.

    `samples` are the first alerts of it, each with the digest that orders it; of titles and categories that differ the
    first in the order of their letters speaks.
    """

    title: str = ""
    category: str = ""

    alerts: int = 0
    events: int = 0
    outcomes: dict[Outcome, int] = field(default_factory=dict)
    severity: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    samples: tuple[dict[str, Any], ...] = ()

    def plus(self, other: "Tally") -> "Tally":
        """Return the sum of both; the order does not matter, and nor does how it is grouped."""
        outcomes = {word: self.outcomes.get(word, 0) + other.outcomes.get(word, 0) for word in Outcome}
        moments = [moment for moment in (self.first_at, other.first_at) if moment]
        ends = [moment for moment in (self.last_at, other.last_at) if moment]
        samples = sorted((*self.samples, *other.samples), key=_order)
        return replace(
            self,
            title=min(filter(None, (self.title, other.title)), default=""),
            category=min(filter(None, (self.category, other.category)), default=""),
            alerts=self.alerts + other.alerts,
            events=self.events + other.events,
            outcomes={word: number for word, number in outcomes.items() if number},
            severity=max(self.severity, other.severity),
            first_at=min(moments, default=None),
            last_at=max(ends, default=None),
            samples=tuple(samples[:SAMPLES]),
        )

    @property
    def outcome(self) -> Outcome:
        """The worst that became of any of its alerts."""
        return next((word for word in WORST_FIRST if self.outcomes.get(word)), Outcome.UNKNOWN)


def _order(sample: dict[str, Any]) -> tuple[Any, ...]:
    return sample["at"], sample["uid"], sorted(map(str, sample.items()))


def tally_of(record: AlertRecord, *, uid: str, path: str) -> Tally:
    """Return what one alert adds; `uid` is its digest, `path` the masked one."""
    sample = {
        "at": record.happened_at.isoformat(),
        "uid": uid,
        "method": record.method,
        "path": path,
        "status": record.status,
        "outcome": record.outcome.value,
        "where": record.where,
        "size": record.size,
        "numbers": record.numbers,
    }
    return Tally(
        title=masked(record.title),
        category=record.category,
        alerts=1,
        events=record.events,
        outcomes={record.outcome: record.events},
        severity=Severity(record.severity).rank,
        first_at=record.happened_at,
        last_at=record.happened_at,
        samples=({name: value for name, value in sample.items() if value not in (None, "", {})},),
    )
