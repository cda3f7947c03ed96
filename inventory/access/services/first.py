"""The first administrator: a one-time link for as long as there is nobody, and the person it makes."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import connection, transaction
from django.urls import reverse

from inventory.access.choices import OrganisationRole
from inventory.access.errors import LinkRefused
from inventory.access.models import User, WelcomeLink
from inventory.access.records import SYSTEM
from inventory.access.services.people import create_person, grant_organisation_role

LIFE: Final = timedelta(hours=24)
# An administrator alone could neither map nor decide anything, and there is nobody else yet.
ROLES: Final = (OrganisationRole.ADMINISTRATOR, OrganisationRole.SECURITY_MANAGER)


@transaction.atomic
def first_link(*, now: datetime) -> str | None:
    """Return the address that makes the first administrator, good once and for 24 hours; None once there is somebody.

    Each call gives a new address and ends those before it. Only the digest of its token is stored.
    """
    _one_at_a_time()
    if User.objects.exists():
        return None
    token = secrets.token_urlsafe(32)
    WelcomeLink.objects.all().delete()
    WelcomeLink.objects.create(digest=_digest(token), expires_at=now + LIFE)
    return settings.BASE_URL + reverse("access:welcome", args=[token])


def check_link(*, token: str, now: datetime) -> None:
    """Raise LinkRefused unless the token would make the first administrator now."""
    good = WelcomeLink.objects.filter(digest=_digest(token), used_at=None, expires_at__gt=now)
    if User.objects.exists() or not good.exists():
        msg = "This link is wrong, used or older than 24 hours."
        raise LinkRefused(msg)


@transaction.atomic
def create_first_administrator(*, token: str, email: str, name: str, password: str, zone: str, now: datetime) -> User:
    """Store the first person as administrator and security manager, and end the link.

    Of two at once exactly one succeeds. Raises LinkRefused when the link is no good.
    """
    _one_at_a_time()
    check_link(token=token, now=now)
    WelcomeLink.objects.filter(digest=_digest(token)).update(used_at=now)
    user = create_person(email=email, name=name, password=password, zone=zone, principal=SYSTEM, now=now)
    for role in ROLES:
        grant_organisation_role(user=user, role=role, principal=SYSTEM, now=now)
    return user


def _one_at_a_time() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('access.first', 0))")


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
