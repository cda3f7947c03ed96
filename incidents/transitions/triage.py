"""What is shown of an alert: one pure function of what people did with it, and the time they have. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from incidents.choices import Act, Resolution, State

TARGETS: Final = {
    "critical": timedelta(minutes=15),
    "high": timedelta(hours=1),
    "medium": timedelta(hours=8),
    "low": timedelta(hours=24),
    "info": timedelta(hours=72),
}
"""How soon somebody should have acknowledged an alert, by its severity."""


LONGEST_NOTE: Final = 4_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a person does: `until` for a snooze, `resolution` for closing, `assignee_id` to assign, `note` with any."""

    act: Act
    until: datetime | None = None
    resolution: Resolution | None = None
    assignee_id: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing a person did. `undoes` is the step that this one takes back."""

    id: int
    act: Act
    at: datetime
    until: datetime | None = None
    resolution: Resolution | None = None
    assignee_id: int | None = None
    undoes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Where an alert stands; `until` is when its snooze ends."""

    state: State = State.NEW
    until: datetime | None = None
    resolution: Resolution | None = None
    assignee_id: int | None = None
    acknowledged_at: datetime | None = None
    closed_at: datetime | None = None


def shown(steps: Iterable[Step], *, now: datetime) -> Shown:
    """Return where an alert stands after these steps, the oldest first by (at, id)."""
    stand = Shown()
    for step in standing(sorted(steps, key=lambda one: (one.at, one.id))):
        stand = _after(stand, step)
    if stand.state == State.SNOOZED and stand.until is not None and stand.until <= now:
        return replace(stand, state=State.ACKNOWLEDGED if stand.acknowledged_at else State.NEW, until=None)
    return stand


def standing(steps: Sequence[Step]) -> list[Step]:
    """Return the steps that nobody took back."""
    undone = {step.undoes for step in steps if step.act == Act.UNDONE}
    return [step for step in steps if step.act != Act.UNDONE and step.id not in undone]


def _after(stand: Shown, step: Step) -> Shown:
    match step.act:
        case Act.ACKNOWLEDGED:
            first = stand.acknowledged_at or step.at
            return replace(stand, state=State.ACKNOWLEDGED, until=None, acknowledged_at=first)
        case Act.SNOOZED:
            return replace(stand, state=State.SNOOZED, until=step.until)
        case Act.CLOSED:
            return replace(
                stand, state=State.CLOSED, until=None, resolution=step.resolution, closed_at=step.at,
                acknowledged_at=stand.acknowledged_at or step.at,
            )  # fmt: skip
        case Act.REOPENED:
            state = State.ACKNOWLEDGED if stand.acknowledged_at else State.NEW
            return replace(stand, state=state, until=None, resolution=None, closed_at=None)
        case Act.ASSIGNED:
            return replace(stand, assignee_id=step.assignee_id)
    return stand


def lacking(said: Said, now: datetime) -> str:
    """Return what is missing from what a person does, empty when nothing is."""
    if len(said.note) > LONGEST_NOTE:
        return f"The note is longer than {LONGEST_NOTE:,} characters."
    if "\0" in said.note:
        return "The note holds a zero byte."
    match said.act:
        case Act.SNOOZED if said.until is None or said.until <= now:
            return "Say until when: a moment to come."
        case Act.CLOSED if said.resolution is None:
            return "Say what it was: a true positive, a false alarm, benign or a duplicate."
        case Act.NOTED if not said.note.strip():
            return "Write something."
    return ""


def refusal(stand: Shown, act: Act) -> str:
    """Return why an act makes no sense now, empty when it does."""
    if act == Act.REOPENED and stand.state not in {State.CLOSED, State.SNOOZED}:
        return "It is open already."
    if stand.state == State.CLOSED and act in {Act.ACKNOWLEDGED, Act.SNOOZED}:
        return "It is closed; open it again first."
    if stand.state == State.ACKNOWLEDGED and act == Act.ACKNOWLEDGED:
        return "Somebody acknowledged it already."
    return ""
