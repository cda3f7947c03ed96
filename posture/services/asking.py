"""Ask for scores: one waiting job for a set of APIs, however many causes it has."""

import hashlib
from collections.abc import Collection, Iterable
from datetime import datetime

from inventory.access.records import SYSTEM
from inventory.jobs.models import Job
from inventory.jobs.services.jobs import enqueue
from inventory.models import Api

SCORE = "posture.score"
SCORE_ALL = "posture.score_all"
CAUSES = 5
BATCH = 250


def ask_for_scores(*, api_ids: Collection[int], cause: str, now: datetime) -> Job | None:
    """Write a job that scores these APIs, in the caller's transaction, and return it; None when there are none.

    A job that waits for the same APIs takes the cause on instead: it cannot start before the caller commits, so it
    reads what the caller wrote. One that runs has read already, and another is written.
    """
    ids = sorted(set(api_ids))
    if not ids:
        return None
    causes = [cause]
    job = enqueue(
        kind=SCORE,
        arguments={"api_ids": ids, "causes": causes},
        principal=SYSTEM,
        now=now,
        key=f"{SCORE} {_digest(ids)}",
    )
    if cause not in job.arguments["causes"]:
        # Asking has locked the waiting row: until we commit no worker starts it and nobody else adds a cause.
        job.arguments["causes"] = [*job.arguments["causes"], cause][-CAUSES:]
        job.save(update_fields=["arguments"])
    return job


def ask_for_all_scores(*, now: datetime) -> int:
    """Write jobs that score every API, a batch each, behind the imports; return how many.

    A batch holds the rows of its APIs for a moment only, so that scores after a cause are not kept waiting.
    """
    ids = list(Api.objects.order_by("pk").values_list("pk", flat=True))
    batches = [ids[start : start + BATCH] for start in range(0, len(ids), BATCH)]
    for batch in batches:
        enqueue(
            kind=SCORE_ALL,
            arguments={"api_ids": batch},
            principal=SYSTEM,
            now=now,
            key=f"{SCORE_ALL} {_digest(batch)}",
        )
    return len(batches)


def cause_of(causes: Iterable[str]) -> str:
    """Return the causes of a job as one sentence fragment."""
    return "; ".join(causes)


def _digest(ids: list[int]) -> str:
    return hashlib.sha256(" ".join(map(str, ids)).encode()).hexdigest()
