"""Acts that meet at one row of the database, in the order they are given: who is first is no matter of luck."""

import threading
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connections
from django.db.models import Model
from psycopg import sql

from tests.inventory.jobs.world import outside, wait_for

WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


def meet_at(row: Model, acts: Sequence[Callable[[], Any]]) -> list[BaseException | None]:
    """Do each act in a thread of its own up to where it waits for a row, then let go; return what each raised.

    An act begins once the one before it waits, or is done.
    """
    raised: list[BaseException | None] = [None] * len(acts)

    def follow(number: int) -> None:
        try:
            acts[number]()
        except BaseException as error:  # noqa: BLE001 - told by the thread that judges
            raised[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=follow, args=(number,)) for number in range(len(acts))]
    hold = sql.SQL("SELECT 1 FROM {} WHERE id = %s FOR NO KEY UPDATE").format(sql.Identifier(row._meta.db_table))
    with outside() as holder, outside() as watcher:

        def all_wait() -> bool:
            (waiting,) = watcher.execute(WAITING).fetchone() or (0,)
            return bool(waiting == sum(thread.is_alive() for thread in threads))

        with holder.transaction():
            holder.execute(hold, [row.pk])
            for thread in threads:
                thread.start()
                wait_for(all_wait)
        for thread in threads:
            thread.join()
    return raised
