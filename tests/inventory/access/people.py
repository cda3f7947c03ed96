"""People for tests, made past the services: who somebody is, not how they became it."""

from datetime import UTC, datetime
from itertools import count

from inventory.access.choices import OrganisationRole, TeamRole
from inventory.access.models import Membership, OrganisationRoleGrant, Team, User

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
PASSWORD = "a quiet harbour at dawn"
_numbers = count(1)


def team(name: str = "Payments") -> Team:
    """Return a stored team."""
    return Team.objects.create(slug=f"{name.lower()}-{next(_numbers)}", name=name)


def person(
    *roles: OrganisationRole,
    owner_of: Team | None = None,
    member_of: Team | None = None,
    password: str | None = None,
    is_active: bool = True,
) -> User:
    """Return a stored person with these roles; without a password the sign-in page is closed to them."""
    number = next(_numbers)
    user = User.objects.create_user(
        email=f"person{number}@test.example", password=password, name=f"Person {number}", is_active=is_active
    )
    for role in roles:
        OrganisationRoleGrant.objects.create(user=user, role=role)
    for joined, team_role in ((owner_of, TeamRole.OWNER), (member_of, TeamRole.MEMBER)):
        if joined:
            Membership.objects.create(user=user, team=joined, role=team_role)
    return user
