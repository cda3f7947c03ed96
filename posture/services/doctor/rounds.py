"""The whole examination, in order; each part says its faults in sentences."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.db import DatabaseError, InterfaceError, connection

from posture.services.doctor import machine, rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part and the faults it found."""

    name: str
    faults: tuple[str, ...]


def examine(*, now: datetime) -> Iterator[Part]:
    """Yield each part once it is through. Reads, and writes nothing; locks nobody out for longer than a moment."""
    try:
        connection.ensure_connection()
    except (DatabaseError, InterfaceError) as error:
        told = str(error).strip().partition("\n")[0]
        yield Part(name="services", faults=(f"PostgreSQL does not answer ({told}). Nothing else can be looked at.",))
        return
    parts: dict[str, Callable[[], Iterator[str]]] = {
        "services": machine.services,
        "roles": machine.roles,
        "schema": machine.schema,
        "keys": machine.keys,
        "documents": partial(machine.documents, now),
        "queues": machine.queues,
        "disk": machine.disk,
        "clock": partial(machine.clock, now),
        "references": rows.references,
        "counts": rows.counts,
        "presence": rows.presence,
        "statuses": partial(rows.statuses, now),
    }
    for name, part in parts.items():
        faults = tuple(part())
        yield Part(name=name, faults=faults)
        if name == "schema" and faults:
            return
