"""Ask for scores, and for what follows from them: one waiting job for many APIs, however many causes each has."""

import hashlib
from collections.abc import Collection
from datetime import datetime
from typing import Any

from inventory.access.records import SYSTEM
from inventory.jobs.models import Job
from inventory.jobs.services.gathering import ask_together
from inventory.jobs.services.jobs import enqueue
from inventory.models import Api

SCORE = "posture.score"
SCORE_ALL = "posture.score_all"
JUDGE = "posture.judge"
CAUSES = 5
BATCH = 1000


def ask_for_scores(*, api_ids: Collection[int], cause: str, now: datetime) -> Job | None:
    """Have a job score these APIs, in the caller's transaction, and return it; None when there are none.

    A job that waits takes them on, each with its causes: it cannot start before the caller commits, so it reads what
    the caller wrote. One that runs has read already, and another is written.
    """
    ids = sorted(set(api_ids))
    if not ids:
        return None

    def taken(held: dict[str, Any]) -> dict[str, Any] | None:
        return _with(held, ids, cause)

    return ask_together(kind=SCORE, arguments={"api_ids": ids, "causes": [cause]}, taken=taken, now=now)


def _with(held: dict[str, Any], ids: list[int], cause: str) -> dict[str, Any] | None:
    """Return the arguments of a job with more APIs and their cause, None when these are too many for one job."""
    parts = [[held["api_ids"], held["causes"]], *held.get("also", [])]
    same = next((part for part in parts if part[0] == ids), None)
    if same is None:
        together = {api_id for part in parts for api_id in part[0]} | {*ids}
        if len(together) > BATCH or len(parts) == BATCH:
            return None
        parts.append([ids, [cause]])
    elif cause not in same[1]:
        same[1] = [*same[1], cause][-CAUSES:]
    (first, causes), *also = parts
    return {"api_ids": first, "causes": causes, **({"also": also} if also else {})}


def asked_of(arguments: dict[str, Any]) -> dict[int, str]:
    """Return the APIs that a job is to score, each with its causes as one sentence fragment."""
    causes: dict[int, list[str]] = {}
    for ids, named in ((arguments["api_ids"], arguments["causes"]), *arguments.get("also", [])):
        for api_id in ids:
            held = causes.setdefault(api_id, [])
            held += [cause for cause in named if cause not in held]
    return {api_id: "; ".join(named[-CAUSES:]) for api_id, named in causes.items()}


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


def ask_to_judge(*, api_ids: Collection[int], moved: Collection[int], now: datetime) -> None:
    """Have a job judge APIs by what was found and, of those whose score `moved`, say what fixing buys.

    Call in the transaction that scores them: what moved is known there only.
    """
    asked = {"api_ids": sorted(set(api_ids)), "moved": sorted(set(moved))}

    def taken(held: dict[str, Any]) -> dict[str, Any] | None:
        together = {name: sorted({*held[name], *ids}) for name, ids in asked.items()}
        return together if len(together["api_ids"]) <= BATCH else None

    ask_together(kind=JUDGE, arguments=asked, taken=taken, now=now)


def _digest(ids: list[int]) -> str:
    return hashlib.sha256(" ".join(map(str, ids)).encode()).hexdigest()
