"""Tasks of an incident beside its playbook, and those its review asked for."""

from datetime import datetime

from django.db import transaction

from incidents.choices import EntryKind, TaskState
from incidents.errors import IncidentRefused
from incidents.models import Incident, IncidentTask
from incidents.services.rooms import checked, held, keep_pace, write
from inventory.access.models import User
from inventory.access.records import AGAIN, Principal

TOLD = {TaskState.DONE: "Task done", TaskState.DROPPED: "Task dropped", TaskState.TODO: "Task opened again"}


@transaction.atomic
def add_task(
    *,
    incident: Incident,
    title: str,
    assignee: User | None,
    due_at: datetime | None,
    principal: Principal,
    now: datetime,
) -> IncidentTask:
    """Write a task; what was sent twice is one task. Raises IncidentRefused without words."""
    row, person = held(incident, principal)
    said = checked(title, what="The task")[:300]
    if not said:
        msg = "Say what is to be done."
        raise IncidentRefused(msg)
    recent = IncidentTask.objects.filter(incident=row, created_by=person, created_at__gt=now - AGAIN)
    if (twice := recent.filter(title=said, assignee=assignee, due_at=due_at).first()) is not None:
        return twice
    task = IncidentTask.objects.create(
        incident=row, title=said, assignee=assignee, due_at=due_at, created_at=now, created_by_id=person
    )
    write(
        row, principal=principal, kind=EntryKind.ACTION, text=f"Task for {assignee or 'nobody yet'}: {said}",
        verb="task", now=now, new=assignee.email if assignee else None,
    )  # fmt: skip
    return task


@transaction.atomic
def end_task(
    *, task: IncidentTask, state: TaskState, seen: int | None, principal: Principal, now: datetime
) -> IncidentTask:
    """Say that a task is done, dropped, or to be done again. Raises IncidentChanged when somebody else did."""
    row, _ = held(task.incident, principal)
    kept = IncidentTask.objects.select_for_update().get(pk=task.pk)
    keep_pace(seen, kept.version, "this task")
    if kept.state == state.value:
        return kept
    old, kept.state = kept.state, state.value
    kept.ended_at = None if state == TaskState.TODO else now
    kept.version += 1
    kept.save(update_fields=["state", "ended_at", "version"])
    write(
        row, principal=principal, kind=EntryKind.ACTION, text=f"{TOLD[state]}: {kept.title}", verb=f"task {state}",
        old=old, new=state.value, now=now,
    )  # fmt: skip
    return kept
