"""Answer a request that comes again as it was answered the first time, and do nothing.

The answer is a row of the transaction that did what was asked: either both are there or neither, so that a retry after
a crash does the work once, however it was cut off.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import psycopg
from django.db import OperationalError, connection

from inventory.access.records import Principal
from inventory.jobs.errors import KeyBusy, KeyReused
from inventory.jobs.models import KeptAnswer

KEPT_FOR: Final = timedelta(hours=24)
PATIENCE: Final = "5s"
"""How long a request waits for one of the same name."""

LOCK: Final = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"


def take_key(*, principal: Principal, key: str, digest: str, now: datetime) -> KeptAnswer | None:
    """Hold a name until the caller's transaction ends and return the answer kept under it; None when there is none.

    Others who want the same name of the same principal wait. Raises KeyReused when the name was used for another
    request, and KeyBusy when waiting took too long; the transaction must end then.
    """
    _hold(f"kept answer {principal.reference} {key}")
    kept = KeptAnswer.objects.filter(principal=principal.reference, key=key).first()
    if kept is None:
        return None
    if kept.expires_at <= now:
        kept.delete()
        return None
    if kept.request_digest != digest:
        msg = f"The Idempotency-Key {key} was used for another request already; use a new one for this."
        raise KeyReused(msg)
    return kept


def keep_answer(  # noqa: PLR0913 -- the columns of a row, by name
    *,
    principal: Principal,
    key: str,
    digest: str,
    status: int,
    body: Any,
    headers: Mapping[str, str],
    now: datetime,
) -> None:
    """Keep an answer for 24 hours; call it in the transaction that took the key."""
    KeptAnswer.objects.create(
        principal=principal.reference,
        key=key,
        request_digest=digest,
        status=status,
        body=body,
        headers=dict(headers),
        created_at=now,
        expires_at=now + KEPT_FOR,
    )


def _hold(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('lock_timeout'), set_config('lock_timeout', %s, true)", [PATIENCE])
        before = cursor.fetchone()[0]
        try:
            cursor.execute(LOCK, [name])
        except OperationalError as error:
            if not isinstance(error.__cause__, psycopg.errors.LockNotAvailable):
                raise
            msg = "A request with the same Idempotency-Key is still being worked on; ask again in a moment."
            raise KeyBusy(msg) from error
        # What the work itself waits for is not ours to limit.
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [before])
