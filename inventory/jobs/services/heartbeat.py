"""What goes on beside the work: the lease is renewed, progress shown, a request to stop heard.

All of it on a connection of its own: the work's connection is inside one long transaction, whose writes nobody sees
before its end.
"""

import json
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Lock, Thread
from typing import Any, Self

import psycopg
from django.db import connection

from inventory.jobs.records import JobCancelled, LeaseLost
from inventory.jobs.services.leases import LEASE_SECONDS, Claim

log = logging.getLogger(__name__)

BEAT_SECONDS = 1.0
RENEW_SECONDS = 5.0

RENEW = """
UPDATE jobs_job SET
    lease_until = clock_timestamp() + %(lease)s * interval '1 second', progress = coalesce(%(progress)s, progress)
WHERE id = %(id)s AND fence = %(fence)s AND state = 'running'
RETURNING cancel_requested_at IS NOT NULL
"""
LISTEN = """
SELECT cancel_requested_at IS NOT NULL FROM jobs_job
WHERE id = %(id)s AND fence = %(fence)s AND state = 'running'
"""


class Heartbeat:
    """Keeps one claimed job alive while its handler works. Use as a context manager around the work.

    `progress` and `checkpoint` are for the handler; its statements run inside `interruptible`.
    A job of less than a second costs no connection.
    """

    def __init__(self, held: Claim) -> None:
        self.cancelled = False
        self.lost = False
        self.interrupted = False
        self._held = held
        self._working: psycopg.Connection[Any] | None = None
        self._parameters = {
            name: value
            for name, value in connection.get_connection_params().items()
            if name not in {"cursor_factory", "context"}
        }
        self._own: psycopg.Connection[Any] | None = None
        self._seen: dict[str, Any] = {}
        self._written: dict[str, Any] = {}
        self._renewed = time.monotonic()
        self._working_lock = Lock()
        self._ended = Event()
        self._thread = Thread(target=self._beat_until_ended, name=f"heartbeat-{held.job_id}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(timeout=LEASE_SECONDS)

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """Let a beat cancel the statement that the work's connection waits for; only inside this context."""
        connection.ensure_connection()
        with self._working_lock:
            self._working = connection.connection
        try:
            yield
        finally:
            with self._working_lock:
                self._working = None

    def progress(self, done: int, total: int | None, stage: str) -> None:
        """Remember how far the work is; the next beat writes it."""
        passed = self._seen.get("stages", [])
        stages = passed if stage in passed else [*passed, stage]
        self._seen = {"done": done, "total": total, "stage": stage, "stages": stages}

    @property
    def last_progress(self) -> dict[str, Any] | None:
        """What the handler said last; None when it said nothing."""
        return self._seen or None

    def checkpoint(self) -> None:
        """Raise LeaseLost or JobCancelled when a beat has learned of it."""
        if self.lost:
            msg = f"Job {self._held.job_id} belongs to another worker."
            raise LeaseLost(msg)
        if self.cancelled:
            raise JobCancelled

    def _beat_until_ended(self) -> None:
        while not self._ended.wait(BEAT_SECONDS):
            try:
                self._beat()
            except psycopg.errors.LockNotAvailable:
                # The end of this very job, or a request to stop it, holds the row: the next beat will know.
                continue
            except psycopg.Error as error:
                log.warning("Job %s: the heartbeat missed a beat (%s).", self._held.job_id, error)
                self._drop_own()
        self._drop_own()

    def _beat(self) -> None:
        seen = self._seen
        changed = seen != self._written
        values = {
            "id": self._held.job_id,
            "fence": self._held.fence,
            "lease": LEASE_SECONDS,
            "progress": json.dumps(seen) if changed else None,
        }
        writes = changed or time.monotonic() - self._renewed >= RENEW_SECONDS
        row = self._connected().execute(RENEW if writes else LISTEN, values).fetchone()
        if writes and row is not None:
            self._written, self._renewed = seen, time.monotonic()
        self.lost = row is None
        self.cancelled = row is not None and bool(row[0])
        if self.lost or self.cancelled:
            self._interrupt()

    def _interrupt(self) -> None:
        """Cancel the statement the work waits for, so that a long one does not outlive the wish to stop."""
        with self._working_lock:
            if self._working is not None and not self._working.closed:
                self.interrupted = True
                self._working.cancel_safe(timeout=3)

    def _connected(self) -> psycopg.Connection[Any]:
        if self._own is None or self._own.closed:
            self._own = psycopg.connect(
                **{**self._parameters, "connect_timeout": 3, "application_name": "posture heartbeat"}, autocommit=True
            )
            self._own.execute("SET lock_timeout = '1s'; SET statement_timeout = '3s'")
        return self._own

    def _drop_own(self) -> None:
        if self._own is not None:
            self._own.close()
            self._own = None
