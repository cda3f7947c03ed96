"""What fixing whole classes would take off scores, read from the stored factors and written beside the scores."""

import json
from collections.abc import Collection
from math import exp, log
from typing import Final

from django.db import connection, transaction

from posture.models import Fix
from posture.records import ApiFacts
from posture.scoring.hazards import impact
from posture.scoring.weights import Weights

BEST: Final = 3
"""Classes kept of each API."""

# The factors hold findings by name and, past those, classes by number; both add up to the points of a class.
CLASSES = """
WITH point AS (
    SELECT held.api_id, point.score, point.factors, point.inputs, point.model_id
    FROM posture_currentscore held JOIN posture_apiscore point ON point.id = held.point_id
    WHERE held.api_id = ANY(%s) AND held.counted AND held.score > 0
), share AS (
    SELECT api_id, listed.class, listed.points::float8 AS points, 1 AS n FROM point CROSS JOIN LATERAL ROWS FROM (
        jsonb_array_elements_text(factors -> 'names'), jsonb_array_elements_text(factors -> 'classes'),
        jsonb_array_elements_text(factors -> 'points')) AS listed (name, class, points)
    WHERE listed.name LIKE 'finding:%%'
    UNION ALL
    SELECT api_id, rest ->> 0, (rest ->> 2)::float8, (rest ->> 1)::int
    FROM point CROSS JOIN LATERAL jsonb_array_elements(factors -> 'rest') AS rest WHERE rest ->> 0 <> ''
), summed AS (
    SELECT api_id, class, sum(points) AS points, sum(n) AS n,
        row_number() OVER (PARTITION BY api_id ORDER BY sum(points) DESC, class COLLATE "C") AS place
    FROM share GROUP BY api_id, class
)
SELECT summed.api_id, class, summed.points, summed.n, point.score, point.model_id, point.inputs ->> 'reach',
    point.inputs ->> 'environment', point.inputs ->> 'sensitivity', point.inputs ->> 'criticality'
FROM summed JOIN point USING (api_id) WHERE place <= %s
"""

MODELS = "SELECT id, weights::text FROM posture_scoremodel"


@transaction.atomic
def write_fixes(*, api_ids: Collection[int]) -> int:
    """Write what fixing the best classes of some APIs buys as their scores stand; return how many."""
    with connection.cursor() as cursor:
        cursor.execute(CLASSES, [sorted(api_ids), BEST])
        rows = cursor.fetchall()
        cursor.execute(MODELS)
        models = {version: Weights.from_json(json.loads(weights)) for version, weights in cursor.fetchall()}
    fixes = [
        Fix(api_id=api_id, weakness_class=name, count=count, gain=gain_of(float(score), points, ceiling))
        for api_id, name, points, count, score, model, *words in rows
        for ceiling in (_ceiling(models[model], words),)
    ]
    list(Fix.objects.filter(api__in=api_ids).select_for_update().order_by("pk").values_list("pk"))
    Fix.objects.filter(api__in=api_ids).delete()
    Fix.objects.bulk_create(sorted(fixes, key=lambda fix: (fix.api_id, fix.weakness_class)))
    return len(fixes)


def _ceiling(weights: Weights, words: list[str]) -> float:
    """Return the highest score an API with such settings can have."""
    reach, environment, sensitivity, criticality = words
    facts = ApiFacts(reach=reach, environment=environment, sensitivity=sensitivity, criticality=criticality)
    return 100 * impact(facts, weights)


def gain_of(score: float, points: float, ceiling: float) -> float:
    """Return by how much a score falls without factors of so many points; `ceiling` is the highest it can be.

    Points are shares of the hazard: score = ceiling * (1 - exp(-H)), and without a share of H the rest remains.
    """
    if score <= 0 or points <= 0:
        return 0.0
    left = max(1 - score / ceiling, 1e-9)
    rest = max(1 - points / score, 0.0)
    return max(score - ceiling * (1 - exp(log(left) * rest)), 0.0)
