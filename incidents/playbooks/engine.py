"""Following a playbook: which steps stand open, given what people said of them so far. Pure.

A body is a list of nodes, as kept with each version of a playbook (`shelf`). What people said last of a step counts;
what they said of steps on a branch that is not taken is kept and counts again if the branch is.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final

from incidents.choices import StepAct

Body = Sequence[Mapping[str, Any]]
ANSWERS: Final = (StepAct.YES, StepAct.NO)
APPROVAL: Final = "approval"
"""What shows a step that a second person does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """An action, or a question with two branches. `minutes` from when it opens, None without a target."""

    id: str
    text: str
    phase: str
    role: str
    is_question: bool = False
    minutes: int | None = None
    evidence: str = ""

    @property
    def is_approval(self) -> bool:
        """Whether somebody else than who did the step before it has to do it."""
        return self.evidence == APPROVAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What somebody said of a step."""

    step: str
    act: StepAct
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A step on the way: `state` is done, skipped, open or later. `due_at` is for open ones with a target."""

    step: Step
    state: str
    act: StepAct | None = None
    opened_at: datetime | None = None
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """The steps on the way in their order, and when the last of them was finished; None while some are not."""

    places: tuple[Place, ...]
    finished_at: datetime | None

    @property
    def count(self) -> tuple[int, int]:
        """How many steps are finished, and how many are on the way as it is known now."""
        return sum(place.state in {"done", "skipped"} for place in self.places), len(self.places)

    def at(self, step_id: str) -> Place | None:
        """Return the place of a step that is on the way; None for any other."""
        return next((place for place in self.places if place.step.id == step_id), None)

    def counterpart(self, step_id: str) -> str:
        """Return the id of the step that another person does: of an approval the one before it, and of that one it."""
        for before, place in pairwise(self.places):
            if place.step.is_approval and step_id in {before.step.id, place.step.id}:
                return before.step.id if step_id == place.step.id else place.step.id
        return ""


def last_marks(marks: Iterable[Mark]) -> dict[str, Mark]:
    """Return what was said last of each step, given in the order it was said; a reopened one is as if never."""
    held = {mark.step: mark for mark in marks}
    return {step: mark for step, mark in held.items() if mark.act != StepAct.REOPENED}


def walk(body: Body, marks: Mapping[str, Mark], *, started_at: datetime) -> Walk:
    """Return how a playbook stands."""
    places, finished_at = _sequence(body, marks, started_at)
    return Walk(places=tuple(places), finished_at=finished_at)


def not_a_mark(place: Place | None, act: StepAct, note: str) -> str:
    """Return why this cannot be said of a step, empty when it can."""
    if place is None:
        return "This step is not on the way that was taken; look at the playbook again."
    if act == StepAct.REOPENED:
        return "" if place.act else "Nothing was said of this step yet."
    if place.act is not None:
        return "Somebody finished this step already; open it again to say something else."
    if place.step.is_question or act in ANSWERS:
        fits = place.step.is_question and act in ANSWERS
        return "" if fits else "A question is answered yes or no, and a step is done or skipped."
    return "" if note.strip() else _unsaid(place.step, act)


def _unsaid(step: Step, act: StepAct) -> str:
    if act == StepAct.SKIPPED:
        return "Say why the step is skipped."
    return f"Name what shows it before it is done: {step.evidence.replace('_', ' ')}." if step.evidence else ""


def steps_of(body: Body) -> Iterator[Step]:
    """Yield every step of every branch."""
    for node in body:
        kind = node["step"]
        if kind in {"action", "decision"}:
            yield _step(node)
        for branch in _branches(node):
            yield from steps_of(branch)


def _branches(node: Mapping[str, Any]) -> tuple[Body, ...]:
    match node["step"]:
        case "decision":
            return node["yes"], node["no"]
        case "parallel":
            return tuple(node["branches"])
        case "group":
            return (node["steps"],)
    return ()


def _step(node: Mapping[str, Any]) -> Step:
    return Step(
        id=node["id"], text=node["text"], phase=node["phase"], role=node["role"],
        is_question=node["step"] == "decision", minutes=node.get("minutes"), evidence=node.get("evidence") or "",
    )  # fmt: skip


def _sequence(body: Body, marks: Mapping[str, Mark], opened: datetime | None) -> tuple[list[Place], datetime | None]:
    """Return the steps of a body and when it was finished; `opened` is None while what comes before it is not."""
    places: list[Place] = []
    for node in body:
        found, opened = _node(node, marks, opened)
        places += found
    return places, opened


def _node(
    node: Mapping[str, Any], marks: Mapping[str, Mark], opened: datetime | None
) -> tuple[list[Place], datetime | None]:
    kind = node["step"]
    if kind == "group":
        return _sequence(node["steps"], marks, opened)
    if kind == "parallel":
        ways = [_sequence(branch, marks, opened) for branch in node["branches"]]
        ends = [end for _, end in ways]
        together = max((end for end in ends if end), default=opened) if all(ends) else None
        return [place for places, _ in ways for place in places], together
    step, mark = _step(node), marks.get(node["id"])
    if mark is None or (step.is_question and mark.act not in ANSWERS):
        return [_waiting(step, opened)], None
    state = "skipped" if mark.act == StepAct.SKIPPED else "done"
    place = Place(step=step, state=state, act=mark.act, opened_at=opened)
    reached = None if opened is None else max(opened, mark.at)
    if not step.is_question:
        return [place], reached
    places, end = _sequence(node[mark.act.value], marks, reached)
    return [place, *places], end


def _waiting(step: Step, opened: datetime | None) -> Place:
    if opened is None:
        return Place(step=step, state="later")
    due = opened + timedelta(minutes=step.minutes) if step.minutes is not None else None
    return Place(step=step, state="open", opened_at=opened, due_at=due)
