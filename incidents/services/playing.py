"""Following a playbook: the version is kept as it is when somebody starts it, and what people say of its steps."""

from datetime import datetime

from django.db import transaction
from django.db.models import Max

from incidents.choices import ENDED, EntryKind, Stage, StepAct
from incidents.errors import IncidentRefused
from incidents.models import Incident, Playbook, PlaybookRun, StepMark
from incidents.playbooks.engine import Mark, Walk, last_marks, not_a_mark, walk
from incidents.playbooks.shelf import Printed, shelf
from incidents.services.rooms import checked, held, keep_pace, write
from inventory.access.records import Principal


@transaction.atomic
def follow(*, incident: Incident, slug: str, seen: int | None, principal: Principal, now: datetime) -> PlaybookRun:
    """Start to follow a playbook; the one followed until now ends, and what was said of its steps is kept.

    `seen` is the id of the run the person saw, 0 for none. Raises IncidentChanged when another is followed by now.
    """
    row, person = held(incident, principal)
    printed = shelf().get(slug)
    if printed is None or Stage(row.stage) in ENDED:
        msg = "There is no such playbook." if printed is None else "It is over; open it again first."
        raise IncidentRefused(msg)
    run = current_run(row)
    keep_pace(seen, run.pk if run else 0, "the playbook")
    kept = keep(printed, now=now)
    if run is not None:
        if run.playbook_id == kept.pk:
            return run
        run.ended_at = now
        run.save(update_fields=["ended_at"])
    made = PlaybookRun.objects.create(incident=row, playbook=kept, started_at=now, started_by_id=person)
    before = f", instead of {run.playbook.title}" if run else ""
    write(
        row, principal=principal, kind=EntryKind.ACTION, text=f"Follows the playbook {kept}{before}", verb="follows",
        new={"playbook": slug, "version": kept.version}, now=now,
    )  # fmt: skip
    return made


def current_run(incident: Incident) -> PlaybookRun | None:
    """Return the playbook an incident follows."""
    return PlaybookRun.objects.filter(incident=incident, ended_at=None).select_related("playbook").first()


def keep(printed: Printed, *, now: datetime) -> Playbook:
    """Return the kept version that is this playbook to the letter; a changed one is kept as the next version."""
    known = Playbook.objects.filter(slug=printed.slug, digest=printed.digest).first()
    if known is not None:
        return known
    last = Playbook.objects.filter(slug=printed.slug).aggregate(last=Max("version"))["last"] or 0
    facts = {
        "level": printed.level, "first_look": printed.first_look, "triggers": printed.triggers,
        "exit_criteria": printed.exit_criteria, "obligations": printed.obligations, "roles": printed.roles,
    }  # fmt: skip
    made = Playbook(
        slug=printed.slug, version=last + 1, digest=printed.digest, title=printed.title, body=list(printed.body),
        facts=facts, kept_at=now,
    )  # fmt: skip
    Playbook.objects.bulk_create([made], ignore_conflicts=True)
    return Playbook.objects.get(slug=printed.slug, digest=printed.digest)


def walk_of(run: PlaybookRun) -> tuple[Walk, dict[str, StepMark]]:
    """Return how a playbook stands, and what was said last of each step; one query."""
    rows = list(StepMark.objects.filter(run=run).select_related("by").order_by("pk"))
    marks = last_marks(Mark(step=row.step, act=StepAct(row.act), at=row.at) for row in rows)
    return walk(run.playbook.body, marks, started_at=run.started_at), {row.step: row for row in rows}


@transaction.atomic
def mark(  # noqa: PLR0913 -- what is said of which step
    *,
    incident: Incident,
    step: str,
    act: StepAct,
    note: str,
    seen: int | None,
    principal: Principal,
    now: datetime,
) -> StepMark:
    """Say that a step is done or skipped, answer a question, or open it again.

    `seen` is the id of what the person saw said last of the step, 0 for nothing. Raises IncidentChanged when somebody
    said something since, and IncidentRefused for what cannot be said of it, or not by whoever did what it approves.
    """
    row, person = held(incident, principal)
    run = current_run(row)
    if run is None or Stage(row.stage) in ENDED:
        msg = "No playbook is followed." if run is None else "It is over; open it again first."
        raise IncidentRefused(msg)
    stand, said = walk_of(run)
    keep_pace(seen, said[step].pk if step in said else 0, "this step")
    place, why = stand.at(step), checked(note, what="The note")
    if place is None or (problem := not_a_mark(place, act, why)):
        raise IncidentRefused(problem if place else not_a_mark(place, act, why))
    _require_another(said.get(stand.counterpart(step)), act, person)
    made = StepMark.objects.create(run=run, step=step, act=act.value, note=why, at=now, by_id=person)
    told = {
        StepAct.DONE: f"Done: {place.step.text}",
        StepAct.SKIPPED: f"Skipped: {place.step.text}",
        StepAct.YES: f"{place.step.text} Yes.",
        StepAct.NO: f"{place.step.text} No.",
        StepAct.REOPENED: f"Opened again: {place.step.text}",
    }[act]
    kind = EntryKind.DECISION if place.step.is_question else EntryKind.ACTION
    write(
        row, principal=principal, kind=kind, text=told, note=why, verb=f"step {act.value}", now=now,
        new={"playbook": run.playbook.slug, "version": run.playbook.version, "step": step},
    )  # fmt: skip
    return made


def _require_another(counterpart: StepMark | None, act: StepAct, person: int) -> None:
    """Raise IncidentRefused where one person would do something and approve it."""
    if counterpart is None or StepAct.REOPENED in {act, StepAct(counterpart.act)} or counterpart.by_id != person:
        return
    msg = f"One approves what another did, and {counterpart.by} did the other step: another person does this one."
    raise IncidentRefused(msg)
