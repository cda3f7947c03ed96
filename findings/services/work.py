"""What people arrange about a finding beside deciding: who works on it, a clock that stands, a retest."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction

from findings.errors import FindingsChanged, FindingsRefused
from findings.models import Assignment, Finding, Pause, Presence, Retest
from findings.services.due import stamp_due
from findings.status import OPEN
from inventory.access.models import User
from inventory.access.records import Change, Principal
from inventory.access.rights import Verb, require
from inventory.access.services.trail import record_changes
from inventory.models import ApiTeam

LONGEST_PAUSE: Final = timedelta(days=180)
LONGEST_REASON: Final = 4_000


@transaction.atomic
def assign(*, finding_ids: Sequence[int], user: User | None, principal: Principal, now: datetime) -> int:
    """Give findings to a person, or to nobody: then the owner of the API answers; return how many changed hands.

    `user` is one whom the principal may name. Raises AccessRefused unless the right reaches every one of them.
    """
    rows = _held(finding_ids, principal, Verb.CLASSIFY)
    before = dict(Assignment.objects.filter(finding__in=rows).values_list("finding", "assignee__email"))
    wanted = user.email if user else None
    changed = [row for row in rows if before.get(row.pk) != wanted]
    if user is None:
        Assignment.objects.filter(finding__in=changed).delete()
    else:
        Assignment.objects.bulk_create(
            [Assignment(finding=row, assignee=user, at=now) for row in changed],
            update_conflicts=True, update_fields=["assignee", "at"], unique_fields=["finding"],
        )  # fmt: skip
    changes = [_change(row, "assigned", old=before.get(row.pk), new=wanted) for row in changed]
    record_changes(changes, principal=principal, now=now)
    return len(changed)


@transaction.atomic
def pause_clock(*, finding: Finding, until: datetime, reason: str, principal: Principal, now: datetime) -> Pause:
    """Let the clock of an open finding stand until a day; it is then due by so much later.

    Raises AccessRefused, and FindingsRefused without a reason, for a day that is past or too far, for a finding that
    is not open, and while its clock stands already.
    """
    (row,) = _held([finding.pk], principal, Verb.DECIDE)
    person = _person(principal)
    if row.status not in OPEN:
        msg = "Its clock does not run: the finding is not open."
        raise FindingsRefused(msg)
    if not reason.strip():
        msg = "Say why the clock stands: whoever is asked why it is late will need it."
        raise FindingsRefused(msg)
    if not now < until <= now + LONGEST_PAUSE:
        msg = f"Choose a day within the next {LONGEST_PAUSE.days}; what waits longer is a risk to be accepted."
        raise FindingsRefused(msg)
    Pause.objects.filter(finding=row, ended_at=None, until__lte=now).update(ended_at=now)
    if Pause.objects.filter(finding=row, ended_at=None).exists():
        msg = "Its clock stands already; let it go on first."
        raise FindingsChanged(msg)
    pause = Pause.objects.create(finding=row, at=now, until=until, reason=reason.strip(), by_id=person)
    record_changes([_change(row, "paused", new=until, reason=reason.strip())], principal=principal, now=now)
    stamp_due(finding_ids=[row.pk], now=now)
    return pause


@transaction.atomic
def resume_clock(*, finding: Finding, principal: Principal, now: datetime) -> None:
    """Let the clock of a finding go on before its day. Raises AccessRefused, and FindingsChanged when it runs."""
    (row,) = _held([finding.pk], principal, Verb.DECIDE)
    if not Pause.objects.filter(finding=row, ended_at=None, until__gt=now).update(ended_at=now):
        msg = "Its clock runs already."
        raise FindingsChanged(msg)
    record_changes([_change(row, "resumed")], principal=principal, now=now)
    stamp_due(finding_ids=[row.pk], now=now)


@transaction.atomic
def ask_retest(*, finding: Finding, note: str, principal: Principal, now: datetime) -> Retest:
    """Ask the next scan that looks where the finding was seen whether it is still there.

    Raises AccessRefused, FindingsRefused for what no scan ever saw, and FindingsChanged while one is asked for.
    """
    (row,) = _held([finding.pk], principal, Verb.DECIDE)
    person = _person(principal)
    if not Presence.objects.filter(finding=row).exists():
        msg = "No scan is on record for it, so none can answer."
        raise FindingsRefused(msg)
    if Retest.objects.filter(finding=row, answered_at=None).exists():
        msg = "A retest is asked for already; the next scan answers it."
        raise FindingsChanged(msg)
    retest = Retest.objects.create(finding=row, asked_at=now, asked_by_id=person, note=note.strip()[:LONGEST_REASON])
    record_changes([_change(row, "retest asked", reason=note.strip())], principal=principal, now=now)
    return retest


def _held(finding_ids: Sequence[int], principal: Principal, verb: Verb) -> list[Finding]:
    """Return the findings as they are now, locked; the right must reach each."""
    rows = list(Finding.objects.filter(pk__in=finding_ids).select_for_update(no_key=True).order_by("pk"))
    if not rows or len(rows) != len(set(finding_ids)):
        msg = "Some of these findings are no longer there; look at the list again."
        raise FindingsRefused(msg)
    api_ids = {row.api_id for row in rows}
    held = dict(ApiTeam.objects.filter(api__in=api_ids - {None}, until=None).values_list("api", "team"))
    for team_id in {held.get(api_id) if api_id else None for api_id in api_ids}:
        require(principal, verb, team_id=team_id)
    return rows


def _person(principal: Principal) -> int:
    if principal.user_id is None:
        msg = "This is a person's to do; sign in to do it."
        raise FindingsRefused(msg)
    return principal.user_id


def _change(row: Finding, verb: str, *, old: Any = None, new: Any = None, reason: str = "") -> Change:
    return Change(
        kind="finding", code=row.code, verb=verb, old=old, new=new, reason=reason, source="person", api_id=row.api_id
    )
