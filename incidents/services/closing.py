"""The end of an incident: a review, actions with owners, and the way back."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction

from incidents.choices import ENDED, Stage
from incidents.errors import IncidentRefused
from incidents.models import Incident, IncidentTask, Review
from incidents.services.incidents import facts_of, set_stage
from incidents.services.rooms import checked, held, keep_pace
from incidents.transitions.incidents import refusal, stops_closing
from inventory.access.models import User
from inventory.access.records import Principal

PARTS: Final = ("what_happened", "went_well", "went_badly", "detection_gap", "lessons")


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One thing to do better: what, who sees to it, until when."""

    title: str
    assignee: User | None = None
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """What a review says; `parts` by the names of `PARTS`."""

    parts: dict[str, str]
    actions: tuple[Action, ...] = ()


@transaction.atomic
def close(*, incident: Incident, learned: Learned, seen: int | None, principal: Principal, now: datetime) -> Incident:
    """Close an incident with its review; its actions become tasks with owners. It counts in no score from then on.

    Raises IncidentRefused from a stage that does not lead there, while a legal clock runs, and without lessons where
    they are wanted; IncidentChanged when it stands elsewhere than the person saw.
    """
    row, person = held(incident, principal)
    keep_pace(seen, row.version, "this incident")
    parts = {name: checked(learned.parts.get(name, ""), what="The review") for name in PARTS}
    problem = refusal(Stage(row.stage), Stage.CLOSED) or stops_closing(facts_of(row), lessons=parts["lessons"])
    if problem:
        raise IncidentRefused(problem)
    Review.objects.create(incident=row, at=now, by_id=person, **parts)
    for action in learned.actions:
        title = checked(action.title, what="An action")[:300]
        if title and action.assignee is None:
            msg = f"Say who sees to it: “{title}”."
            raise IncidentRefused(msg)
        if title:
            IncidentTask.objects.create(
                incident=row, title=title, assignee=action.assignee, due_at=action.due_at, is_improvement=True,
                created_at=now, created_by_id=person,
            )  # fmt: skip
    return set_stage(row, Stage.CLOSED, parts["lessons"], principal=principal, now=now)


@transaction.atomic
def reopen(*, incident: Incident, reason: str, seen: int | None, principal: Principal, now: datetime) -> Incident:
    """Open an incident again that is over: it stands at triage, with all that was. Takes a reason."""
    row, _ = held(incident, principal)
    keep_pace(seen, row.version, "this incident")
    why = checked(reason, what="The reason")
    if Stage(row.stage) not in ENDED or not why:
        msg = "It is open." if Stage(row.stage) not in ENDED else "Say why it is opened again."
        raise IncidentRefused(msg)
    return set_stage(row, Stage.TRIAGE, why, principal=principal, now=now)
