"""Teams under other names."""

from datetime import datetime

from django.db import transaction

from inventory.access.models import Team
from inventory.access.records import Principal
from inventory.access.rights import Verb, require
from inventory.access.services.trail import record_change


@transaction.atomic
def rename_team(*, team: Team, name: str, principal: Principal, now: datetime) -> bool:
    """Give a team another name and return whether it was another; its address stays. Raises AccessRefused."""
    require(principal, Verb.MANAGE_PEOPLE, team_id=None)
    held = Team.objects.select_for_update().get(pk=team.pk)
    if held.name == name:
        return False
    old, held.name = held.name, name
    held.save(update_fields=["name"])
    record_change(principal=principal, kind="team", code=held.slug, verb="rename", old=old, new=name, now=now)
    return True
