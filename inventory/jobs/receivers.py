"""What happens by itself: schedules after a migration, clean hands in each worker process."""

import ctypes
import os
import signal
from typing import Any

from django.db import connections
from django.utils import timezone

from inventory.jobs.services import schedules

PR_SET_PDEATHSIG = 1

_parent: list[int] = []


def seed_schedules(*, using: str, **_: Any) -> None:
    """Write the schedules that come with the code (`post_migrate`)."""
    schedules.seed(now=timezone.now(), using=using)


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
