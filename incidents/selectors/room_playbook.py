"""The playbook an incident follows as its page shows it: the way so far, by phases, and what is open."""

from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby

from incidents.choices import SEATS, StepAct
from incidents.models import Incident, PlaybookRun, StepMark
from incidents.playbooks.engine import Mark, Place, last_marks, walk
from incidents.playbooks.shelf import playbook_for, shelf


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRow:
    """One step: `state` is done, skipped, open or later; `seen` is what the form carries to tell of others' acts.

    `not_by` did what this approves, or approved it, so that another person does it; `is_mine` if that is who looks.
    """

    id: str
    text: str
    state: str
    is_question: bool
    answer: str
    evidence: str
    role: str
    person: str
    due_at: datetime | None
    overdue: bool
    note: str
    by: str
    at: datetime | None
    seen: int
    not_by: str = ""
    is_mine: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """Steps of one phase that follow one another: `state` is done, now or later."""

    name: str
    state: str
    finished: int
    rows: tuple[StepRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaybookCard:
    """The playbook followed, if one is, and those there are as (name in forms, title); `fits` is the one to offer."""

    run: PlaybookRun | None
    phases: tuple[Phase, ...] = ()
    finished: int = 0
    total: int = 0
    is_finished: bool = False
    shelf: tuple[tuple[str, str], ...] = ()
    fits: str = ""

    @property
    def seen(self) -> int:
        """What the form to follow another carries."""
        return self.run.pk if self.run else 0


def playbook_card(incident: Incident, people: dict[str, str], *, me: int | None, now: datetime) -> PlaybookCard:
    """Return the card for somebody; `people` names who is in which seat. Two queries, three while none is followed."""
    titles = tuple((slug, each.title) for slug, each in shelf().items())
    run = PlaybookRun.objects.filter(incident=incident, ended_at=None).select_related("playbook").first()
    if run is None:
        categories = incident.links.filter(removed_at=None).exclude(episode=None)
        first = categories.order_by("-episode__severity", "pk").values_list("episode__category", flat=True).first()
        return PlaybookCard(run=None, shelf=titles, fits=playbook_for(first or ""))
    said = list(StepMark.objects.filter(run=run).select_related("by").order_by("pk"))
    marks = last_marks(Mark(step=row.step, act=StepAct(row.act), at=row.at) for row in said)
    stand = walk(run.playbook.body, marks, started_at=run.started_at)
    held = {row.step: row for row in said}
    rows = [_row(place, held.get(place.step.id), people, now) for place in stand.places]
    others = [held[other] if (other := stand.counterpart(row.id)) in marks else None for row in rows]
    rows = [
        replace(row, not_by=str(other.by), is_mine=other.by_id == me) if other and not row.by else row
        for row, other in zip(rows, others, strict=True)
    ]
    grouped = groupby(zip(stand.places, rows, strict=True), key=lambda pair: pair[0].step.phase)
    finished, total = stand.count
    return PlaybookCard(
        run=run,
        phases=tuple(_phase(name, tuple(row for _, row in pairs)) for name, pairs in grouped),
        finished=finished,
        total=total,
        is_finished=stand.finished_at is not None,
        shelf=titles,
    )


def _phase(name: str, rows: tuple[StepRow, ...]) -> Phase:
    finished = sum(row.state in {"done", "skipped"} for row in rows)
    state = "done" if finished == len(rows) else "now" if any(row.state == "open" for row in rows) else "later"
    return Phase(name=name.capitalize(), state=state, finished=finished, rows=rows)


def _row(place: Place, mark: StepMark | None, people: dict[str, str], now: datetime) -> StepRow:
    step, is_said = place.step, place.act is not None
    return StepRow(
        id=step.id,
        text=step.text,
        state=place.state,
        is_question=step.is_question,
        answer=(place.act or "") if step.is_question else "",
        evidence=step.evidence.replace("_", " "),
        role=SEATS.get(step.role, step.role.replace("_", " ")),
        person=people.get(step.role, ""),
        due_at=place.due_at,
        overdue=place.due_at is not None and place.due_at <= now,
        note=mark.note if mark and is_said else "",
        by=str(mark.by) if mark and is_said else "",
        at=mark.at if mark and is_said else None,
        seen=mark.pk if mark else 0,
    )
