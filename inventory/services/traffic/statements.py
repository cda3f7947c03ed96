"""The statements that tie observations to endpoints; `placing` says what each method and path of an API means."""

MOVING = """
DROP TABLE IF EXISTS moved_path;
CREATE TEMPORARY TABLE moved_path (teams int[], host text, path_key text, api_id bigint) ON COMMIT DROP
"""

MOVE = """
UPDATE inventory_observation seen SET api_id = moved_path.api_id, endpoint_id = NULL
FROM moved_path, inventory_trafficlog log
WHERE log.id = seen.log_id AND log.api_id IS NULL AND log.teams IS NOT DISTINCT FROM moved_path.teams
    AND seen.host = moved_path.host AND seen.path_key = moved_path.path_key;
DROP TABLE moved_path
"""

PLACING = """
DROP TABLE IF EXISTS placed_path, learned_path;
CREATE TEMPORARY TABLE placed_path (
    api_id bigint, method text, path_key text, to_method text, to_key text, endpoint_id bigint, learn boolean
) ON COMMIT DROP
"""

# What nothing was ever answered to with 2xx is no endpoint: scanners ask for thousands of paths that do not exist.
LEARN = """
CREATE TEMPORARY TABLE learned_path ON COMMIT DROP AS
WITH met AS (
    SELECT seen.api_id, to_method, to_key, day, sum(calls) AS calls, sum(ok) AS ok
    FROM inventory_observation seen JOIN placed_path USING (api_id, method, path_key)
    WHERE learn GROUP BY 1, 2, 3, 4
), answered AS (
    SELECT api_id, to_method, to_key FROM met GROUP BY 1, 2, 3 HAVING sum(ok) > 0
), ranked AS (
    SELECT met.*, row_number() OVER (PARTITION BY api_id, day ORDER BY calls DESC, to_method, to_key) AS place
    FROM met JOIN answered USING (api_id, to_method, to_key)
)
SELECT DISTINCT api_id, to_method AS method, to_key AS path_key FROM ranked WHERE place <= %(most)s
"""

LINK = """
INSERT INTO inventory_endpoint AS held (
    api_id, method, path_key, path, spellings, operation_id, summary, authentication, schemes, deprecated,
    documented, first_seen)
SELECT api_id, method, path_key, path_key, ARRAY[]::text[], '', '', 'not declared', ARRAY[]::text[], false,
    false, %(now)s
FROM learned_path ORDER BY api_id, method, path_key
ON CONFLICT (api_id, method, path_key) DO UPDATE SET removed_at = NULL
WHERE held.removed_at IS NOT NULL AND held.specified_since IS NULL;

WITH target AS (
    SELECT placed_path.api_id, placed_path.method, placed_path.path_key,
        coalesce(placed_path.endpoint_id, held.id) AS endpoint_id
    FROM placed_path LEFT JOIN learned_path ON placed_path.learn AND learned_path.api_id = placed_path.api_id
        AND learned_path.method = placed_path.to_method AND learned_path.path_key = placed_path.to_key
    LEFT JOIN inventory_endpoint held ON held.api_id = learned_path.api_id AND held.method = learned_path.method
        AND held.path_key = learned_path.path_key
)
UPDATE inventory_observation seen SET endpoint_id = target.endpoint_id FROM target
WHERE seen.api_id = target.api_id AND seen.method = target.method AND seen.path_key = target.path_key
    AND seen.endpoint_id IS DISTINCT FROM target.endpoint_id
"""

SUMS = """
WITH summed AS (
    SELECT held.id, min(day) AS first_called, max(day) AS last_called, sum(seen.calls)::bigint AS calls,
        sum(signed)::bigint AS signed, sum(unsigned)::bigint AS unsigned, sum(open)::bigint AS open
    FROM inventory_endpoint held LEFT JOIN inventory_observation seen ON seen.endpoint_id = held.id
        AND seen.api_id = held.api_id
    WHERE held.api_id = ANY(%(apis)s) GROUP BY held.id
)
UPDATE inventory_endpoint held SET first_called = summed.first_called, last_called = summed.last_called,
    calls = summed.calls, signed_calls = summed.signed, unsigned_calls = summed.unsigned, open_calls = summed.open
FROM summed WHERE summed.id = held.id AND
    (held.first_called, held.last_called, held.calls, held.signed_calls, held.unsigned_calls, held.open_calls)
    IS DISTINCT FROM
    (summed.first_called, summed.last_called, summed.calls, summed.signed, summed.unsigned, summed.open)
"""

# Findings may hang on it, so the row stays; nothing shows it until it is called again.
UNPLACED = """
UPDATE inventory_endpoint SET removed_at = %(now)s
WHERE api_id = ANY(%(apis)s) AND specified_since IS NULL AND NOT documented AND calls IS NULL AND removed_at IS NULL
"""

DAYS = """
CREATE TEMPORARY TABLE observed_now ON COMMIT DROP AS
WITH watched AS (
    SELECT DISTINCT api.id AS api_id, gateway.id AS gateway_id, gateway.day, gateway.untold
    FROM inventory_gatewayday gateway JOIN inventory_trafficlog log ON log.id = gateway.log_id
    JOIN inventory_api api ON api.id = ANY(%(apis)s) AND (
        log.api_id = api.id
        OR log.api_id IS NULL AND gateway.host <> '' AND EXISTS (
            SELECT FROM inventory_baseurl address
            WHERE address.api_id = api.id AND address.host = gateway.host AND NOT contested)
        AND (log.teams IS NULL OR EXISTS (
            SELECT FROM inventory_apiteam held
            WHERE held.api_id = api.id AND held.until IS NULL AND held.team_id = ANY(log.teams))))
), past AS (
    SELECT api_id, day, sum(untold) AS untold FROM watched GROUP BY 1, 2
), called AS (
    SELECT api_id, day, sum(calls) AS calls, coalesce(sum(calls) FILTER (WHERE endpoint_id IS NULL), 0) AS untold
    FROM inventory_observation WHERE api_id = ANY(%(apis)s) GROUP BY 1, 2
)
SELECT api_id, day, coalesce(called.calls, 0)::bigint AS calls,
    (coalesce(called.untold, 0) + coalesce(past.untold, 0))::bigint AS untold
FROM past FULL JOIN called USING (api_id, day)
"""

SETTLE = """
DELETE FROM inventory_observedday held WHERE api_id = ANY(%(apis)s)
    AND NOT EXISTS (SELECT FROM observed_now WHERE observed_now.api_id = held.api_id AND observed_now.day = held.day);
INSERT INTO inventory_observedday AS held (api_id, day, calls, untold)
SELECT api_id, day, calls, untold FROM observed_now ORDER BY api_id, day
ON CONFLICT (api_id, day) DO UPDATE SET calls = excluded.calls, untold = excluded.untold
WHERE (held.calls, held.untold) IS DISTINCT FROM (excluded.calls, excluded.untold);
DROP TABLE placed_path, learned_path, observed_now
"""
