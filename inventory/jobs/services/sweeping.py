"""Repair what a death, a lost message or a broken broker left behind. Set-based, and safe beside itself."""

import logging
from uuid import UUID

from django.db import connection, transaction

from inventory.jobs.choices import Queue
from inventory.jobs.services.broker import depth
from inventory.jobs.services.leases import MAX_ATTEMPTS, end_sessions

log = logging.getLogger(__name__)

# A queue that holds this many messages keeps its workers busy: more of them would only make it longer.
WINDOW = 500

RECOVER = """
WITH dead AS (
    SELECT id, attempts >= %(most)s AS last, cancel_requested_at IS NOT NULL AS unwanted FROM jobs_job
    WHERE state = 'running' AND lease_until < clock_timestamp()
    ORDER BY created_at LIMIT %(window)s FOR UPDATE SKIP LOCKED)
UPDATE jobs_job SET
    crashes = crashes + 1, lease_until = NULL, sent_at = NULL, sends = 0,
    state = CASE WHEN unwanted THEN 'cancelled' WHEN last THEN 'quarantined' ELSE 'queued' END,
    finished_at = CASE WHEN unwanted OR last THEN clock_timestamp() END,
    key = CASE WHEN unwanted OR last THEN NULL ELSE key END,
    error = CASE
        WHEN unwanted THEN ''
        WHEN last AND crashes + 1 >= %(most)s THEN
            'The worker died three times in this job. Nothing was stored. An administrator finds the reason in the '
            'worker''s log under this job''s id; memory is the usual one.'
        WHEN last THEN 'The worker died in the last attempt at this job, and earlier ones had failed. '
            'Nothing was stored. An administrator finds the reason in the worker''s log under this job''s id.'
        ELSE 'The worker died in attempt ' || attempts || '; the job starts again.' END
FROM dead WHERE jobs_job.id = dead.id
RETURNING jobs_job.id, state, session, started_at
"""

# The wait doubles with each time sent: a message that is only slow to be taken is not multiplied.
SEND_AGAIN = """
WITH due AS (
    SELECT id FROM jobs_job
    WHERE state = 'queued' AND queue = %(queue)s AND (not_before IS NULL OR not_before <= clock_timestamp())
      AND (sent_at IS NULL OR sent_at < clock_timestamp() - 5 * 2 ^ least(sends, 6) * interval '1 second')
    ORDER BY created_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
UPDATE jobs_job SET sent_at = clock_timestamp(), sends = least(sends + 1, 100)
FROM due WHERE jobs_job.id = due.id
RETURNING jobs_job.id, queue
"""


def recover() -> int:
    """Take jobs back from workers whose lease has ended; the third death quarantines. Return how many."""
    with connection.cursor() as cursor:
        cursor.execute(RECOVER, {"most": MAX_ATTEMPTS, "window": WINDOW})
        rows = cursor.fetchall()
    for job_id, state, _, _ in rows:
        log.warning("Job %s: its worker died; the job is %s.", job_id, state)
    if rows:
        end_sessions([(session, started_at) for _, _, session, started_at in rows])
    return len(rows)


def overdue() -> list[tuple[UUID, str]]:
    """Return (id, queue) of jobs that wait for more than 5 seconds though they are due, and mark them as sent."""
    found: list[tuple[UUID, str]] = []
    for queue in Queue.values:
        held = depth(queue)
        if held is None or held >= WINDOW:
            continue
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(SEND_AGAIN, {"queue": queue, "limit": WINDOW - held})
            found += cursor.fetchall()
    return found
