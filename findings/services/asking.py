"""Ask for the checks of APIs to be run: one waiting job for many of them, however many causes it has."""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from inventory.jobs.services.gathering import ask_for_rows

CHECK: Final = "findings.check"
BATCH: Final = 200


def ask_for_checks(*, api_ids: Collection[int], now: datetime) -> int:
    """Have jobs check these APIs, in the caller's transaction; return how many."""
    ids = sorted(set(api_ids))
    batches = [ids[start : start + BATCH] for start in range(0, len(ids), BATCH)]
    for batch in batches:
        ask_for_rows(kind=CHECK, name="apis", ids=batch, most=BATCH, now=now)
    return len(batches)
