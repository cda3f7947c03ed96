"""The policy of deadlines: how many days findings may stay open."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from findings.deadlines import LONGEST
from findings.errors import FindingsChanged, FindingsRefused
from findings.models import Deadline
from findings.selectors import deadline_days
from findings.status import SeverityRank
from inventory.access.records import Change, Principal
from inventory.access.rights import Verb, require
from inventory.access.services.trail import record_changes

Days = Mapping[SeverityRank, int | None]


@transaction.atomic
def set_deadlines(
    *, days: Days, principal: Principal, now: datetime, reason: str = "", stood: Days | None = None
) -> tuple[SeverityRank, ...]:
    """Set the days of these severities (None is no deadline) and return those that changed.

    `stood` is what the person saw before. Raises AccessRefused without the right to change policies, FindingsRefused
    for a number out of range, and FindingsChanged when somebody set others since.
    """
    require(principal, Verb.SET_POLICY, team_id=None)
    for number in days.values():
        if number is not None and not 1 <= number <= LONGEST:
            msg = f"A deadline has 1 to {LONGEST:,} days; leave it empty for none."
            raise FindingsRefused(msg)
    list(Deadline.objects.select_for_update().order_by("severity"))
    held = deadline_days()
    if stood is not None and any(held[rank] != stood[rank] for rank in stood):
        msg = "Somebody changed the deadlines while you did. What stands now is shown; change it again."
        raise FindingsChanged(msg)
    changed = tuple(rank for rank, number in days.items() if held[rank] != number)
    for rank in changed:
        Deadline.objects.update_or_create(severity=rank, defaults={"days": days[rank]})
    record_changes(
        [
            Change(
                kind="policy", code="deadlines", verb=f"set {rank.name.lower()}", old=held[rank], new=days[rank],
                reason=reason, source="person",
            )
            for rank in changed
        ],
        principal=principal,
        now=now,
    )  # fmt: skip
    return changed
