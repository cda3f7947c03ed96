"""Which handler does which kind of job, and what comes again by itself. Floors register on import of their tasks."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import time, timedelta
from typing import Any

from inventory.jobs.choices import Queue
from inventory.jobs.records import Run

Result = dict[str, Any] | None
Work = Callable[[Run], Result]


class UnknownKindError(LookupError):
    """No handler is registered for this kind of job."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handler:
    """One kind of job: its queue, its name for people, the stages it goes through in order, and the function.

    `upkeep` is what only ever follows from other work: done, it is of no interest to people.
    """

    kind: str
    queue: Queue
    label: str
    stages: tuple[str, ...]
    upkeep: bool
    work: Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A schedule that comes with the code; `rule` as in `models.Schedule`."""

    name: str
    rule: str
    kind: str


HANDLERS: dict[str, Handler] = {}
PLANNED: dict[str, Planned] = {}


def handler(
    *, kind: str, queue: Queue, label: str, stages: tuple[str, ...] = (), upkeep: bool = False
) -> Callable[[Work], Work]:
    """Register the decorated function for `kind`. It returns the job's result (JSON) or None.

    The page shows numbers and texts of the result as facts, and `result["links"]` (`{"label", "url"}`) as links.
    A second function for one kind raises ValueError.
    """

    def register(work: Work) -> Work:
        if kind in HANDLERS:
            msg = f"Two handlers for {kind}."
            raise ValueError(msg)
        HANDLERS[kind] = Handler(kind=kind, queue=queue, label=label, stages=stages, upkeep=upkeep, work=work)
        return work

    return register


def scheduled(*, name: str, every: timedelta | None = None, daily: time | None = None) -> Callable[[Work], Work]:
    """Plan the handler below it: `every` so often (whole seconds, from the epoch) or `daily` at a time (UTC)."""
    if (every is None) == (daily is None):
        msg = f"The schedule {name} needs every or daily."
        raise ValueError(msg)
    rule = f"daily {daily:%H:%M}" if daily is not None else f"every {int((every or timedelta()).total_seconds())}"

    def plan(work: Work) -> Work:
        kinds = [entry.kind for entry in HANDLERS.values() if entry.work is work]
        if len(kinds) != 1 or name in PLANNED:
            msg = f"The schedule {name} needs a name of its own and one handler below it."
            raise ValueError(msg)
        PLANNED[name] = Planned(name=name, rule=rule, kind=kinds[0])
        return work

    return plan


def find(kind: str) -> Handler:
    """Return the handler of this kind, or raise UnknownKindError."""
    try:
        return HANDLERS[kind]
    except KeyError:
        msg = f"No handler is registered for jobs of kind {kind}."
        raise UnknownKindError(msg) from None


def upkeep_kinds() -> set[str]:
    """Return the kinds that the product plans by itself, and those that only follow from other work."""
    return {plan.kind for plan in PLANNED.values()} | {entry.kind for entry in HANDLERS.values() if entry.upkeep}


def label_of(kind: str) -> str:
    """Return the kind's name for people; the kind itself when this version of the product no longer knows it."""
    return HANDLERS[kind].label if kind in HANDLERS else kind
