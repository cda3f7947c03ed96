"""APIs as the REST interface gives them."""

from django.db.models import OuterRef, QuerySet, Subquery

from inventory.access.records import Principal
from inventory.models import Api, ApiTeam


def apis_with_facts(principal: Principal) -> QuerySet[Api]:
    """Return the APIs the principal may see with their people, addresses, present score and `team_slug`."""
    held = ApiTeam.objects.filter(api=OuterRef("pk"), until=None).values("team__slug")[:1]
    seen = Api.objects.visible_to(principal).annotate(team_slug=Subquery(held))
    return seen.select_related("owner", "deputy", "current_score").prefetch_related("base_urls")
