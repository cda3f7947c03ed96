"""The policy of deadlines: how many days findings may stay open, where others hold, and which days count."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from findings.deadlines import LONGEST, Calendar, Rule
from findings.errors import FindingsChanged, FindingsRefused
from findings.models import Deadline, DeadlineCalendar
from findings.selectors import deadline_calendar, deadline_days
from findings.services.due import ask_to_follow
from findings.status import SeverityRank
from inventory.access.records import Change, Principal
from inventory.access.rights import Verb, require
from inventory.access.services.trail import record_changes
from inventory.choices import Criticality, Reach

Days = Mapping[SeverityRank, int | None]
MOST_HOLIDAYS = 400


@transaction.atomic
def set_deadlines(
    *,
    days: Days,
    principal: Principal,
    now: datetime,
    reason: str = "",
    stood: Days | None = None,
    calendar: Calendar | None = None,
) -> tuple[SeverityRank, ...]:
    """Set the days of these severities (None is no deadline) and return those that changed.

    `stood` is what the person saw before; with a `calendar` that is set as well. Every due date follows by a job.
    Raises AccessRefused without the right to change policies, FindingsRefused for a number out of range, and
    FindingsChanged when somebody set others since.
    """
    require(principal, Verb.SET_POLICY, team_id=None)
    for number in days.values():
        _check(number)
    list(Deadline.objects.select_for_update().order_by("pk"))
    held = deadline_days()
    if stood is not None and any(held[rank] != stood[rank] for rank in stood):
        msg = "Somebody changed the deadlines while you did. What stands now is shown; change it again."
        raise FindingsChanged(msg)
    changed = tuple(rank for rank, number in days.items() if held[rank] != number)
    for rank in changed:
        Deadline.objects.update_or_create(severity=rank, reach="", criticality="", defaults={"days": days[rank]})
    _tell(
        [(f"set {rank.name.lower()}", held[rank], days[rank]) for rank in changed],
        principal=principal, now=now, reason=reason,
    )  # fmt: skip
    if calendar is not None:
        _set_calendar(calendar, principal=principal, now=now, reason=reason)
    return changed


@transaction.atomic
def set_exception(*, rule: Rule, principal: Principal, now: datetime, reason: str = "") -> bool:
    """Set other days for findings on APIs of one reach, one criticality or both; return whether that changed anything.

    Raises AccessRefused, and FindingsRefused for a number out of range and for what is no exception.
    """
    require(principal, Verb.SET_POLICY, team_id=None)
    _check(rule.days)
    if not (rule.reach or rule.criticality):
        msg = "Say for which reach or criticality other days hold; for all others they stand in the table above."
        raise FindingsRefused(msg)
    if rule.reach not in {"", *Reach.values} or rule.criticality not in {"", *Criticality.values}:
        msg = "There is no such reach or criticality; choose one of the list."
        raise FindingsRefused(msg)
    place: dict[str, Any] = {"severity": rule.severity, "reach": rule.reach, "criticality": rule.criticality}
    held = Deadline.objects.filter(**place).select_for_update().first()
    if held is not None and held.days == rule.days:
        return False
    Deadline.objects.update_or_create(**place, defaults={"days": rule.days})
    told = (f"except {told_of(rule)}", held.days if held else None, rule.days)
    _tell([told], principal=principal, now=now, reason=reason)
    return True


@transaction.atomic
def drop_exception(*, exception: Deadline, principal: Principal, now: datetime) -> None:
    """Let the days of the severity hold again. Raises AccessRefused."""
    require(principal, Verb.SET_POLICY, team_id=None)
    rule = Rule(
        severity=SeverityRank(exception.severity), days=exception.days, reach=exception.reach,
        criticality=exception.criticality,
    )  # fmt: skip
    exception.delete()
    _tell([(f"end except {told_of(rule)}", rule.days, None)], principal=principal, now=now)


def told_of(rule: Rule) -> str:
    """Return what a rule is about, for the trail."""
    return " ".join(part for part in (rule.severity.name.lower(), rule.reach, rule.criticality) if part)


def _check(number: int | None) -> None:
    if number is not None and not 1 <= number <= LONGEST:
        msg = f"A deadline has 1 to {LONGEST:,} days; leave it empty for none."
        raise FindingsRefused(msg)


def _set_calendar(calendar: Calendar, *, principal: Principal, now: datetime, reason: str) -> None:
    if len(calendar.holidays) > MOST_HOLIDAYS:
        msg = f"At most {MOST_HOLIDAYS} holidays are kept; leave out those that are past."
        raise FindingsRefused(msg)
    held = deadline_calendar()
    if calendar == held:
        return
    row = DeadlineCalendar.objects.select_for_update().first() or DeadlineCalendar()
    row.business, row.holidays = calendar.business, sorted(calendar.holidays)
    row.save()
    _tell([("set calendar", _shown(held), _shown(calendar))], principal=principal, now=now, reason=reason)


def _shown(calendar: Calendar) -> dict[str, object]:
    return {"business": calendar.business, "holidays": [day.isoformat() for day in sorted(calendar.holidays)]}


def _tell(changes: list[tuple[str, object, object]], *, principal: Principal, now: datetime, reason: str = "") -> None:
    if not changes:
        return
    record_changes(
        [
            Change(kind="policy", code="deadlines", verb=verb, old=old, new=new, reason=reason, source="person")
            for verb, old, new in changes
        ],
        principal=principal,
        now=now,
    )
    ask_to_follow(now=now)
