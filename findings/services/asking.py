"""Ask for the checks of APIs to be run: one waiting job for a set of them, however many causes it has."""

import hashlib
from collections.abc import Collection
from datetime import datetime
from typing import Final

from inventory.access.records import SYSTEM
from inventory.jobs.services.jobs import enqueue

CHECK: Final = "findings.check"
BATCH: Final = 200


def ask_for_checks(*, api_ids: Collection[int], now: datetime) -> int:
    """Write jobs that check these APIs, in the caller's transaction; return how many."""
    ids = sorted(set(api_ids))
    batches = [ids[start : start + BATCH] for start in range(0, len(ids), BATCH)]
    for batch in batches:
        key = hashlib.sha256(" ".join(map(str, batch)).encode()).hexdigest()
        enqueue(kind=CHECK, arguments={"apis": batch}, principal=SYSTEM, now=now, key=f"{CHECK} {key}")
    return len(batches)
