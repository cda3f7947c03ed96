"""What happens by itself: schedules after a migration, mail that was asked for, clean hands in each worker process."""

import ctypes
import os
import signal
from datetime import datetime
from typing import Any

from django.db import connections
from django.utils import timezone

from inventory.access.records import SYSTEM
from inventory.jobs.services import schedules
from inventory.jobs.services.jobs import enqueue

PR_SET_PDEATHSIG = 1

_parent: list[int] = []


def seed_schedules(*, using: str, **_: Any) -> None:
    """Write the schedules that come with the code (`post_migrate`)."""
    schedules.seed(now=timezone.now(), using=using)


def send_reset(*, email: str, now: datetime, **_: Any) -> None:
    """Write the job that sends a way to a new password, if there is somebody to send it to."""
    enqueue(kind="access.reset", arguments={"email": email}, principal=SYSTEM, now=now, key=f"access.reset:{email}")


def remember_parent(**_: Any) -> None:
    """Note who will fork (`worker_init`), so that a child can see whether it came too late."""
    _parent[:] = [os.getpid()]


def start_clean(**_: Any) -> None:
    """Give a new pool process a life of its own, that ends with its parent's (`worker_process_init`)."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if _parent and os.getppid() != _parent[0]:
        os._exit(1)
    drop_inherited_connections()


def drop_inherited_connections() -> None:
    """Forget the database connections that came with the fork, without a word to the server: they are the parent's."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for inherited in connections.all(initialized_only=True):
        if inherited.connection is not None and not inherited.connection.closed:
            os.dup2(nowhere, inherited.connection.fileno())
        inherited.close()
    os.close(nowhere)
