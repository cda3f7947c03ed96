"""Writing alerts and the episodes they add up to: set by set, the same whatever the order they arrive in."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection

from findings.choices import Severity
from incidents.choices import HARMLESS, OTHER, Outcome
from incidents.models import Episode, ThreatState
from incidents.records import AlertRecord
from incidents.scoring.threat import Pair, pair_of
from incidents.transitions.episodes import Spot, Tally, digest_of, key_of, tally_of, window_of
from incidents.transitions.places import masked_path
from inventory.access.masking import masked
from inventory.codes import digest_code

LOCK: Final = "SELECT pg_advisory_xact_lock(hashtextextended('incidents.alerts', 0))"
"""One import of alerts writes at a time: episodes are shared by documents that know nothing of each other."""

STAGED: Final = """
CREATE TEMPORARY TABLE IF NOT EXISTS staged_alert (
    happened_at timestamptz, scope text, uid text, api_id bigint, episode_key text, report_id bigint, category text,
    severity smallint, outcome text, events integer, sample jsonb, title text) ON COMMIT DROP
"""
EPISODES: Final = """
INSERT INTO incidents_episode (
    code, key, api_id, endpoint_id, team_id, uploader_id, source_kind, actor, rule, title, category, severity, outcome,
    method, host, port, path, window_start, first_at, last_at, alerts, events, outcomes, samples, recorded_at, state,
    resolution)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, '', '', 0, '', %s, %s, %s, %s, %s, %s, %s, 0, 0, '{}', '[]', %s, 'new', '')
ON CONFLICT (key) DO NOTHING
"""
ALERTS: Final = """
INSERT INTO incidents_alert (
    happened_at, scope, uid, api_id, episode_id, report_id, category, severity, outcome, events, sample, title)
SELECT happened_at, scope, uid, staged_alert.api_id, episode.id, report_id, staged_alert.category,
    staged_alert.severity, staged_alert.outcome, staged_alert.events, sample, staged_alert.title
FROM staged_alert JOIN incidents_episode episode ON episode.key = staged_alert.episode_key
ON CONFLICT (scope, uid, happened_at) DO NOTHING
RETURNING uid, happened_at, episode_id
"""
UPDATE: Final = """
UPDATE incidents_episode SET title = %s, category = %s, severity = %s, outcome = %s, first_at = %s, last_at = %s,
    alerts = %s, events = %s, outcomes = %s, samples = %s
WHERE id = %s
"""
EMPTY: Final = "DELETE FROM incidents_episode WHERE key = ANY(%s) AND alerts = 0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who brought something: the team, else a person of the organisation; what finds no API is theirs to see."""

    team_id: int | None = None
    uploader_id: int | None = None
    report_id: int | None = None

    @property
    def scope(self) -> str:
        """Return whose alerts without an API are: those of a team, else everybody's who sees all."""
        return "organisation" if self.team_id is None else f"team:{self.team_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """An alert and where it belongs."""

    record: AlertRecord
    spot: Spot
    uid: str
    key: str

    @property
    def threat(self) -> tuple[int, str] | None:
        """The API and category it weighs on, None without an API."""
        return None if self.spot.api_id is None else (self.spot.api_id, self.record.category or OTHER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What came of a batch: alerts that were new, and the episodes that they changed."""

    fresh: int
    episode_ids: frozenset[int]


def placed(record: AlertRecord, spot: Spot) -> Placed:
    """Return an alert with its identity and that of its episode."""
    uid = digest_of(record.source_kind, record.uid, record.rule)
    window = window_of(record.happened_at)
    key = key_of(spot, source_kind=record.source_kind, actor=record.actor, rule=record.rule, window=window)
    return Placed(record=record, spot=spot, uid=uid, key=key)


def write_alerts(rows: Sequence[Placed], *, holder: Holder, now: datetime) -> Written:
    """Write alerts that are not known yet and add them to their episodes and to what weighs on their APIs.

    Call under `LOCK`, with the months of the alerts made.
    """
    by_place = {(one.spot.scope, one.uid, one.record.happened_at): one for one in rows}
    kept = list(by_place.values())
    with connection.cursor() as cursor:
        cursor.execute(STAGED)
        cursor.execute("TRUNCATE staged_alert")
        first: dict[str, Placed] = {}
        for one in kept:
            first.setdefault(one.key, one)
        cursor.executemany(EPISODES, [_episode(first[key], holder, now) for key in sorted(first)])
        with cursor.copy("COPY staged_alert FROM STDIN") as copy:
            for one in kept:
                copy.write_row(_row(one, holder))
        cursor.execute(ALERTS)
        fresh = {(uid, happened_at): episode_id for uid, happened_at, episode_id in cursor.fetchall()}
        new = [one for one in kept if (one.uid, one.record.happened_at) in fresh]
        ids = {one.key: fresh[one.uid, one.record.happened_at] for one in new}
        harmless = _add_to_episodes(new, ids)
        cursor.execute(EMPTY, [sorted(first)])
    weigh(_pairs(one for one in new if ids[one.key] not in harmless))
    return Written(fresh=len(new), episode_ids=frozenset(ids.values()))


