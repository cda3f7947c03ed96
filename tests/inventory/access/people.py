"""People for tests, made past the services: who somebody is, not how they became it."""

import base64
import hmac
import time
from datetime import UTC, datetime
from itertools import count

from allauth.mfa.totp.internal.auth import TOTP
from django.test import Client

from inventory.access.choices import OrganisationRole, TeamRole
from inventory.access.models import Membership, OrganisationRoleGrant, Team, User

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
PASSWORD = "a quiet harbour at dawn"
_numbers = count(1)


def signed_in(user: User, *, ago: float = 0) -> Client:
    """Return a browser in which somebody signed in by password some seconds ago, as allauth notes it."""
    client = Client()
    client.force_login(user)
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time() - ago}]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()
    return client


def app_of(user: User) -> str:
    """Give somebody an authenticator app and return its secret (base 32)."""
    secret = base64.b32encode(f"{next(_numbers):020}".encode()).decode()
    TOTP.activate(user, secret)
    return secret


def code_of(secret: str, *, steps: int = 0) -> str:
    """Return what an authenticator app shows now, or some half minutes later: RFC 6238 with its defaults."""
    if steps < 0 and time.time() % 30 > 25:
        time.sleep(30 - time.time() % 30)  # or it would be a half minute older when it arrives
    count = int(time.time() // 30 + steps).to_bytes(8, "big")
    digest = hmac.digest(base64.b32decode(secret), count, "sha1")
    start = digest[-1] & 15
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


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
