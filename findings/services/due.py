"""When open findings are due: `findings.deadlines` for a set of them at once, by the policy of now."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection, transaction

from findings.deadlines import LONGEST, NEVER, days_of
from findings.selectors import deadline_calendar, deadline_rules
from findings.status import OPEN, SeverityRank
from inventory.access.records import SYSTEM
from inventory.choices import Criticality, Reach
from inventory.jobs.services.gathering import ask_for_rows
from inventory.jobs.services.jobs import enqueue

FOLLOW: Final = "findings.follow"
"""The kind of the job that does this after news, and answers retests."""
BACK: Final = timedelta(days=20 * 365)
"""What was opened longer ago counts as opened then."""
AHEAD: Final = timedelta(days=LONGEST * 2)
UNKNOWN: Final = "unknown"

OF_APIS = "finding.api_id = ANY(%(apis)s)"
OF_FINDINGS = "finding.id = ANY(%(findings)s)"
OF_TOUCHED = "finding.id IN (SELECT finding_id FROM touched)"
OF_ALL = "true"
UNMAPPED = "finding.api_id IS NULL"

# A day that does not count begins with the next one that does: its number is one more, and its hour is midnight.
COUNTED = """
worked AS (
    SELECT day::date AS day, counts, count(*) FILTER (WHERE counts) OVER (ORDER BY day) AS number
    FROM (SELECT day, extract(isodow FROM day) < 6 AND NOT day::date = ANY(%(holidays)s::date[]) AS counts
          FROM generate_series(%(first)s::date, %(last)s::date, interval '1 day') AS day) AS days
), dated AS (
    SELECT opened.id, (ended.day + CASE WHEN began.counts THEN opened.at::time ELSE time '00:00' END)
        AT TIME ZONE 'UTC' AS due_at
    FROM opened
    JOIN worked began ON began.day = opened.at::date
    JOIN worked ended ON ended.counts
        AND ended.number = began.number + opened.days + CASE WHEN began.counts THEN 0 ELSE 1 END
)
"""
ALL_COUNTED = """
dated AS (SELECT id, (at + days * interval '1 day') AT TIME ZONE 'UTC' AS due_at FROM opened)
"""

STAMP = """
WITH rule AS (
    SELECT * FROM unnest(%(severities)s::smallint[], %(reaches)s::text[], %(criticalities)s::text[], %(days)s::int[])
        AS rule (severity, reach, criticality, days)
), listed AS (
    SELECT finding.id, finding.api_id, finding.severity, finding.first_seen, finding.weakness_key, rule.days
    FROM findings_finding finding
    LEFT JOIN inventory_api api ON api.id = finding.api_id
    JOIN rule ON rule.severity = finding.severity AND rule.reach = coalesce(api.reach, %(unknown)s)
        AND rule.criticality = coalesce(api.criticality, %(unknown)s)
    WHERE finding.status = ANY(%(open)s) AND finding.moved_to_id IS NULL AND {scope}
), paused AS (
    SELECT finding_id, sum(coalesce(ended_at, until) - at) AS time FROM findings_pause
    WHERE finding_id IN (SELECT id FROM listed) GROUP BY finding_id
), opened AS (
    SELECT listed.id, listed.days,
        greatest(listed.first_seen + coalesce(paused.time, interval '0'), %(first)s) AT TIME ZONE 'UTC' AS at
    FROM listed LEFT JOIN paused ON paused.finding_id = listed.id WHERE listed.days IS NOT NULL
), {dated}
INSERT INTO findings_due AS held (finding_id, api_id, severity, weakness, due_at)
SELECT listed.id, listed.api_id, listed.severity, hashtextextended(listed.weakness_key, 0),
    coalesce(dated.due_at, %(never)s)
