"""Teams, as far as somebody sees them."""

from typing import ClassVar

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.response import Response
from typing_extensions import override

from inventory.access.api.errors import not_found
from inventory.access.api.resources import Listing, Resource
from inventory.access.api.signing_in import ApiRequest
from inventory.access.models import Team
from inventory.access.selectors import teams_in_sight


class TeamRow(serializers.Serializer[Team]):
    """A team; `slug` names it in addresses and filters."""

    slug = serializers.CharField()
    name = serializers.CharField()


class TeamList(Listing[Team]):
    """The teams whose APIs you may see."""

    tag = "teams"
    name: ClassVar = "teams"
    row = TeamRow

    @override
    def rows(self) -> QuerySet[Team]:
        """Return the teams in sight."""
        return teams_in_sight(self.principal)


class TeamDetail(Resource):
    """One team."""

    tag = "teams"
    says: ClassVar = {"GET": {200: TeamRow}}

    def get(self, _request: ApiRequest, slug: str) -> Response:
        """Return one team."""
        team = teams_in_sight(self.principal).filter(slug=slug).first()
        if team is None:
            msg = f"There is no team “{slug}” that you may see."
            raise not_found(msg)
        return Response(TeamRow(team).data)
