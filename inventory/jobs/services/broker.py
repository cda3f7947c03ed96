"""The way to Redis: it carries ids of jobs, and may be down at any time without harm.

Each call opens a connection of its own (3 ms on a local Redis): nothing is shared with a fork, and unlike Celery's
pool it does not retry for seconds inside the request of a person.
"""

import logging
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from uuid import UUID

from celery import current_app
from kombu.connection import Connection
from kombu.exceptions import ChannelError, KombuError
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

# What falls silent once it was asked is told by the client of Redis itself, in no word of Kombu's.
DOWN = (KombuError, OSError, RedisError)

RUN_TASK = "jobs.run"
PATIENCE_SECONDS = 1
# After a failure nobody tries for so long: the sweeper sends what is older than that.
PAUSE_SECONDS = 5.0

_pause = {"until": 0.0}


def poke(waiting: Iterable[tuple[UUID, str]]) -> None:
    """Send the ids of waiting jobs to their queues. A broker that is down costs a log line: the sweeper sends again."""
    if time.monotonic() < _pause["until"]:
        return
    try:
        with _connected() as broker:
            for job_id, queue in waiting:
                current_app.send_task(RUN_TASK, args=(str(job_id),), queue=queue, connection=broker, retry=False)
    except DOWN as error:
        _pause["until"] = time.monotonic() + PAUSE_SECONDS
        log.warning("The broker takes no messages (%s); the sweeper sends them again.", error)


def depth(queue: str) -> int | None:
    """Return how many messages the queue holds; None when the broker does not answer."""
    try:
        with _connected() as broker:
            return int(broker.default_channel.queue_declare(queue, passive=True).message_count)  # type: ignore[no-untyped-call] # kombu
    except ChannelError:
        return 0
    except DOWN as error:
        log.warning("The broker does not answer (%s).", error)
        return None


@contextmanager
def _connected() -> Iterator[Connection]:
    with current_app.connection_for_write() as usual:
        hurried = {"max_retries": 0, "socket_timeout": PATIENCE_SECONDS, "socket_connect_timeout": PATIENCE_SECONDS}
        options = {**usual.transport_options, **hurried}
        with usual.clone(connect_timeout=PATIENCE_SECONDS, transport_options=options) as broker:
            yield broker