def _episode(one: Placed, holder: Holder, now: datetime) -> tuple[Any, ...]:
    record, spot = one.record, one.spot
    mapped = spot.api_id is not None
    return (
        digest_code("ALR", one.key), one.key, spot.api_id, spot.endpoint_id, None if mapped else holder.team_id,
        None if mapped else holder.uploader_id, record.source_kind[:100], record.actor[:200], record.rule[:300],
        spot.method, spot.host, spot.port, spot.path, window_of(record.happened_at), record.happened_at,
        record.happened_at, now,
    )  # fmt: skip


def _row(one: Placed, holder: Holder) -> tuple[Any, ...]:
    record = one.record
    sample = tally_of(record, uid=one.uid, path=masked_path(record.path)).samples[0]
    return (
        record.happened_at, one.spot.scope, one.uid, one.spot.api_id, one.key, holder.report_id, record.category,
        Severity(record.severity).rank, record.outcome.value, min(record.events, 2**31 - 1), json.dumps(sample),
        masked(record.title)[:300],
    )  # fmt: skip


def _add_to_episodes(new: Iterable[Placed], ids: dict[str, int]) -> set[int]:
    """Add new alerts to their episodes; return those of them that people called harmless."""
    sums: dict[int, Tally] = defaultdict(Tally)
    for one in new:
        path = masked_path(one.record.path)
        sums[ids[one.key]] = sums[ids[one.key]].plus(tally_of(one.record, uid=one.uid, path=path))
    held = Episode.objects.in_bulk(list(sums))
    write_tallies({pk: tally_held(held[pk]).plus(tally) for pk, tally in sums.items()})
    return {pk for pk, episode in held.items() if episode.resolution in HARMLESS}


def tally_held(episode: Episode) -> Tally:
    """Return what an episode adds up so far."""
    if not episode.alerts:
        return Tally()
    return Tally(
        title=episode.title,
        category=episode.category,
        alerts=episode.alerts,
        events=episode.events,
        outcomes={Outcome(word): number for word, number in episode.outcomes.items()},
        severity=episode.severity,
        first_at=episode.first_at,
        last_at=episode.last_at,
        samples=tuple(episode.samples),
    )


def write_tallies(tallies: dict[int, Tally]) -> None:
    """Store what episodes add up, by their ids."""
    with connection.cursor() as cursor:
        cursor.executemany(UPDATE, [(*_columns(tallies[pk]), pk) for pk in sorted(tallies)])


def _columns(tally: Tally) -> tuple[Any, ...]:
    outcomes = {word.value: number for word, number in tally.outcomes.items()}
    return (
        tally.title[:300], tally.category, tally.severity, tally.outcome.value, tally.first_at, tally.last_at,
        tally.alerts, tally.events, json.dumps(outcomes), json.dumps(list(tally.samples)),
    )  # fmt: skip


def _pairs(new: Iterable[Placed]) -> dict[tuple[int, str], Pair]:
    pairs: dict[tuple[int, str], Pair] = {}
    for one in new:
        place = one.threat
        if place is not None:
            pair = pair_of(Severity(one.record.severity), one.record.outcome, one.record.happened_at)
            pairs[place] = pairs[place].plus(pair) if place in pairs else pair
    return pairs


def weigh(pairs: dict[tuple[int, str], Pair]) -> None:
    """Add pairs to what weighs on APIs, by API and category."""
    held = {
        (state.api_id, state.category): state
        for state in ThreatState.objects.filter(api__in={api_id for api_id, _ in pairs})
    }
    for api_id, category in sorted(pairs):
        pair, state = pairs[api_id, category], held.get((api_id, category))
        if state is not None:
            pair = pair.plus(Pair(passed=state.passed, blocked=state.blocked, as_of=state.as_of))
        values = {"passed": pair.passed, "blocked": pair.blocked, "as_of": pair.as_of}
        ThreatState.objects.update_or_create(api_id=api_id, category=category, defaults=values)
