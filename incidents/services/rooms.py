"""What every act in an incident's room has in common: the right, the lock, the timeline, the trail and the news."""

from datetime import datetime
from typing import Any, Final

from django.db.models import F

from incidents.choices import COUNTING, EntryKind, Stage
from incidents.errors import IncidentChanged, IncidentRefused
from incidents.models import Entry, Incident, Link
from incidents.signals import incident_changed
from inventory.access.records import Principal
from inventory.access.rights import Verb, require
from inventory.access.services.trail import record_change
from inventory.models import ApiTeam
from inventory.signals import ApisChanged

LONGEST: Final = 10_000
"""Letters of what somebody writes at once."""


def held(incident: Incident, principal: Principal) -> tuple[Incident, int]:
    """Return the row as it is now, locked, and the person who acts.

    Raises AccessRefused, and IncidentRefused for programs.
    """
    require(principal, Verb.ACT_ON_INCIDENT, team_id=None)
    return lock(incident), person(principal)


def person(principal: Principal) -> int:
    """Return the person who acts; incidents are no matter for programs."""
    if principal.user_id is None or principal.token_id is not None:
        msg = "People act on incidents; sign in to do it."
        raise IncidentRefused(msg)
    return principal.user_id


def require_export(incident: Incident, principal: Principal) -> None:
    """Raise AccessRefused without the right to take an incident out: for all, or for the team of an API it harms."""
    held_by = ApiTeam.objects.filter(until=None, api__in=harmed(incident)).values_list("team_id", flat=True)
    mine = next((team_id for team_id in held_by if team_id in principal.team_ids), None)
    require(principal, Verb.EXPORT_INCIDENTS, team_id=mine)


def lock(incident: Incident) -> Incident:
    """Return the row as it is now, locked until the transaction ends."""
    return Incident.objects.select_for_update().get(pk=incident.pk)


def keep_pace(seen: int | None, version: int, what: str) -> None:
    """Raise IncidentChanged when somebody saw another version than what stands; None does not ask."""
    if seen is not None and seen != version:
        msg = f"Not saved: somebody else changed {what} a moment ago. What stands now is shown; send yours again."
        raise IncidentChanged(msg)


def checked(text: str, *, what: str = "This") -> str:
    """Return text that people wrote, stripped; raises IncidentRefused for what is too long or holds a zero byte."""
    said = text.strip()
    if len(said) > LONGEST or "\0" in said:
        problem = "holds a zero byte" if "\0" in said else f"is longer than {LONGEST:,} letters; shorten it"
        msg = f"{what} {problem}."
        raise IncidentRefused(msg)
    return said


def write(  # noqa: PLR0913 -- the fields of one line, and of its twin on the trail
    incident: Incident,
    *,
    principal: Principal,
    kind: EntryKind,
    text: str,
    verb: str,
    now: datetime,
    note: str = "",
    happened_at: datetime | None = None,
    supersedes: Entry | None = None,
    old: Any = None,
    new: Any = None,
) -> Entry:
    """Write a line of the timeline and of the trail, and count it; call it under the lock.

    Of a restricted incident the trail keeps that something was done, not the words: more people read it.
    """
    entry = Entry.objects.create(
        incident=incident, at=now, happened_at=happened_at or now, by_id=principal.user_id, kind=kind.value, text=text,
        note=note, supersedes=supersedes,
    )  # fmt: skip
    Incident.objects.filter(pk=incident.pk).update(revision=F("revision") + 1)
    hidden = incident.restricted
    record_change(
        principal=principal, kind="incident", code=incident.code, verb=verb, now=now, source="person",
        old=None if hidden else old, new=None if hidden else new, reason="" if hidden else note or text,
    )  # fmt: skip
    return entry


def counts(incident: Incident) -> bool:
    """Return True while it counts in the score of the APIs it harms."""
    return Stage(incident.stage) in COUNTING


def harmed(incident: Incident) -> list[int]:
    """Return the ids of the APIs it harms."""
    found = Link.objects.filter(incident=incident, removed_at=None, api__isnull=False)
    return sorted(found.values_list("api_id", flat=True))


def tell_scores(incident: Incident, *, also: tuple[int, ...] = ()) -> None:
    """Send the news that what an incident weighs on its APIs changed."""
    api_ids = tuple(sorted({*harmed(incident), *also}))
    if api_ids:
        cause = f"incident {incident.code}: {Stage(incident.stage).label.lower()}, {incident.level}"
        incident_changed.send(Incident, result=ApisChanged(api_ids=api_ids, cause=cause))
