"""What people do with alerts: acknowledge, snooze, close, open again, assign, note, and take back."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Final

from django.db import transaction

from incidents.choices import HARMLESS, Act, Resolution, State
from incidents.errors import AlertsChanged, AlertsRefused
from incidents.models import Episode, TriageStep
from incidents.selectors.holding import teams_of
from incidents.transitions.triage import Said, Step, lacking, refusal, shown
from inventory.access.records import SYSTEM, Change, Principal
from inventory.access.rights import Verb, require
from inventory.access.services.trail import record_changes
from inventory.jobs.services.jobs import enqueue

WEIGH: Final = "incidents.weigh"
BATCH: Final = 500
NOTHING: Final = "There is nothing to take back."


def triage(*, episode: Episode, said: Said, principal: Principal, now: datetime) -> TriageStep:
    """Write what a person does with an alert and return the step. Raises AccessRefused and AlertsRefused."""
    (step,) = triage_all(episodes=[episode], said=said, principal=principal, now=now)
    return step


@transaction.atomic
def triage_all(
    *, episodes: Sequence[Episode], said: Said, principal: Principal, now: datetime, seen: int | None = None
) -> list[TriageStep]:
    """Do one thing with many alerts, all or none, and return the steps in the order of the alerts' ids.

    `seen` is the id of the newest step about any of them that the person saw, 0 for none. Raises AccessRefused,
    AlertsChanged when somebody did something with one of them since, and AlertsRefused, which names the alert where
    there are many.
    """
    held, person = _held(episodes, principal)
    _keep_pace(held, seen)
    steps = steps_of(held)
    for episode in held:
        problem = refusal(shown(steps[episode.pk], now=now), said.act) or lacking(said, now)
        if problem:
            raise AlertsRefused(problem if len(held) == 1 else f"{episode.code}: {problem}")
    made = TriageStep.objects.bulk_create(
        TriageStep(
            episode=episode, act=said.act.value, at=now, by_id=person, until=said.until,
            resolution=said.resolution.value if said.resolution else "", assignee_id=said.assignee_id,
            note=said.note.strip(),
        )
        for episode in held
    )  # fmt: skip
    _derive(held, now=now)
    _tell(made, principal=principal, now=now)
    return made


@transaction.atomic
def take_up(*, episodes: Sequence[Episode], note: str, principal: Principal, now: datetime) -> list[TriageStep]:
    """Acknowledge those that nobody has yet, because an incident is about them; a snooze ends, what is closed stays so.

    Raises AccessRefused.
    """
    held, _ = _held(episodes, principal)
    steps = steps_of(held)
    fresh = [row for row in held if not refusal(shown(steps[row.pk], now=now), Act.ACKNOWLEDGED)]
    if not fresh:
        return []
    return triage_all(episodes=fresh, said=Said(act=Act.ACKNOWLEDGED, note=note), principal=principal, now=now)


def undo(*, episode: Episode, step: TriageStep, principal: Principal, now: datetime) -> TriageStep:
    """Take a step back: what was before it holds again. Raises AccessRefused and AlertsRefused."""
    if step.episode_id != episode.pk:
        raise AlertsRefused(NOTHING)
    (back,) = undo_all(steps=[step], principal=principal, now=now)
    return back


@transaction.atomic
def undo_all(*, steps: Sequence[TriageStep], principal: Principal, now: datetime) -> list[TriageStep]:
    """Take steps about different alerts back, all or none. Raises AccessRefused and AlertsRefused."""
    by_episode = {step.episode_id: step for step in steps}
    held, person = _held(list(Episode.objects.filter(pk__in=by_episode)), principal)
    late = TriageStep.objects.filter(undoes__in=[step.pk for step in steps]).exists()
    if not steps or late or any(step.act == Act.UNDONE for step in steps):
        raise AlertsRefused(NOTHING)
    made = TriageStep.objects.bulk_create(
        TriageStep(episode=row, act=Act.UNDONE.value, at=now, by_id=person, undoes=by_episode[row.pk]) for row in held
    )
    _derive(held, now=now)
    _tell(made, principal=principal, now=now)
    return made


def end_snoozes(*, now: datetime) -> int:
    """Let alerts ask again whose snooze is over; return how many."""
    over = list(Episode.objects.filter(state_until__lte=now).order_by("pk")[:BATCH])
    _derive(over, now=now)
    return len(over)


def _held(episodes: Sequence[Episode], principal: Principal) -> tuple[list[Episode], int]:
    """Return the rows as they are now, locked, and the person who acts."""
    for team_id in set(teams_of(episodes).values()):
        require(principal, Verb.TRIAGE_ALERTS, team_id=team_id)
    if principal.user_id is None:
        msg = "Alerts are triaged by people; sign in to do it."
        raise AlertsRefused(msg)
    found = Episode.objects.select_for_update(of=("self",)).filter(pk__in=[episode.pk for episode in episodes])
    return list(found.order_by("pk")), principal.user_id


def _keep_pace(episodes: Sequence[Episode], seen: int | None) -> None:
    newer = TriageStep.objects.filter(episode__in=episodes, pk__gt=seen or 0).select_related("by", "episode")
    if seen is not None and (step := newer.order_by("-pk").first()):
        msg = f"{step.by} was faster: {step.episode.code} was {step.act} meanwhile. Nothing was changed; look again."
        raise AlertsChanged(msg)


def steps_of(episodes: Collection[Episode]) -> dict[int, list[Step]]:
    """Return what people did with some episodes, by their ids."""
    found: dict[int, list[Step]] = {episode.pk: [] for episode in episodes}
    for row in TriageStep.objects.filter(episode__in=list(found)):
        found[row.episode_id].append(
            Step(
                id=row.pk,
                act=Act(row.act),
                at=row.at,
                until=row.until,
                resolution=Resolution(row.resolution) if row.resolution else None,
                assignee_id=row.assignee_id,
                undoes=row.undoes_id,
            )
        )
    return found


def _derive(episodes: Collection[Episode], *, now: datetime) -> None:
    """Write what is shown of some episodes, and ask for what weighs on their APIs where that changed."""
    changed: dict[int, str] = {}
    steps = steps_of(episodes)
    for episode in episodes:
        stand, before = shown(steps[episode.pk], now=now), episode.resolution
        episode.state = stand.state.value
        episode.state_until = stand.until if stand.state == State.SNOOZED else None
        episode.resolution = stand.resolution.value if stand.resolution else ""
        episode.assignee_id = stand.assignee_id
        episode.acknowledged_at = stand.acknowledged_at
        episode.closed_at = stand.closed_at
        if episode.api_id is not None and (before in HARMLESS) != (episode.resolution in HARMLESS):
            changed[episode.api_id] = episode.code
    fields = ["state", "state_until", "resolution", "assignee", "acknowledged_at", "closed_at"]
    Episode.objects.bulk_update(episodes, fields)
    if changed:
        cause = f"alert {next(iter(changed.values()))}: people said what it was"
        # An import of alerts may be under way and must end first; nobody should wait for that with a click.
        enqueue(kind=WEIGH, arguments={"apis": sorted(changed), "cause": cause}, principal=SYSTEM, now=now)


def _tell(steps: Iterable[TriageStep], *, principal: Principal, now: datetime) -> None:
    record_changes([_change(step) for step in steps], principal=principal, now=now)


def _change(step: TriageStep) -> Change:
    new = {
        "until": step.until.isoformat() if step.until else None,
        "resolution": step.resolution or None,
        "assignee": str(step.assignee) if step.assignee else None,
    }
    return Change(
        kind="alert", code=step.episode.code, verb=step.act, reason=step.note, api_id=step.episode.api_id,
        new={name: value for name, value in new.items() if value} or None,
    )  # fmt: skip
