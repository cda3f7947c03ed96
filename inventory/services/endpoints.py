"""Writing the endpoints one specification declares, as a set."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.db import connection

from inventory.discovery import SINCE_EVER
from inventory.models import Api, Specification
from inventory.records import EndpointRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointCounts:
    """How many endpoints a specification added, changed, left alone and no longer has.

    `changed` are the first of those it changed, by path: method, path, and what about them.
    """

    created: int
    updated: int
    unchanged: int
    removed: int
    changed: tuple[tuple[str, str, tuple[str, ...]], ...] = ()

    @property
    def kept(self) -> dict[str, Any]:
        """What a specification keeps of those it changed."""
        return {"count": self.updated, "some": self.changed}

    def sentence(self) -> str:
        """Return the counts for people, such as `3 new, 1 changed, 2 removed`."""
        parts = ((self.created, "new"), (self.updated, "changed"), (self.removed, "removed"))
        return ", ".join(f"{count} {word}" for count, word in parts if count) or "no endpoint changed"


FIELDS = ("body", "formData")
"""Where parameters of Swagger 2.0 stand that are no part of an address or a header."""

NAMED = 100
"""Changed endpoints that are named; the others are counted."""

STAGE = """
CREATE TEMPORARY TABLE staged_endpoint (
    method text, path text, path_key text, operation_id text, summary text,
    authentication text, schemes text[], deprecated boolean, sunset date, declared jsonb
) ON COMMIT DROP
"""

# Several declared paths of one key are one endpoint: it is as open as its most open spelling.
MERGE = """
WITH declared AS (
    SELECT method, path_key, min(path) AS path, array_agg(DISTINCT path ORDER BY path) AS spellings,
           min(operation_id) AS operation_id, min(summary) AS summary,
           CASE WHEN bool_or(authentication = 'none') THEN 'none'
                WHEN bool_or(authentication = 'not declared') THEN 'not declared'
                ELSE 'declared' END AS authentication,
           coalesce(array_agg(DISTINCT scheme ORDER BY scheme) FILTER (WHERE scheme IS NOT NULL), '{}') AS schemes,
           bool_and(deprecated) AS deprecated, min(sunset) AS sunset,
           (array_agg(declared ORDER BY path, declared::text))[1] AS declared
    FROM staged_endpoint LEFT JOIN LATERAL unnest(schemes) scheme ON true GROUP BY method, path_key
), changed AS (
    SELECT held.method, left(declared.path, 300) AS path, array_remove(ARRAY[
        CASE WHEN held.removed_at IS NOT NULL THEN 'back again'
             WHEN NOT held.documented THEN 'specified now' END,
        CASE WHEN held.authentication <> declared.authentication
             THEN 'authentication ' || held.authentication || ' to ' || declared.authentication
             WHEN held.schemes::text[] <> declared.schemes THEN 'schemes of authentication' END,
        CASE WHEN held.declared -> 'parameters' <> declared.declared -> 'parameters' THEN 'parameters' END,
        CASE WHEN held.declared -> 'responses' <> declared.declared -> 'responses' THEN 'answers' END,
        CASE WHEN held.deprecated <> declared.deprecated
             THEN CASE WHEN declared.deprecated THEN 'deprecated' ELSE 'no longer deprecated' END END,
        CASE WHEN held.sunset IS DISTINCT FROM declared.sunset THEN 'sunset' END,
        CASE WHEN held.path <> declared.path OR held.spellings::text[] <> declared.spellings
             THEN 'names in the path' END,
        CASE WHEN held.operation_id <> declared.operation_id OR held.summary <> declared.summary THEN 'summary' END
        ], NULL) AS what
    FROM declared JOIN inventory_endpoint held
        ON held.api_id = %(api)s AND held.method = declared.method AND held.path_key = declared.path_key
), written AS (
    INSERT INTO inventory_endpoint AS held (
        api_id, method, path_key, path, spellings, operation_id, summary, authentication, schemes, deprecated,
        sunset, declared, documented, first_seen, specified_since)
    SELECT %(api)s, method, path_key, path, spellings, operation_id, summary, authentication, schemes, deprecated,
           sunset, declared, true, %(now)s, %(since)s
    FROM declared ORDER BY method, path_key
    ON CONFLICT (api_id, method, path_key) DO UPDATE SET
        path = excluded.path, spellings = excluded.spellings, operation_id = excluded.operation_id,
        summary = excluded.summary, authentication = excluded.authentication, schemes = excluded.schemes,
        deprecated = excluded.deprecated, sunset = excluded.sunset, declared = excluded.declared,
        documented = true, removed_at = NULL,
        specified_since = coalesce(held.specified_since, excluded.specified_since)
    WHERE (held.path, held.spellings, held.operation_id, held.summary, held.authentication, held.schemes,
           held.deprecated, held.sunset, held.declared, held.documented, held.removed_at)
        IS DISTINCT FROM
          (excluded.path, excluded.spellings, excluded.operation_id, excluded.summary, excluded.authentication,
           excluded.schemes, excluded.deprecated, excluded.sunset, excluded.declared, true, NULL)
    RETURNING xmax = 0 AS inserted
), removed AS (
    UPDATE inventory_endpoint held SET documented = false, removed_at = %(now)s
    WHERE api_id = %(api)s AND documented AND NOT EXISTS (
        SELECT FROM staged_endpoint staged WHERE staged.method = held.method AND staged.path_key = held.path_key)
    RETURNING 1
)
SELECT (SELECT count(*) FROM declared), count(*) FILTER (WHERE inserted), count(*) FILTER (WHERE NOT inserted),
       (SELECT count(*) FROM removed),
       (SELECT coalesce(jsonb_agg(jsonb_build_array(method, path, what) ORDER BY path, method), '[]') FROM (
           SELECT * FROM changed WHERE what <> '{}' ORDER BY path, method LIMIT %(named)s) AS named)
