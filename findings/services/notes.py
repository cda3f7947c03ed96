"""Writing notes on findings."""

from datetime import datetime
from typing import Final

from django.db import transaction

from findings.errors import FindingsRefused
from findings.models import Finding, Note
from inventory.access.records import AGAIN, Principal
from inventory.access.rights import Verb, require
from inventory.access.services.trail import record_change
from inventory.models import ApiTeam

LONGEST: Final = 4_000


@transaction.atomic
def add_note(*, finding: Finding, text: str, principal: Principal, now: datetime) -> Note:
    """Write a note on a finding, and on the trail; words that were sent twice are one note.

    Raises AccessRefused without the right to comment, and FindingsRefused without words, with too many, or for a
    program.
    """
    held = ApiTeam.objects.filter(api=finding.api_id, until=None).first() if finding.api_id else None
    require(principal, Verb.DECIDE, team_id=held.team_id if held else None)
    said = text.strip()
    if principal.user_id is None:
        msg = "A note is written by a person; sign in to write it."
        raise FindingsRefused(msg)
    if not said or len(said) > LONGEST:
        msg = "Write something first." if not said else f"A note has at most {LONGEST:,} letters; shorten it."
        raise FindingsRefused(msg)
    Finding.objects.select_for_update(no_key=True).only("pk").get(pk=finding.pk)
    recent = Note.objects.filter(finding=finding, by=principal.user_id, at__gt=now - AGAIN)
    if (twice := recent.filter(text=said).first()) is not None:
        return twice
    note = Note.objects.create(finding=finding, text=said, at=now, by_id=principal.user_id)
    record_change(
        principal=principal, kind="finding", code=finding.code, verb="noted", old=None, new=None, now=now,
        reason=said, source="person", api_id=finding.api_id,
    )  # fmt: skip
    return note
