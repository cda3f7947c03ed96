"""The life of an incident: where it may go from where, and what should be true before it does. Pure."""

from dataclasses import dataclass
from typing import Final

from incidents.choices import ENDED, Level, Stage

MOVES: Final = {
    Stage.TRIAGE: (Stage.DECLARED, Stage.FALSE_POSITIVE, Stage.DUPLICATE, Stage.CANCELLED),
    Stage.DECLARED: (Stage.CONTAINMENT, Stage.TRIAGE),
    Stage.CONTAINMENT: (Stage.ERADICATION, Stage.DECLARED),
    Stage.ERADICATION: (Stage.RECOVERY, Stage.CONTAINMENT),
    Stage.RECOVERY: (Stage.MONITORING, Stage.CONTAINMENT),
    Stage.MONITORING: (Stage.REVIEW, Stage.CONTAINMENT),
    Stage.REVIEW: (Stage.CLOSED,),
    Stage.CLOSED: (Stage.TRIAGE,),
    Stage.FALSE_POSITIVE: (Stage.TRIAGE,),
    Stage.DUPLICATE: (Stage.TRIAGE,),
    Stage.CANCELLED: (Stage.TRIAGE,),
}
"""From each stage first the one that is next."""
LINE: Final = (
    Stage.TRIAGE, Stage.DECLARED, Stage.CONTAINMENT, Stage.ERADICATION, Stage.RECOVERY, Stage.MONITORING, Stage.REVIEW,
    Stage.CLOSED,
)  # fmt: skip
"""The stages in their order."""
REVIEWED: Final = (Level.SEV1, Level.SEV2)
"""Incidents that close only with lessons written down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the way on depends on: `clocks_running` counts legal clocks, `tasks_open` what is still to be done."""

    level: Level
    apis: int = 0
    has_commander: bool = False
    has_playbook: bool = False
    playbook_finished: bool = False
    findings: int = 0
    frozen: bool = False
    clocks_running: int = 0
    tasks_open: int = 0


def is_way_on(stage: Stage, to: Stage) -> bool:
    """Return True for a move to a later stage of the line."""
    return stage in LINE and to in LINE and LINE.index(to) > LINE.index(stage)


def refusal(stage: Stage, to: Stage) -> str:
    """Return why an incident cannot go there, empty when it can."""
    if to in MOVES[stage]:
        return ""
    if stage in ENDED:
        return f"It is over ({stage.label.lower()}); open it again first."
    ways = ", ".join(each.label.lower() for each in MOVES[stage])
    return f"From “{stage.label.lower()}” it goes to: {ways}."


def lacking(stage: Stage, to: Stage, facts: Facts) -> tuple[str, ...]:
    """Return what should be true before the way on and is not; whoever goes on all the same says why."""
    if not is_way_on(stage, to):
        return ()
    wanted = {
        Stage.DECLARED: ((facts.has_commander, "nobody commands"), (facts.apis > 0, "no API is named")),
        Stage.CONTAINMENT: ((facts.has_commander, "nobody commands"), (facts.has_playbook, "no playbook is followed")),
        Stage.RECOVERY: ((facts.findings > 0, "no finding is linked for the weakness that was used"),),
        Stage.REVIEW: (
            (facts.frozen, "no evidence is frozen"),
            (facts.clocks_running == 0, "a legal clock still runs"),
        ),
    }
    return tuple(problem for holds, problem in wanted.get(to, ()) if not holds)


def stops_closing(facts: Facts, *, lessons: str) -> str:
    """Return what must be done before an incident is closed, whatever the reason; empty when nothing is left."""
    if facts.clocks_running:
        return "A legal clock still runs: say what was filed, or why nothing has to be."
    if facts.level in REVIEWED and not lessons.strip():
        return f"An incident of {facts.level.value} closes with a review: write what was learned."
    return ""
