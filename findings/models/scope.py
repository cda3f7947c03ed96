"""Who sees a row that belongs to an API."""

from django.db.models import Exists, OuterRef

from inventory.access.records import Principal
from inventory.models import ApiTeam


def held_by(principal: Principal) -> Exists:
    """Return the condition that the row's API is held by a team of the principal."""
    return Exists(ApiTeam.objects.filter(api=OuterRef("api"), until=None, team_id__in=principal.team_ids))
