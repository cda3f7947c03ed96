"""Tying findings to endpoints that became known after them."""

from collections.abc import Iterable

from django.db import connection

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


def link_endpoints(*, api_ids: Iterable[int]) -> int:
    """Tie the findings of some APIs to the endpoints of their method and path; return how many were loose."""
    with connection.cursor() as cursor:
        cursor.execute(LINK, [list(api_ids)])
        tied: int = cursor.rowcount
    return tied