FROM written
"""


def day_of(text: str) -> date | None:
    """Return the day that a sunset in a specification names, None for what is no ISO 8601 day."""
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError:
        return None


def declared_of(record: EndpointRecord) -> str:
    """Return what a specification declares of an endpoint's parameters and answers, as JSON.

    All of it is sorted: a specification written in another order declares the same.
    """
    parameters = sorted([one.name, one.where, one.kind] for one in record.parameters if one.where not in FIELDS)
    members = None if record.members is None else sorted(record.members)
    return json.dumps({"parameters": parameters, "responses": sorted(record.responses), "members": members})


def write_endpoints(*, api: Api, endpoints: Iterable[EndpointRecord], now: datetime) -> EndpointCounts:
    """Make the documented endpoints of an API those of one specification; call inside a transaction.

    Endpoints that are equal are not written; what the specification no longer has keeps its row and history.
    """
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS staged_endpoint")
        cursor.execute(STAGE)
        with cursor.copy("COPY staged_endpoint FROM STDIN") as copy:
            for record in endpoints:
                copy.write_row(
                    (
                        record.method,
                        record.path[:2000],
                        record.path_key[:2000],
                        record.operation_id[:300],
                        record.summary[:300],
                        record.authentication,
                        list(record.schemes),
                        record.deprecated,
                        day_of(record.sunset),
                        declared_of(record),
                    )
                )
        first = not Specification.objects.filter(api=api).exists()
        since = SINCE_EVER if first else now.astimezone(UTC).date()
        cursor.execute(MERGE, {"api": api.pk, "now": now, "since": since, "named": NAMED})
        declared, created, updated, removed, changed = cursor.fetchone()
        cursor.execute("DROP TABLE staged_endpoint")
    return EndpointCounts(
        created=created,
        updated=updated,
        unchanged=declared - created - updated,
        removed=removed,
        changed=tuple((method, path, tuple(what)) for method, path, what in json.loads(changed)),
    )
