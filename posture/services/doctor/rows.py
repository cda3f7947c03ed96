"""What the rows must say of each other where the database itself does not see to it; each is counted anew."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

from django.apps import apps
from django.db import DataError, connection, transaction
from django.db.models import ForeignKey, Model

from findings.models import Scan, Series
from findings.services.presence import INTERVALS, MEMBERSHIPS, SAME
from findings.services.statuses import derive_statuses, touch
from posture.services.doctor.answers import rows_of

SERIES: Final = 20
"""Series whose intervals are made anew from their scans, others each time."""
FINDINGS: Final = 20_000
"""Findings whose status is derived anew, others each time."""

DANGLING: Final = """
SELECT count(*) FROM {table} row WHERE row.{column} IS NOT NULL
    AND NOT EXISTS (SELECT FROM {other} held WHERE held.{key} = row.{column})
"""

DIFFERENT: Final = f"""
SELECT (SELECT count(*) FROM findings_presence held WHERE series_id = %(series)s
        AND NOT EXISTS (SELECT FROM interval_anew anew WHERE {SAME}))
    + (SELECT count(*) FROM interval_anew anew
        WHERE NOT EXISTS (SELECT FROM findings_presence held WHERE series_id = %(series)s AND {SAME}))
"""  # noqa: S608 - of our own constants

COUNTED: Final = {
    "{0:,} stretches of findings overlap in one series: a finding would count twice.": """
        SELECT count(*) FROM (
            SELECT held.since, lag(coalesce(held.until, 'infinity'::timestamptz)) OVER line AS before
            FROM findings_presence held JOIN findings_scan first ON first.id = held.from_scan_id
            WINDOW line AS (PARTITION BY held.series_id, held.finding_id
                ORDER BY first.scanned_at, first.digest, first.id)) AS stretch
        WHERE stretch.before > stretch.since""",
    "{0:,} stretches of findings end before they begin.": "SELECT count(*) FROM findings_presence WHERE until < since",
    "{0:,} stretches of findings tell other times than their scans.": """
        SELECT count(*) FROM findings_presence held JOIN findings_scan first ON first.id = held.from_scan_id
        LEFT JOIN findings_scan gone ON gone.id = held.until_scan_id
        WHERE (held.since, held.until) IS DISTINCT FROM (first.scanned_at, gone.scanned_at)""",
    "{0:,} stretches of findings lie in the series of another API.": """
        SELECT count(*) FROM findings_presence held JOIN findings_series series ON series.id = held.series_id
        JOIN findings_finding finding ON finding.id = held.finding_id
        WHERE series.api_id IS DISTINCT FROM finding.api_id AND finding.moved_to_id IS NULL""",
    "{0:,} findings stand at an endpoint of another API.": """
        SELECT count(*) FROM findings_finding finding JOIN inventory_endpoint endpoint ON endpoint.id = endpoint_id
        WHERE endpoint.api_id IS DISTINCT FROM finding.api_id""",
    "{0:,} APIs are held by more than one team at a time.": """
        SELECT count(*) FROM (SELECT api_id FROM inventory_apiteam WHERE until IS NULL
            GROUP BY api_id HAVING count(*) > 1) AS held""",
    "{0:,} times of teams that hold an API overlap.": """
        SELECT count(*) FROM (
            SELECT since, lag(coalesce(until, 'infinity'::timestamptz)) OVER
                (PARTITION BY api_id ORDER BY since, id) AS before FROM inventory_apiteam) AS held
        WHERE before > since""",
    "{0:,} results of checks overlap on one thing.": """
        SELECT count(*) FROM (SELECT since, lag(coalesce(until, 'infinity'::timestamptz)) OVER
            (PARTITION BY check_name, api_id, endpoint_id ORDER BY since, id) AS before
            FROM findings_checkresult) AS held
        WHERE before > since""",
    "{0:,} sums of findings differ from the findings counted anew.": """
        SELECT count(*) FROM (
            SELECT FROM (
                SELECT api_id, CASE WHEN api_id IS NULL THEN series_id END AS series_id, source_kind, severity, status,
                    count(*) AS n FROM findings_finding WHERE moved_to_id IS NULL GROUP BY 1, 2, 3, 4, 5
                UNION ALL SELECT api_id, series_id, source_kind, severity, status, -n FROM findings_tally) AS part
            GROUP BY api_id, series_id, source_kind, severity, status HAVING sum(n) <> 0) AS wrong""",
    "{0:,} sums of endpoints differ from their findings counted anew.": """
        SELECT count(*) FROM (
            SELECT FROM (
                SELECT endpoint_id, severity, status, count(*) AS n FROM findings_finding
                WHERE moved_to_id IS NULL AND endpoint_id IS NOT NULL GROUP BY 1, 2, 3
                UNION ALL SELECT endpoint_id, severity, status, -n FROM findings_endpointtally) AS part
            GROUP BY endpoint_id, severity, status HAVING sum(n) <> 0) AS wrong""",
    "{0:,} sums of portfolios differ from their APIs counted anew.": """
        WITH counted AS (
            SELECT 'organisation' AS kind, 0::bigint AS key, score FROM posture_currentscore WHERE counted
            UNION ALL SELECT 'team', team_id, score FROM posture_currentscore WHERE counted AND team_id IS NOT NULL
        ), anew AS (
            SELECT kind, key, count(*) AS n, sum(power(score * 100, 3))::bigint AS cubes FROM counted GROUP BY 1, 2)
        SELECT count(*) FROM anew FULL JOIN posture_portfolio held USING (kind, key)
        WHERE (coalesce(anew.n, 0), coalesce(anew.cubes, 0)) <> (coalesce(held.n, 0), coalesce(held.cubes, 0))""",
    "{0:,} scores are counted for a team that does not hold the API.": """
        SELECT count(*) FROM posture_currentscore score
        LEFT JOIN inventory_apiteam held ON held.api_id = score.api_id AND held.until IS NULL
        WHERE score.computed_at > coalesce(held.since, score.computed_at - interval '1 second') + interval '10 minutes'
            AND score.team_id IS DISTINCT FROM held.team_id""",
    "{0:,} episodes sum up fewer alerts than they have.": """
        SELECT count(*) FROM incidents_episode episode JOIN (
            SELECT episode_id AS id, count(*) AS alerts FROM incidents_alert GROUP BY 1) AS held USING (id)
        WHERE episode.alerts < held.alerts""",
}
"""A sentence, with the number in it, and the statement that counts what it tells; 0 is as it should be."""


def unkept() -> Iterator[tuple[type[Model], ForeignKey[Any, Any]]]:
    """Yield the relations that the database does not keep, as importing could not bear it."""
    for model in apps.get_models(include_auto_created=True):
        for relation in model._meta.local_fields:  # noqa: SLF001 - documented
            if isinstance(relation, ForeignKey) and not getattr(relation, "db_constraint", True):
                yield model, relation


def references() -> Iterator[str]:
    """Look for rows that name a row that is not there."""
    for model, relation in unkept():
        table, other = model._meta.db_table, relation.related_model._meta  # noqa: SLF001 - documented
        named = {"table": table, "column": relation.column, "other": other.db_table, "key": other.pk.column}
        count = rows_of(DANGLING.format(**named))[0][0]
        if count:
            yield f"{count:,} rows of {table} name a {other.verbose_name} that is not there ({relation.column})."


def counts() -> Iterator[str]:
    """Count anew what is kept beside what it is made of, and look for times that overlap."""
    for sentence, statement in COUNTED.items():
        count = rows_of(statement)[0][0]
        if count:
            yield sentence.format(count)


def presence() -> Iterator[str]:
    """Make the intervals of some series anew from their scans, and compare."""
    for series in Series.objects.filter(pk__in=Scan.objects.values("series")).order_by("?")[:SERIES]:
        with transaction.atomic():
            with connection.cursor() as cursor:
                for statement in (MEMBERSHIPS, INTERVALS):
                    cursor.execute(statement, {"series": series.pk})
            different = rows_of(DIFFERENT, series=series.pk)[0][0]
            transaction.set_rollback(True)
        if different:
            yield f"{different:,} stretches of the series “{series.name}” ({series.pk}) are not what its scans say."


def statuses(now: datetime) -> Iterator[str]:
    """Derive the status of some findings anew, and compare; nothing is written."""
    different = 0
    held = rows_of("SELECT reltuples::bigint FROM pg_class WHERE oid = 'findings_finding'::regclass")[0][0]
    # Of very many only some blocks are looked through: twice as many rows as are wanted.
    share = min(100.0, 200.0 * FINDINGS / max(held, 1))
    # Stretches that end before they begin, of which nothing can be derived, are told of elsewhere.
    with suppress(DataError), transaction.atomic():
        touch(
            "SELECT id FROM findings_finding TABLESAMPLE SYSTEM (%s) WHERE moved_to_id IS NULL "
            "AND (status_until IS NULL OR status_until > %s) ORDER BY random() LIMIT %s",
            [share, now, FINDINGS],
        )
        different = derive_statuses(now=now).changed
        transaction.set_rollback(True)
    if different:
        yield f"{different:,} findings show another status than their scans and decisions give."
