"""Legal clocks: off until a person switches one on, stopped with what was filed, never silently moved."""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import transaction

from incidents.choices import ClockState, EntryKind
from incidents.errors import IncidentRefused
from incidents.models import Clock, Incident
from incidents.services.rooms import checked, held, keep_pace, write
from incidents.transitions.clocks import RULES, VERSION, due_of, not_a_start, not_a_stop
from inventory.access.records import Principal


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """How a clock stops: filed at a moment with a reference, or not required for a reason."""

    state: ClockState
    filed_at: datetime | None = None
    reference: str = ""
    reason: str = ""


@transaction.atomic
def switch_on(  # noqa: PLR0913 -- which clock, from when, and what the person saw
    *,
    incident: Incident,
    rule: str,
    aware_at: datetime,
    reason: str = "",
    seen: int | None = None,
    principal: Principal,
    now: datetime,
) -> Clock:
    """Start a clock at the moment of awareness, correct that moment, or let one that stopped run again.

    `seen` is the version the person saw, 0 for a clock that is off; all but the first start take a reason. Raises
    IncidentChanged and IncidentRefused.
    """
    row, person = held(incident, principal)
    law = RULES.get(rule)
    problem = "There is no such clock." if law is None else not_a_start(aware_at, now)
    if law is None or problem:
        raise IncidentRefused(problem)
    why = checked(reason, what="The reason")
    clock = Clock.objects.filter(incident=row, rule=rule).first()
    keep_pace(seen, clock.version if clock else 0, "this clock")
    if clock is not None and not why:
        msg = "Say why the moment is another one, or why the clock runs again."
        raise IncidentRefused(msg)
    old = _told(clock) if clock else None
    clock = clock or Clock(incident=row, rule=rule, started_at=now, started_by_id=person, version=0)
    clock.rule_version, clock.state = VERSION, ClockState.RUNNING.value
    clock.aware_at, clock.due_at = aware_at, due_of(law, aware_at)
    clock.filed_at, clock.stopped_by, clock.reference, clock.reason = None, None, "", ""
    clock.version += 1
    clock.save()
    text = f"{law.law}: {'runs' if old is None else 'runs anew'} from {_utc(aware_at)}, due {_utc(clock.due_at)}"
    write(
        row, principal=principal, kind=EntryKind.DECISION, text=text, note=why, verb="clock on", old=old,
        new=_told(clock), now=now,
    )  # fmt: skip
    return clock


@transaction.atomic
def stop(
    *, incident: Incident, rule: str, filed: Filed, seen: int | None, principal: Principal, now: datetime
) -> Clock:
    """Stop a clock with what was filed, or with why nothing has to be. Raises IncidentChanged and IncidentRefused."""
    row, person = held(incident, principal)
    clock = Clock.objects.filter(incident=row, rule=rule).first()
    if clock is None:
        msg = "This clock is off."
        raise IncidentRefused(msg)
    keep_pace(seen, clock.version, "this clock")
    if clock.state != ClockState.RUNNING.value:
        msg = "This clock was stopped already."
        raise IncidentRefused(msg)
    reference, why = checked(filed.reference, what="The reference")[:300], checked(filed.reason, what="The reason")
    problem = not_a_stop(
        filed.state, filed_at=filed.filed_at, due=clock.due_at, reference=reference, reason=why, now=now
    )
    if problem:
        raise IncidentRefused(problem)
    old = _told(clock)
    is_filed = filed.state == ClockState.FILED
    clock.state, clock.reason = filed.state.value, why
    clock.filed_at, clock.reference = (filed.filed_at, reference) if is_filed else (None, "")
    clock.stopped_by_id, clock.version = person, clock.version + 1
    clock.save()
    law = RULES[rule]
    done = f"filed {_utc(filed.filed_at)}, {reference}" if is_filed and filed.filed_at else "nothing has to be filed"
    write(
        row, principal=principal, kind=EntryKind.COMMUNICATION if is_filed else EntryKind.DECISION,
        text=f"{law.law}: {done}", note=why, verb="clock stopped", old=old, new=_told(clock), now=now,
    )  # fmt: skip
    return clock


def _told(clock: Clock) -> dict[str, object]:
    moments = {"aware_at": clock.aware_at, "due_at": clock.due_at, "filed_at": clock.filed_at}
    return {"rule": clock.rule, "rule_version": clock.rule_version, "state": clock.state,
            "reference": clock.reference, **{name: value for name, value in moments.items() if value}}  # fmt: skip


def _utc(moment: datetime) -> str:
    """Return a moment as the timeline keeps it: in UTC, said so."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
