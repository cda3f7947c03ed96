"""Questions about jobs that pages ask."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q

from inventory.access.records import Principal
from inventory.jobs import registry
from inventory.jobs.choices import LIVE, NOTABLE, State
from inventory.jobs.models import Job

PAGE_SIZE = 25
# The database keeps no order of the keys of a result; the others follow by the alphabet.
FACTS_FIRST = ("entries", "created", "updated", "unchanged", "closed", "reopened", "unmapped", "skipped")

SOURCES = {
    "document": "from the document",
    "uploader": "as stated at upload",
    "upload": "the time of the upload",
}
"""Where a moment came from: as it is stored, and in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One step of a job's way: `done`, `now`, `ended` (the job ended in it without success) or to come (empty)."""

    name: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One number, moment or text of a result, and where it came from, when that is told."""

    name: str
    value: int | float | str | datetime
    source: str = ""

    @property
    def kind(self) -> str:
        """How it is written: `moment`, `number` or `text`."""
        if isinstance(self.value, datetime):
            return "moment"
        return "text" if isinstance(self.value, str) else "number"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobPage:
    """Jobs, newest first. `after` is the place where the next page starts, empty on the last one."""

    jobs: tuple[Job, ...]
    after: str
    is_first: bool

    @property
    def is_live(self) -> bool:
        """Whether a job on this page can still change."""
        return any(job.is_live for job in self.jobs)


def jobs_page(*, principal: Principal, state: State | None, after: str, upkeep: bool = False) -> JobPage:
    """Return the jobs that the principal may see, from the place `after` on. An unreadable place is the start.

    What the product plans by itself or what follows from other work is, once done, upkeep: it stands apart, whatever
    the state asked for.
    """
    quiet = Q(kind__in=registry.upkeep_kinds(), state=State.DONE, user=None)
    jobs = Job.objects.visible_to(principal).select_related("user").order_by("-created_at", "-id")
    jobs = jobs.filter(quiet) if upkeep else jobs.exclude(quiet)
    if state is not None:
        jobs = jobs.filter(state=state)
    place = read_place(after)
    if place is not None:
        created_at, pk = place
        jobs = jobs.filter(Q(created_at__lt=created_at) | Q(created_at=created_at, id__lt=pk))
    rows = tuple(jobs[: PAGE_SIZE + 1])
    shown, more = rows[:PAGE_SIZE], len(rows) > PAGE_SIZE
    following = place_of(shown[-1]) if more else ""
    return JobPage(jobs=shown, after=following, is_first=place is None)


def counts_by_state(*, principal: Principal) -> dict[State, int]:
    """Return how many jobs the principal may see in each notable state: those that can change or ask for a look."""
    notable = Job.objects.visible_to(principal).filter(state__in=NOTABLE).order_by()
    found = dict(notable.values_list("state").annotate(n=Count("pk")))
    return {state: found.get(state.value, 0) for state in NOTABLE}


def stages_of(job: Job) -> tuple[Stage, ...]:
    """Return the steps the job went through and, while it is live, those its handler announces."""
    seen: list[str] = job.progress.get("stages", [])
    known = registry.HANDLERS[job.kind].stages if job.kind in registry.HANDLERS else ()
    to_come = [name for name in known if name not in seen] if job.state in LIVE else []
    newest = {State.RUNNING: "now", State.DONE: "done"}.get(State(job.state), "ended")
    passed = [Stage(name=name, state="done") for name in seen[:-1]] + [Stage(name=n, state=newest) for n in seen[-1:]]
    return (*passed, *(Stage(name=name, state="") for name in to_come))


def percent_of(job: Job) -> int | None:
    """Return how much of the work is done, 0 to 100; None while nobody knows."""
    done, total = job.progress.get("done"), job.progress.get("total")
    if not isinstance(done, int) or not isinstance(total, int) or total <= 0:
        return None
    return min(100, done * 100 // total)


def facts_of(job: Job) -> tuple[Fact, ...]:
    """Return the numbers, moments and texts of the result, the usual counts first; its `note` is no fact.

    `x_source` is no fact of its own: it says where `x` came from.
    """
    result = job.result or {}
    found = {name: value for name, value in result.items() if name != "note" and _is_fact(value)}
    told = {name: str(found.pop(f"{name}_source", "")) for name in tuple(found) if f"{name}_source" in found}
    first = [name for name in FACTS_FIRST if name in found]
    return tuple(
        Fact(
            name=name.replace("_", " ").capitalize(),
            value=_moment(found[name]) or found[name],
            source=SOURCES.get(told.get(name, ""), told.get(name, "")),
        )
        for name in (*first, *sorted(found.keys() - first))
    )


def links_of(job: Job) -> tuple[dict[str, str], ...]:
    """Return the result's links (`label`, `url`); only addresses of this product."""
    links = (job.result or {}).get("links", [])
    return tuple(link for link in links if str(link.get("url", "")).startswith("/") and link["url"][1:2] != "/")


def _is_fact(value: Any) -> bool:
    return isinstance(value, int | float | str) and not isinstance(value, bool)


def _moment(value: Any) -> datetime | None:
    """Return a moment with its zone; None for numbers and other text."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None


def place_of(job: Job) -> str:
    """Return the place of a job in a list that begins with the newest."""
    return f"{job.created_at.isoformat()}~{job.pk}"


def read_place(after: str) -> tuple[datetime, UUID] | None:
    """Return the time and id of a place; None for any other text."""
    created_at, _, pk = after.partition("~")
    try:
        moment = datetime.fromisoformat(created_at)
        return (moment, UUID(pk)) if moment.tzinfo is not None else None
    except ValueError:
        return None
