"""What weighs on an API, counted anew from its alerts: people said what they are, or where they belong changed."""

from collections.abc import Iterable
from typing import Any, Final

from django.db import connection, transaction

from incidents.choices import HARMLESS, Outcome
from incidents.models import ThreatState
from incidents.scoring.threat import BLOCKED, HALF_LIFE_DAYS, PASSED, WEIGHT
from incidents.services.folding import LOCK
from incidents.signals import alerts_recorded
from inventory.signals import ApisChanged

COUNT: Final = """
WITH weight AS (
    SELECT * FROM unnest(%(ranks)s::int[], %(weights)s::float8[]) AS weight (rank, value)
), share AS (
    SELECT * FROM unnest(%(words)s::text[], %(passed)s::float8[], %(blocked)s::float8[])
        AS share (word, passed, blocked)
), alert AS (
    SELECT alert.api_id, coalesce(nullif(alert.category, ''), 'other') AS category, alert.happened_at,
        weight.value * share.passed AS passed, weight.value * share.blocked AS blocked,
        max(alert.happened_at) OVER (
            PARTITION BY alert.api_id, coalesce(nullif(alert.category, ''), 'other')) AS as_of
    FROM incidents_alert alert
    JOIN incidents_episode episode ON episode.id = alert.episode_id
    JOIN weight ON weight.rank = alert.severity JOIN share ON share.word = alert.outcome
    WHERE alert.api_id = ANY(%(apis)s::bigint[]) AND NOT episode.resolution = ANY(%(harmless)s::text[])
)
SELECT api_id, category, max(as_of),
    sum(passed * power(2, -extract(epoch FROM as_of - happened_at) / 86400 / %(half_life)s)),
    sum(blocked * power(2, -extract(epoch FROM as_of - happened_at) / 86400 / %(half_life)s))
FROM alert GROUP BY api_id, category ORDER BY api_id, category
"""
FORGET: Final = "DELETE FROM incidents_threatstate WHERE api_id = ANY(%s)"
STORE: Final = """
INSERT INTO incidents_threatstate (api_id, category, as_of, passed, blocked) VALUES (%s, %s, %s, %s, %s)
"""


@transaction.atomic
def weigh_anew(*, api_ids: Iterable[int], cause: str) -> None:
    """Count what the alerts of some APIs weigh, those that people called harmless left out, and tell of it.

    No import adds meanwhile to what is being counted.
    """
    ids = sorted(set(api_ids))
    given: dict[str, Any] = {
        "apis": ids,
        "harmless": [word.value for word in HARMLESS],
        "ranks": [word.rank for word in WEIGHT],
        "weights": list(WEIGHT.values()),
        "words": [word.value for word in Outcome],
        "passed": [PASSED[word] for word in Outcome],
        "blocked": [BLOCKED[word] for word in Outcome],
        "half_life": HALF_LIFE_DAYS,
    }
    with connection.cursor() as cursor:
        cursor.execute(LOCK)
        cursor.execute(COUNT, given)
        rows = cursor.fetchall()
        cursor.execute(FORGET, [ids])
        cursor.executemany(STORE, rows)
    alerts_recorded.send(ThreatState, result=ApisChanged(api_ids=tuple(ids), cause=cause))
