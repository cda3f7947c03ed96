"""Questions of the pages about reports and findings."""

from inventory.access.models import Team
from inventory.access.records import Principal
from inventory.models import Api

NAMES_OFFERED = 200


def teams_to_upload_for(principal: Principal) -> list[tuple[str, str]]:
    """Return (slug, name) of the teams that a new API of the principal may go to, by name."""
    teams = Team.objects.all() if principal.sees_all else Team.objects.filter(pk__in=principal.team_ids)
    return [(slug, name) for slug, name in teams.order_by("name").values_list("slug", "name")]


def names_in_sight(principal: Principal) -> list[str]:
    """Return names of APIs to offer while somebody types one; a help only, so the list is cut short."""
    names = Api.objects.visible_to(principal).live().order_by("name").values_list("name", flat=True)
    return list(names.distinct()[:NAMES_OFFERED])
