"""What hangs on people and teams here: APIs with an owner and a deputy, and the trail of what a team holds."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from django.db.models import Count, Q
from django.urls import reverse

from inventory.access.belongings import Belonging
from inventory.access.models import User
from inventory.access.records import Principal
from inventory.access.services.trail import record_change
from inventory.models import Api, ApiTeam, Connection
from inventory.services.classify import Person


class Apis:
    """APIs and connections, as `inventory.access.belongings.Floor` asks for them."""

    def of_person(self, user_id: int) -> Sequence[Belonging]:
        """Return the APIs somebody owns or stands in for."""
        rows = Api.objects.filter(Q(owner_id=user_id) | Q(deputy_id=user_id)).order_by("name", "pk")
        return [
            Belonging(
                as_what=role.value.capitalize(), kind="API", name=str(api), code=api.code,
                url=reverse("posture:api", args=[api.code]),
            )
            for api in rows
            for role in Person
            if getattr(api, f"{role}_id") == user_id
        ]  # fmt: skip

    def hand_over(self, *, leaver: User, successor: User | None, principal: Principal, now: datetime) -> None:
        """Let another person, or nobody, be owner and deputy wherever somebody is."""
        held = Api.objects.select_for_update().filter(Q(owner=leaver) | Q(deputy=leaver)).order_by("pk")
        for api in held:
            for role in Person:
                if getattr(api, f"{role}_id") == leaver.pk:
                    setattr(api, role, successor)
                    record_change(
                        principal=principal, kind="api", code=api.code, verb=f"set {role}", old=leaver.email,
                        new=successor.email if successor else None, now=now, reason=f"{leaver} left.",
                        source="person", api_id=api.pk,
                    )  # fmt: skip
            api.save(update_fields=[role.value for role in Person])

    def count_by_team(self, team_ids: Collection[int]) -> Mapping[int, int]:
        """Return how many APIs each team holds now."""
        rows = ApiTeam.objects.filter(until=None, team_id__in=team_ids).order_by()
        return dict(rows.values_list("team_id").annotate(n=Count("pk")))

    def trail_of_teams(self, team_ids: Collection[int]) -> Q:
        """Return the rows about APIs the teams hold now, findings on them included, and about their connections."""
        apis = ApiTeam.objects.filter(until=None, team_id__in=team_ids).values("api_id")
        connections = Connection.objects.filter(team_id__in=team_ids).values("code")
        return Q(api_id__in=apis) | Q(kind="connection", code__in=connections)
