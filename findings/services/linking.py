"""Tying findings to the endpoints they are on: those of their path, else the declared one their path is a value of.

A scanner names what it called, `/users/mallory`; a specification names `/users/{name}`.
Which of a finding's keys makes it the same finding again is not touched: only where it is shown.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable

from django.db import connection

from inventory.models import Endpoint
from inventory.spellings import PARAMETER, Spellings

LINK = """
WITH loose AS (
    SELECT finding.id, endpoint.id AS endpoint_id
    FROM findings_finding finding JOIN inventory_endpoint endpoint ON endpoint.api_id = finding.api_id
        AND endpoint.method = finding.method AND endpoint.path_key = finding.path_key
    WHERE finding.api_id = ANY(%s) AND finding.endpoint_id IS DISTINCT FROM endpoint.id
    ORDER BY finding.id FOR NO KEY UPDATE OF finding
)
UPDATE findings_finding finding SET endpoint_id = loose.endpoint_id FROM loose WHERE finding.id = loose.id
"""

# What is tied to a declared path is looked at again: another specification may have a nearer one.
PLACES = """
SELECT DISTINCT finding.api_id, finding.method, finding.path_key
FROM findings_finding finding LEFT JOIN inventory_endpoint held ON held.id = finding.endpoint_id
WHERE finding.api_id = ANY(%s) AND finding.method <> '' AND finding.path_key <> ''
    AND finding.path_key IS DISTINCT FROM held.path_key
"""

FIT = """
WITH fitting AS (
    SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::bigint[])
        AS one (api_id, method, path_key, endpoint_id)
), loose AS (
    SELECT finding.id, fitting.endpoint_id FROM findings_finding finding
    JOIN fitting USING (api_id, method, path_key)
    WHERE finding.endpoint_id IS DISTINCT FROM fitting.endpoint_id
    ORDER BY finding.id FOR NO KEY UPDATE OF finding
)
UPDATE findings_finding finding SET endpoint_id = loose.endpoint_id FROM loose WHERE finding.id = loose.id
"""

Place = tuple[int, str, str]
"""API, method and path key."""


def link_endpoints(*, api_ids: Iterable[int]) -> int:
    """Tie the findings of some APIs to endpoints; return how many were tied anew."""
    ids = sorted(set(api_ids))
    with connection.cursor() as cursor:
        cursor.execute(LINK, [ids])
        tied: int = cursor.rowcount
        templates = _templates(ids)
        cursor.execute(PLACES, [sorted(templates)])
        fitting = _fitting(cursor.fetchall(), templates)
        if fitting:
            columns = zip(*((*place, endpoint_id) for place, endpoint_id in fitting.items()), strict=True)
            cursor.execute(FIT, [list(column) for column in columns])
            tied += cursor.rowcount
    return tied


def _templates(api_ids: Collection[int]) -> dict[int, dict[str, dict[str, tuple[int, bool]]]]:
    """Return by API and method the declared paths with parameters: their endpoint, and whether it is documented now."""
    found: dict[int, dict[str, dict[str, tuple[int, bool]]]] = defaultdict(lambda: defaultdict(dict))
    declared = Endpoint.objects.filter(api__in=api_ids, specified_since__isnull=False, path_key__contains=PARAMETER)
    for pk, api_id, method, key, now in declared.values_list("pk", "api", "method", "path_key", "documented"):
        found[api_id][method][key] = (pk, now)
    return found


def _fitting(places: Iterable[Place], templates: dict[int, dict[str, dict[str, tuple[int, bool]]]]) -> dict[Place, int]:
    """Return which endpoint each place is a value of: of the current specification before former ones."""
    spellings: dict[tuple[int, str], tuple[Spellings, Spellings]] = {}
    fitting: dict[Place, int] = {}
    for api_id, method, path in places:
        declared = templates[api_id].get(method, {})
        if (api_id, method) not in spellings:
            current = [key for key, (_, now) in declared.items() if now]
            spellings[api_id, method] = Spellings(current), Spellings(declared.keys() - set(current))
        key = next(filter(None, (one.find(path) for one in spellings[api_id, method])), None)
        if key is not None:
            fitting[api_id, method, path] = declared[key][0]
    return fitting
