"""Who sees a row that belongs to an API."""

from django.db.models import Q

from inventory.access.records import Principal
from inventory.models import ApiTeam


def held_by(principal: Principal) -> Q:
    """Return the condition that the row's API is held by a team of the principal.

    The APIs are looked up once, not for every row.
    """
    held = ApiTeam.objects.filter(until=None, team_id__in=principal.team_ids)
    return Q(api__in=held.values("api"))
