"""Jobs in words: `{% load jobs %}`."""

from datetime import datetime
from typing import Any, Protocol

from django.template import Library

from inventory.jobs import registry

register = Library()

MINUTE, HOUR = 60, 3600


class Job(Protocol):
    """What of a job is put into words."""

    progress: dict[str, Any]
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def is_live(self) -> bool:
        """Whether it waits or runs."""


@register.filter
def kind_label(kind: str) -> str:
    """Return the name of a kind of job."""
    return registry.label_of(kind)


@register.filter
def duration(job: Job, now: datetime) -> str:
    """Return how long the job has run, or ran, in the two largest units; nothing before its start."""
    if job.started_at is None:
        return ""
    seconds = max(0, int(((job.finished_at or now) - job.started_at).total_seconds()))
    if seconds < MINUTE:
        return f"{seconds} s"
    if seconds < HOUR:
        return f"{seconds // MINUTE} min {seconds % MINUTE} s"
    return f"{seconds // HOUR} h {seconds % HOUR // MINUTE} min"


@register.filter
def progress_words(job: Job) -> str:
    """Return how far the job is, or came: `388 of 612`, `388 so far`, `388`, or nothing."""
    done, total = job.progress.get("done"), job.progress.get("total")
    if not isinstance(done, int) or not (done or total or job.is_live):
        return ""
    if isinstance(total, int):
        return f"{done:,} of {total:,}"
    return f"{done:,} so far" if job.is_live else f"{done:,}"
