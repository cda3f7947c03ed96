"""Judge APIs against the OWASP API Security Top 10 (2023): a row for each API and category, kept with its history.

An open finding of a category, of a tool or of a failed check, is what fails it. The checks of the category tell whether
anything looked: while one of them does not know, the API is not said to meet it. Findings of severity info fail
nothing.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from django.db import connection

from findings.identity import OWN_CHECKS
from findings.status import OPEN, Status
from incidents.scoring.categories import CWES
from inventory.checks.base import checks
from inventory.services.hashing import hashing
from posture.records import FRAMEWORK, REQUIREMENTS

LISTED: Final = 20
"""How many findings a row names; it counts all."""

STAGE = """
DROP TABLE IF EXISTS staged_compliance;
CREATE TEMPORARY TABLE staged_compliance ON COMMIT DROP AS
WITH api AS (
    SELECT id AS api_id FROM inventory_api WHERE id = ANY(%(apis)s) AND stage <> 'retired'
), category AS (
    SELECT * FROM unnest(%(cwes)s::int[], %(cwe_categories)s::text[]) AS category (cwe, requirement)
), own AS (
    SELECT * FROM unnest(%(checks)s::text[], %(check_categories)s::text[]) AS own (name, requirement)
), listed AS MATERIALIZED (
    SELECT finding.api_id, finding.code, left(finding.title, 300) AS title, finding.severity, finding.cwe, finding.rule,
        finding.source_kind = %(own)s AS ours, finding.status = %(accepted)s AS accepted,
        left(trim(finding.method || ' ' || coalesce(nullif(finding.path, ''), finding.file)), 300) AS place
    FROM findings_finding finding JOIN api USING (api_id)
    WHERE finding.api_id = ANY(%(apis)s) AND finding.moved_to_id IS NULL AND finding.severity > 0
        AND finding.status = ANY(%(statuses)s)
), kind AS (
    SELECT cwe, (
        SELECT requirement FROM unnest(kinds.cwe) AS one (cwe) JOIN category USING (cwe) ORDER BY cwe LIMIT 1
    ) AS requirement FROM (SELECT DISTINCT cwe FROM listed WHERE NOT ours) AS kinds
), finding AS (
    SELECT listed.*, coalesce(own.requirement, kind.requirement) AS requirement
    FROM listed LEFT JOIN own ON listed.ours AND own.name = listed.rule
    LEFT JOIN kind ON NOT listed.ours AND kind.cwe = listed.cwe
), ranked AS (
    SELECT *, row_number() OVER (
        PARTITION BY api_id, requirement ORDER BY accepted, severity DESC, code COLLATE "C") AS place_in_list
    FROM finding WHERE requirement IS NOT NULL
), found AS (
    SELECT api_id, requirement, count(*) FILTER (WHERE NOT accepted) AS open,
        count(*) FILTER (WHERE accepted) AS accepted,
        jsonb_agg(jsonb_build_array(code, title, severity, place, accepted) ORDER BY place_in_list)
            FILTER (WHERE place_in_list <= %(listed)s) AS failing
    FROM ranked GROUP BY api_id, requirement
), rolled AS (
    SELECT held.api_id, own.requirement, bool_or(result = 'fail') OR NOT bool_or(result = 'unknown') AS judged
    FROM findings_checkresult held JOIN api USING (api_id) JOIN own ON own.name = held.check_name
    WHERE held.api_id = ANY(%(apis)s) AND held.until IS NULL
    GROUP BY held.api_id, own.requirement, held.check_name
), tested AS (
    SELECT api_id, requirement, count(*) FILTER (WHERE judged) AS judged, count(*) FILTER (WHERE NOT judged) AS unknown
    FROM rolled GROUP BY api_id, requirement
)
SELECT api.api_id, requirement.requirement,
    CASE WHEN found.open > 0 THEN 'not_met' WHEN found.accepted > 0 THEN 'accepted'
         WHEN coalesce(tested.judged, 0) = 0 THEN 'not_tested' WHEN tested.unknown > 0 THEN 'partly'
         ELSE 'met' END AS state,
    coalesce(found.open, 0)::int AS open, coalesce(found.accepted, 0)::int AS accepted,
    coalesce(tested.judged, 0)::int AS judged, coalesce(tested.unknown, 0)::int AS unknown,
    coalesce(found.failing, '[]'::jsonb) AS failing
FROM api CROSS JOIN unnest(%(requirements)s::text[]) AS requirement (requirement)
LEFT JOIN found USING (api_id, requirement) LEFT JOIN tested USING (api_id, requirement)
"""

SAME = """
    held.api_id = staged.api_id AND held.requirement = staged.requirement AND held.state = staged.state
    AND held.open = staged.open AND held.accepted = staged.accepted AND held.judged = staged.judged
    AND held.unknown = staged.unknown AND held.failing = staged.failing
"""

CLOSE = f"""
UPDATE posture_compliance held SET until = greatest(%(now)s, held.since)
WHERE held.framework = %(framework)s AND held.api_id = ANY(%(apis)s) AND held.until IS NULL
    AND NOT EXISTS (SELECT FROM staged_compliance staged WHERE {SAME})
"""  # noqa: S608 - our own names

OPEN_NEW = f"""
INSERT INTO posture_compliance
    (framework, requirement, api_id, state, open, accepted, judged, unknown, failing, since)
SELECT %(framework)s, requirement, api_id, state, open, accepted, judged, unknown, failing, %(now)s
FROM staged_compliance staged
WHERE NOT EXISTS (SELECT FROM posture_compliance held
    WHERE held.framework = %(framework)s AND held.api_id = ANY(%(apis)s) AND held.until IS NULL AND {SAME})
ORDER BY api_id, requirement
"""  # noqa: S608 - our own names


def comply_apis(*, api_ids: Collection[int], now: datetime) -> int:
    """Judge some APIs as the database has them and keep what changed; return how many rows are new.

    Of two callers with a common API the second waits and reads what the first has committed.
    """
    ids = sorted(set(api_ids))
    given = {**_vocabulary(), "apis": ids, "now": now, "framework": FRAMEWORK}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended('comply:' || id, 0)) FROM unnest(%s::bigint[]) AS one (id)",
            [ids],
        )
        with hashing():
            for statement in (STAGE, "ANALYZE staged_compliance", CLOSE, OPEN_NEW):
                cursor.execute(statement, given)
            written: int = cursor.rowcount
    return written


def _vocabulary() -> dict[str, Any]:
    pairs = [(cwe, category) for category, cwes in CWES.items() for cwe in cwes]
    own = [(entry.slug, entry.category) for entry in checks()]
    return {
        "cwes": [cwe for cwe, _ in pairs],
        "cwe_categories": [category for _, category in pairs],
        "checks": [name for name, _ in own],
        "check_categories": [category for _, category in own],
        "own": OWN_CHECKS,
        "accepted": Status.ACCEPTED.value,
        "statuses": [*(status.value for status in OPEN), Status.ACCEPTED.value],
        "listed": LISTED,
        "requirements": [entry.short for entry in REQUIREMENTS],
    }