FROM listed LEFT JOIN dated USING (id) ORDER BY listed.id
ON CONFLICT (finding_id) DO UPDATE
SET api_id = excluded.api_id, severity = excluded.severity, weakness = excluded.weakness, due_at = excluded.due_at
WHERE (held.api_id, held.severity, held.weakness, held.due_at)
    IS DISTINCT FROM (excluded.api_id, excluded.severity, excluded.weakness, excluded.due_at)
"""

FORGET = """
DELETE FROM findings_due WHERE finding_id IN (
    SELECT due.finding_id FROM findings_due due JOIN findings_finding finding ON finding.id = due.finding_id
    WHERE (NOT finding.status = ANY(%(open)s) OR finding.moved_to_id IS NOT NULL) AND {scope}
    ORDER BY due.finding_id FOR UPDATE OF due)
"""


def stamp_due(*, now: datetime, api_ids: Collection[int] | None = None, finding_ids: Collection[int] = ()) -> int:
    """Write when the open findings of some APIs (or some findings, or all) are due; return how many changed.

    What is unmapped is looked at with every set of APIs: no news tells of it. Equal rows are not written.
    """
    if finding_ids:
        return _stamp([OF_FINDINGS], now, finding_ids=finding_ids)
    return _stamp([OF_ALL] if api_ids is None else [OF_APIS, UNMAPPED], now, api_ids=api_ids or ())


def stamp_touched(*, now: datetime) -> int:
    """Do the same for the findings in the temporary table `touched`, in the transaction that made it."""
    return _stamp([OF_TOUCHED], now)


def forget_touched() -> None:
    """Take the due dates of those among `touched` that are no longer open, and nothing else: cheap for an import."""
    with connection.cursor() as cursor:
        cursor.execute(FORGET.format(scope=OF_TOUCHED), {"open": [status.value for status in OPEN]})


def _stamp(
    scopes: Sequence[str], now: datetime, *, api_ids: Collection[int] = (), finding_ids: Collection[int] = ()
) -> int:
    given = _given(now) | {"apis": list(api_ids), "findings": list(finding_ids)}
    dated = COUNTED if given["business"] else ALL_COUNTED
    changed = 0
    with transaction.atomic(), connection.cursor() as cursor:
        if not finding_ids and OF_TOUCHED not in scopes:
            # Fresh rows have no statistics yet: all is thought to be small, and a loop taken for cheap.
            cursor.execute("SELECT set_config('enable_nestloop', 'off', true), set_config('work_mem', '64MB', true)")
        for scope in scopes:
            cursor.execute(FORGET.format(scope=scope), given)
            changed += cursor.rowcount
            cursor.execute(STAMP.format(scope=scope, dated=dated), given)
            changed += cursor.rowcount
    return changed


def _given(now: datetime) -> dict[str, Any]:
    rules, calendar = deadline_rules(), deadline_calendar()
    kinds = [
        (rank.value, reach, criticality)
        for rank in SeverityRank
        for reach in Reach.values
        for criticality in Criticality.values
    ]
    return {
        "severities": [severity for severity, _, _ in kinds],
        "reaches": [reach for _, reach, _ in kinds],
        "criticalities": [criticality for _, _, criticality in kinds],
        "days": [days_of(rules, severity=kind[0], reach=kind[1], criticality=kind[2]) for kind in kinds],
        "open": [status.value for status in OPEN],
        "unknown": UNKNOWN,
        "never": NEVER,
        "business": calendar.business,
        "holidays": sorted(calendar.holidays),
        "first": now - BACK,
        "last": now + AHEAD,
    }


def ask_to_follow(*, now: datetime, api_ids: Collection[int] | None = None) -> None:
    """Ask for due dates and retests of some APIs, or of all, to follow what was written."""
    if api_ids is None:
        enqueue(kind=FOLLOW, arguments={"apis": None}, principal=SYSTEM, now=now, key=f"{FOLLOW} all")
    else:
        ask_for_rows(kind=FOLLOW, name="apis", ids=api_ids, now=now)
