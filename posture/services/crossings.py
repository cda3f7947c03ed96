"""Ask for the score that follows when decay alone takes an API into another band, at that moment."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from math import ceil

from django.db.models import JSONField
from django.db.models.fields.json import KeyTransform

from inventory.access.records import SYSTEM
from inventory.jobs.choices import State
from inventory.jobs.models import Job
from inventory.jobs.services.jobs import enqueue
from posture.models import ApiScore, CurrentScore
from posture.scoring.crossings import decayed, next_crossing
from posture.scoring.weights import Weights
from posture.services.asking import SCORE
from posture.services.reading import facts_of

CAUSE = "alerts grew old"


def plan_crossings(*, api_ids: Collection[int], now: datetime) -> int:
    """Write or move the one waiting job of each API whose score decay will take into another band; return how many.

    From the stored score: what its alerts weighed then and weigh now is known without reading them again. A job that
    is not wanted any more stays, scores once, and finds nothing changed.
    """
    runtime = KeyTransform("runtime", "inputs", output_field=JSONField())
    current = CurrentScore.objects.filter(api__in=api_ids, point__isnull=False).values("point")
    points = ApiScore.objects.filter(pk__in=current).annotate(runtime=runtime).exclude(runtime={})
    planned = 0
    for point in points.select_related("model").order_by("api_id"):
        weights = Weights.from_json(point.model.weights)
        facts = facts_of(point.inputs)
        days = (now - point.at) / timedelta(days=1)
        crossing = next_crossing(replace(facts, threats=decayed(facts.threats, days, weights)), weights)
        if crossing is not None:
            at = now + timedelta(seconds=ceil(crossing * 86_400))
            _ask(point.api_id, at=at, now=now)
            planned += 1
    return planned


def _ask(api_id: int, *, at: datetime, now: datetime) -> None:
    job = enqueue(
        kind=SCORE,
        arguments={"api_ids": [api_id], "causes": [CAUSE]},
        principal=SYSTEM,
        now=now,
        key=f"{SCORE} when decay crosses a band {api_id}",
        not_before=at,
    )
    if job.not_before != at:
        Job.objects.filter(pk=job.pk, state=State.QUEUED).update(not_before=at)
