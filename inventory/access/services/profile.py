"""What people set about themselves."""

from datetime import datetime
from typing import Any

from django.db import transaction

from inventory.access.models import User
from inventory.access.records import Principal
from inventory.access.rights import Verb, require
from inventory.access.services.trail import record_change

FIELDS = ("name", "zone", "theme", "single_keys", "start_page")


@transaction.atomic
def set_profile(*, user: User, wanted: dict[str, Any], principal: Principal, now: datetime) -> bool:
    """Set name, zone, theme, single-key shortcuts and start page, and return whether anything changed.

    Raises AccessRefused for somebody else's.
    """
    if principal.user_id != user.pk:
        require(principal, Verb.MANAGE_PEOPLE, team_id=None)
    stored = User.objects.select_for_update().get(pk=user.pk)
    changed = {name: wanted[name] for name in FIELDS if name in wanted and wanted[name] != getattr(stored, name)}
    if not changed:
        return False
    old = {name: getattr(stored, name) for name in changed}
    for name, value in changed.items():
        setattr(stored, name, value)
    stored.save(update_fields=list(changed))
    record_change(
        principal=principal, kind="person", code=stored.email, verb="set profile", old=old, new=changed, now=now
    )
    return True
