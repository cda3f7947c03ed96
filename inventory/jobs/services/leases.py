"""The guarded updates a run consists of. Each is one statement; which of two workers wins is the database's word.

Leases use the database's clock, so that workers on several machines agree. `fence` grows with every start: an update
that names an older one changes no row.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from inventory.jobs.records import LeaseLost

LEASE_SECONDS = 20
MAX_ATTEMPTS = 3

# SKIP LOCKED: a row that a claim, a sweep or an open enqueue holds is not waited for; a later message finds it.
CLAIM = """
WITH free AS (
    SELECT id, state = 'running' AS crashed, session, started_at FROM jobs_job
    WHERE id = %(id)s AND attempts < %(most)s AND cancel_requested_at IS NULL AND (
        (state = 'queued' AND (not_before IS NULL OR not_before <= clock_timestamp()))
        OR (state = 'running' AND lease_until < clock_timestamp()))
    FOR UPDATE SKIP LOCKED)
UPDATE jobs_job SET
    state = 'running', attempts = attempts + 1, fence = fence + 1, crashes = crashes + crashed::int,
    session = pg_backend_pid(), lease_until = clock_timestamp() + %(lease)s * interval '1 second',
    started_at = clock_timestamp(), key = CASE WHEN key_lasts THEN key END, progress = '{}', error = ''
FROM free WHERE jobs_job.id = free.id
RETURNING kind, queue, arguments, principal, fence, attempts, crashed, free.session, free.started_at
"""

# A worker that is frozen or cut off from the network leaves its transaction open, with its locks: whoever does the
# job again would wait for it for hours. The conditions leave out a session of the same number that came later.
END_SESSIONS = """
SELECT pg_terminate_backend(activity.pid)
FROM unnest(%(sessions)s::int[], %(starts)s::timestamptz[]) AS lost (session, started_at)
JOIN pg_stat_activity AS activity ON activity.pid = lost.session
WHERE activity.pid <> pg_backend_pid() AND activity.datname = current_database() AND activity.usename = current_user
  AND activity.backend_start < lost.started_at AND activity.xact_start >= lost.started_at
"""

FINISH = """
UPDATE jobs_job SET
    state = %(state)s, result = %(result)s, error = %(error)s, progress = coalesce(%(progress)s, progress),
    key = CASE WHEN %(state)s = 'done' THEN key END, lease_until = NULL, finished_at = clock_timestamp()
WHERE id = %(id)s AND fence = %(fence)s AND state = 'running'
"""

PUT_BACK = """
UPDATE jobs_job SET
    state = 'queued', not_before = clock_timestamp() + %(wait)s * interval '1 second', lease_until = NULL,
    attempts = attempts - %(given_back)s, sent_at = NULL, sends = 0, error = %(error)s
WHERE id = %(id)s AND fence = %(fence)s AND state = 'running'
"""

GIVE_WAY = """
UPDATE jobs_job SET
    state = 'queued', queue = 'bulk', attempts = attempts - 1, lease_until = NULL, sent_at = NULL, sends = 0
WHERE id = %(id)s AND fence = %(fence)s AND state = 'running'
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A started job: what to do, for whom, and the fence that proves it is ours."""

    job_id: UUID
    kind: str
    queue: str
    arguments: dict[str, Any]
    principal: dict[str, Any]
    fence: int
    attempts: int

    @property
    def is_last(self) -> bool:
        """Whether no further attempt follows."""
        return self.attempts >= MAX_ATTEMPTS


def claim(job_id: UUID) -> Claim | None:
    """Start the job: count the attempt, raise the fence, take the lease. None when it is not free, or not due."""
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, {"id": job_id, "lease": LEASE_SECONDS, "most": MAX_ATTEMPTS})
        row = cursor.fetchone()
    if row is None:
        return None
    kind, queue, arguments, principal, fence, attempts, crashed, session, started_at = row
    if crashed:
        end_sessions([(session, started_at)])
    return Claim(
        job_id=job_id,
        kind=kind,
        queue=queue,
        arguments=json.loads(arguments),
        principal=json.loads(principal),
        fence=fence,
        attempts=attempts,
    )


def end_sessions(lost: Sequence[tuple[int, datetime]]) -> None:
    """End the database sessions of workers that lost their jobs; each is (process id, start of the job)."""
    with connection.cursor() as cursor:
        cursor.execute(END_SESSIONS, {"sessions": [pid for pid, _ in lost], "starts": [start for _, start in lost]})


def finish(
    held: Claim,
    *,
    state: str,
    result: dict[str, Any] | None = None,
    error: str = "",
    progress: dict[str, Any] | None = None,
) -> None:
    """End the job in `state`, in the caller's transaction. Raises LeaseLost when it is no longer ours."""
    values = {
        "id": held.job_id,
        "fence": held.fence,
        "state": state,
        "result": None if result is None else json.dumps(result),
        "error": error,
        "progress": None if progress is None else json.dumps(progress),
    }
    _guarded(FINISH, values)


def put_back(held: Claim, *, wait: float, error: str, counts: bool = True) -> None:
    """Let the job wait for another attempt, at the earliest in `wait` seconds; tell whether this one counts.

    Raises LeaseLost.
    """
    values = {"id": held.job_id, "fence": held.fence, "wait": wait, "error": error, "given_back": int(not counts)}
    _guarded(PUT_BACK, values)


def give_way(held: Claim) -> None:
    """Let a small import that waits for another's locks wait among the large ones; no attempt is lost on it.

    Raises LeaseLost.
    """
    _guarded(GIVE_WAY, {"id": held.job_id, "fence": held.fence})


def _guarded(statement: str, values: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        if cursor.rowcount != 1:
            msg = f"Job {values['id']} is no longer held under fence {values['fence']}."
            raise LeaseLost(msg)
