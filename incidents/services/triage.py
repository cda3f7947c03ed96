"""What people do with alerts: acknowledge, snooze, close, open again, assign, note, and take back."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

from django.db import transaction

from incidents.choices import HARMLESS, Act, Resolution, State
from incidents.errors import AlertsRefused
from incidents.models import Episode, TriageStep
from incidents.transitions.triage import Said, Step, lacking, refusal, shown
from inventory.access.records import SYSTEM, Principal
from inventory.access.rights import Verb, require
from inventory.access.services.trail import record_change
from inventory.jobs.services.jobs import enqueue
from inventory.models import ApiTeam

WEIGH: Final = "incidents.weigh"
BATCH: Final = 500


def team_of(episode: Episode) -> int | None:
    """Return the team whose an episode is: that of its API, or while it has none the one that brought it."""
    if episode.api_id is None:
        return episode.team_id
    return ApiTeam.objects.filter(api=episode.api_id, until=None).values_list("team_id", flat=True).first()


@transaction.atomic
def triage(*, episode: Episode, said: Said, principal: Principal, now: datetime) -> TriageStep:
    """Write what a person does with an alert and return the step. Raises AccessRefused and AlertsRefused."""
    held, person = _held(episode, principal)
    problem = refusal(shown(steps_of([held])[held.pk], now=now), said.act) or lacking(said, now)
    if problem:
        raise AlertsRefused(problem)
    step = TriageStep.objects.create(
        episode=held, act=said.act.value, at=now, by_id=person, until=said.until,
        resolution=said.resolution.value if said.resolution else "", assignee_id=said.assignee_id,
        note=said.note.strip(),
    )  # fmt: skip
    _derive([held], now=now)
    _tell(held, step, principal=principal, now=now)
    return step


@transaction.atomic
def triage_all(*, episodes: Sequence[Episode], said: Said, principal: Principal, now: datetime) -> None:
    """Do one thing with many alerts, all or none. Raises AccessRefused, and AlertsRefused that names the alert."""
    for episode in sorted(episodes, key=lambda one: one.pk):
        try:
            triage(episode=episode, said=said, principal=principal, now=now)
        except AlertsRefused as refusal:
            msg = f"{episode.code}: {refusal}"
            raise AlertsRefused(msg) from refusal


@transaction.atomic
def undo(*, episode: Episode, step: TriageStep, principal: Principal, now: datetime) -> TriageStep:
    """Take a step back: what was before it holds again. Raises AccessRefused and AlertsRefused."""
    held, person = _held(episode, principal)
    if step.episode_id != held.pk or step.act == Act.UNDONE or TriageStep.objects.filter(undoes=step).exists():
        msg = "There is nothing to take back."
        raise AlertsRefused(msg)
    back = TriageStep.objects.create(episode=held, act=Act.UNDONE.value, at=now, by_id=person, undoes=step)
    _derive([held], now=now)
    _tell(held, back, principal=principal, now=now)
    return back


def end_snoozes(*, now: datetime) -> int:
    """Let alerts ask again whose snooze is over; return how many."""
    over = list(Episode.objects.filter(state_until__lte=now).order_by("pk")[:BATCH])
    _derive(over, now=now)
    return len(over)


def _held(episode: Episode, principal: Principal) -> tuple[Episode, int]:
    """Return the row as it is now, locked, and the person who acts."""
    require(principal, Verb.TRIAGE_ALERTS, team_id=team_of(episode))
    if principal.user_id is None:
        msg = "Alerts are triaged by people; sign in to do it."
        raise AlertsRefused(msg)
    return Episode.objects.select_for_update(of=("self",)).get(pk=episode.pk), principal.user_id


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
    for pk, steps in steps_of(episodes).items():
        episode = next(one for one in episodes if one.pk == pk)
        stand = shown(steps, now=now)
        before = episode.resolution
        episode.state = stand.state.value
        episode.state_until = stand.until if stand.state == State.SNOOZED else None
        episode.resolution = stand.resolution.value if stand.resolution else ""
        episode.assignee_id = stand.assignee_id
        episode.acknowledged_at = stand.acknowledged_at
        episode.closed_at = stand.closed_at
        fields = ["state", "state_until", "resolution", "assignee", "acknowledged_at", "closed_at"]
        episode.save(update_fields=fields)
        if episode.api_id is not None and (before in HARMLESS) != (episode.resolution in HARMLESS):
            changed[episode.api_id] = episode.code
    if changed:
        cause = f"alert {next(iter(changed.values()))}: people said what it was"
        # An import of alerts may be under way and must end first; nobody should wait for that with a click.
        enqueue(kind=WEIGH, arguments={"apis": sorted(changed), "cause": cause}, principal=SYSTEM, now=now)


def _tell(episode: Episode, step: TriageStep, *, principal: Principal, now: datetime) -> None:
    new = {
        "until": step.until.isoformat() if step.until else None,
        "resolution": step.resolution or None,
        "assignee": str(step.assignee) if step.assignee else None,
    }
    record_change(
        principal=principal, kind="alert", code=episode.code, verb=step.act, old=None,
        new={name: value for name, value in new.items() if value} or None, now=now, reason=step.note,
        api_id=episode.api_id,
    )  # fmt: skip
