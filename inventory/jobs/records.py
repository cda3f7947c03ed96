"""What a handler is given, and the ways a job can end early."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from inventory.access.records import Principal


class JobFailed(Exception):  # noqa: N818 - an outcome with a sentence for people, not a fault of ours
    """The work cannot succeed, now or later: one sentence for people. The job is `failed` and not tried again."""


class JobCancelled(Exception):  # noqa: N818 - an outcome, not a fault
    """Somebody stopped the job."""


class LeaseLost(Exception):  # noqa: N818 - an outcome, not a fault
    """The job belongs to another worker by now, or is gone: nothing of this run may be stored."""


def _ignore(*_: object) -> None:
    """Do nothing: a run outside a worker has nobody to tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One execution of a job, as its handler sees it.

    The handler runs inside one transaction that ends with the job's `done`. It may be run again after a crash, a
    deadlock or a lost connection, so everything it does must be in that transaction or harmless twice.
    """

    job_id: UUID
    arguments: dict[str, Any]
    principal: Principal
    now: datetime
    on_progress: Callable[[int, int | None, str], None] = _ignore
    on_checkpoint: Callable[[], None] = _ignore

    def progress(self, done: int, total: int | None, stage: str) -> None:
        """Tell how far the work is; `total` is None while it is not known. Cheap: written at most once a second."""
        self.on_progress(done, total, stage)

    def checkpoint(self) -> None:
        """Raise JobCancelled or LeaseLost when the work should end. Cheap: call it in every loop."""
        self.on_checkpoint()
