"""Who is to be told of things: by what they own, hold or may do, and only of what they see."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import Q

from inventory.access.choices import OrganisationRole, TeamRole
from inventory.access.models import OrganisationRoleGrant, User
from inventory.access.records import Principal
from inventory.access.rights import Reach, Verb, reach_of
from inventory.access.selectors import principal_of
from inventory.models import ApiTeam


class Hearers:
    """Answers who hears of what, and remembers what it looked up; made for one look around."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._teams: dict[int, int] = {}
        self._principals: dict[int, Principal | None] = {}

    def know_apis(self, api_ids: Iterable[int]) -> None:
        """Look up whose some APIs are."""
        held = ApiTeam.objects.filter(api__in=set(api_ids), until=None)
        self._teams |= dict(held.values_list("api_id", "team_id"))

    def principal(self, user_id: int) -> Principal | None:
        """Return somebody as they are today; None for a closed account."""
        if user_id not in self._principals:
            user = User.objects.filter(pk=user_id, is_active=True).first()
            self._principals[user_id] = principal_of(user, now=self._now) if user else None
        return self._principals[user_id]

    def seers(self, user_ids: Iterable[int | None], api_id: int | None) -> set[int]:
        """Return those of some people who see an API, or what has none."""
        return {user_id for user_id in user_ids if user_id is not None and self._sees(user_id, api_id)}

    def answerers(self, api_id: int | None) -> set[int]:
        """Return who answers for accepting risks of an API: security managers and the owners of its team."""
        found = self._granted([OrganisationRole.SECURITY_MANAGER])
        if api_id is not None and (team_id := self._teams.get(api_id)) is not None:
            owners = User.objects.filter(
                is_active=True, memberships__team=team_id, memberships__role=TeamRole.OWNER.value
            )
            found |= set(owners.values_list("pk", flat=True))
        return found

    def commanders(self) -> set[int]:
        """Return who could command any incident: everybody who may act on all of them."""
        return self._granted([role for role in OrganisationRole if reach_of(role, Verb.ACT_ON_INCIDENT) is Reach.ALL])

    def _granted(self, roles: Sequence[OrganisationRole]) -> set[int]:
        granted = OrganisationRoleGrant.objects.filter(
            Q(until=None) | Q(until__gt=self._now), role__in=roles, user__is_active=True, scope__isnull=True
        )
        return set(granted.values_list("user_id", flat=True))

    def _sees(self, user_id: int, api_id: int | None) -> bool:
        principal = self.principal(user_id)
        if principal is None:
            return False
        return principal.sees_all or (api_id is not None and self._teams.get(api_id) in principal.team_ids)
