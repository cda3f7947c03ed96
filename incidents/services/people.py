"""Who is in the room of an incident, and in which seat."""

from datetime import datetime

from django.db import transaction

from incidents.choices import ENDED, LEADING, EntryKind, Seat, Stage
from incidents.errors import IncidentRefused
from incidents.models import Incident, Participant
from incidents.services.rooms import held, keep_pace, write
from inventory.access.models import User
from inventory.access.records import Principal
from inventory.access.rights import Verb, may
from inventory.access.selectors import principal_of


@transaction.atomic
def seat(
    *, incident: Incident, who: User | None, seat: Seat, seen: int | None, principal: Principal, now: datetime
) -> Incident:
    """Give a seat to somebody, or to nobody; who held it stays in the room. `seen` is whom the person saw in it.

    Raises IncidentChanged when somebody else sits there by now, and IncidentRefused for a commander or deputy who may
    not act on incidents, for somebody whose account is closed, and when the incident is over.
    """
    row, _ = held(incident, principal)
    _still_open(row)
    there = Participant.objects.filter(incident=row, until=None, seat=seat.value).select_related("user").first()
    keep_pace(seen, there.user_id if there else 0, f"who is {seat.within}")
    if (there.user_id if there else None) == (who.pk if who else None):
        return row
    if who is not None:
        _may_sit(who, seat, now)
    if there is not None:
        _leave(there, now)
        _stay(row, there.user, now)
    if who is not None:
        Participant.objects.filter(incident=row, user=who, seat="", until=None).update(until=now)
        Participant.objects.create(incident=row, user=who, seat=seat.value, since=now)
    text = f"{seat.label}: {who or 'nobody'}" + (f", before {there.user}" if there else "")
    write(
        row, principal=principal, kind=EntryKind.STATE, text=text, verb="seated", now=now,
        old={seat.value: there.user.email if there else None}, new={seat.value: who.email if who else None},
    )  # fmt: skip
    return row


@transaction.atomic
def join(*, incident: Incident, who: User, reason: str, principal: Principal, now: datetime) -> Incident:
    """Let somebody into the room; twice is once. Raises AccessRefused and IncidentRefused."""
    row, _ = held(incident, principal)
    _still_open(row)
    if not who.is_active:
        msg = f"The account of {who} is closed."
        raise IncidentRefused(msg)
    if Participant.objects.filter(incident=row, user=who, until=None).exists():
        return row
    Participant.objects.create(incident=row, user=who, since=now)
    write(
        row, principal=principal, kind=EntryKind.STATE, text=f"{who} joined", note=reason.strip(), verb="joined",
        new=who.email, now=now,
    )  # fmt: skip
    return row


@transaction.atomic
def leave(*, incident: Incident, who: User, principal: Principal, now: datetime) -> Incident:
    """Let somebody leave the room and every seat in it. Raises AccessRefused."""
    row, _ = held(incident, principal)
    gone = Participant.objects.filter(incident=row, user=who, until=None).update(until=now)
    if gone:
        write(row, principal=principal, kind=EntryKind.STATE, text=f"{who} left", verb="left", new=who.email, now=now)
    return row


def _still_open(row: Incident) -> None:
    if Stage(row.stage) in ENDED:
        msg = "It is over; open it again first."
        raise IncidentRefused(msg)


def _may_sit(who: User, seat: Seat, now: datetime) -> None:
    if not who.is_active:
        msg = f"The account of {who} is closed."
        raise IncidentRefused(msg)
    if seat in LEADING and not may(principal_of(who, now=now), Verb.ACT_ON_INCIDENT, team_id=None):
        msg = f"{who} may not act on incidents; a {seat.within} has to."
        raise IncidentRefused(msg)


def _leave(row: Participant, now: datetime) -> None:
    row.until = now
    row.save(update_fields=["until"])


def _stay(incident: Incident, who: User, now: datetime) -> None:
    """Keep somebody in the room who gave up their last seat."""
    if not Participant.objects.filter(incident=incident, user=who, until=None).exists():
        Participant.objects.create(incident=incident, user=who, since=now)
