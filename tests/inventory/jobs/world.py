"""What the tests of jobs share: asking for work, counting what it left, looking from outside."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from django.db import connection

from inventory.access.models import Team
from inventory.access.records import SYSTEM
from inventory.jobs.models import Job
from inventory.jobs.services.jobs import enqueue
from tests.inventory.jobs import handlers as handlers  # noqa: PLC0414 - registers the handlers

NOW = datetime(2026, 11, 19, 9, 38, tzinfo=UTC)


def ask(kind: str, *, now: datetime = NOW, **arguments: Any) -> Job:
    """Enqueue a job of a test handler for Posture itself."""
    return enqueue(kind=kind, arguments=arguments, principal=SYSTEM, now=now)


def effects(slug: str = "") -> int:
    """Count the effects that were committed."""
    return Team.objects.filter(name="An effect", slug__startswith=slug).count()


@contextmanager
def outside() -> Iterator[psycopg.Connection[Any]]:
    """Connect beside Django, as another process would."""
    parameters = {
        name: value
        for name, value in connection.get_connection_params().items()
        if name not in {"cursor_factory", "context"}
    }
    with psycopg.connect(**parameters, autocommit=True) as other:
        yield other


def wait_for(condition: Callable[[], Any], *, seconds: float = 30) -> Any:
    """Return the first true answer; fail when there is none in time."""
    end = time.monotonic() + seconds
    while not (answer := condition()):
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.05)
    return answer


def children_of(pid: int) -> list[int]:
    """Return the processes that this one started and that still run."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(FileNotFoundError, ProcessLookupError):
            state, parent = path.read_text().rpartition(")")[2].split()[:2]
            if state != "Z" and int(parent) == pid:
                found.append(int(path.parent.name))
    return found


def process_is_alive(pid: int) -> bool:
    """Tell whether the process runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
