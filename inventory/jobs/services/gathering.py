"""Ask for work on some rows by number, and let one waiting job take on what many ask for.

Work that does a hundred rows as fast as one should not be done row by row because it was asked for row by row.
"""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any, Final

from django.db import transaction

from inventory.access.records import SYSTEM
from inventory.jobs.choices import State
from inventory.jobs.models import Job
from inventory.jobs.services.broker import poke
from inventory.jobs.services.jobs import enqueue

MOST: Final = 500
"""Rows that one job takes on, unless whoever asks says otherwise."""

Taken = Callable[[dict[str, Any]], dict[str, Any] | None]
"""Given the arguments of a waiting job, returns them with more taken on, or None where that would be too much."""


def ask_together(*, kind: str, arguments: dict[str, Any], taken: Taken, now: datetime) -> Job:
    """Let a waiting job of the kind take this on, in the caller's transaction; write one where none can.

    A job that takes more on cannot start before the caller commits, so it reads what the caller wrote. One that
    somebody else is adding to is not waited for.
    """
    with transaction.atomic():
        free = Job.objects.filter(state=State.QUEUED, not_before=None, cancel_requested_at=None, key=None)
        waiting = free.filter(kind=kind, principal=SYSTEM.stored())
        held = waiting.select_for_update(skip_locked=True).order_by("-created_at").first()
        more = None if held is None else taken(held.arguments)
        if held is None or more is None:
            return enqueue(kind=kind, arguments=arguments, principal=SYSTEM, now=now)
        if more != held.arguments:
            held.arguments = more
            held.save(update_fields=["arguments"])
        # A worker that was sent to it meanwhile has found it locked.
        sent = [(held.pk, held.queue)]
        transaction.on_commit(lambda: poke(sent), robust=True)
    return held


def ask_for_rows(*, kind: str, name: str, ids: Collection[int], now: datetime, most: int = MOST) -> Job:
    """Ask for work on rows, told under `name` in the arguments; a job grows to at most `most` of them."""
    wanted = sorted(set(ids))

    def taken(held: dict[str, Any]) -> dict[str, Any] | None:
        together = sorted({*held[name], *wanted})
        return {**held, name: together} if len(together) <= max(most, len(held[name])) else None

    return ask_together(kind=kind, arguments={name: wanted}, taken=taken, now=now)
