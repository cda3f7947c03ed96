"""The demo people: one for each role and six teams, with generated passwords kept in a file of the home directory."""

import os
import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import transaction

from inventory.access.choices import OrganisationRole, TeamRole
from inventory.access.models import Team, User
from inventory.access.records import SYSTEM
from inventory.access.services.people import add_member, create_person, create_team, grant_organisation_role

ALPHABET: Final = "abcdefghijkmnpqrstuvwxyz23456789"
CHANGED: Final = "(changed by hand)"


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """Who somebody is in the demo; the address lies under a name that no mail reaches."""

    local_part: str
    role: OrganisationRole | TeamRole
    team: str | None = None

    @property
    def email(self) -> str:
        """The address to sign in with."""
        return f"{self.local_part}@demo.example"

    @property
    def label(self) -> str:
        """The role as people read it, with its team."""
        return f"{self.role.label} of {self.team}" if self.team else str(self.role.label)


PEOPLE: Final = (
    DemoPerson("administrator", OrganisationRole.ADMINISTRATOR),
    DemoPerson("manager", OrganisationRole.SECURITY_MANAGER),
    DemoPerson("analyst", OrganisationRole.ANALYST),
    DemoPerson("responder", OrganisationRole.RESPONDER),
    DemoPerson("auditor", OrganisationRole.AUDITOR),
    DemoPerson("payments.owner", TeamRole.OWNER, "Payments"),
    DemoPerson("payments.member", TeamRole.MEMBER, "Payments"),
    DemoPerson("logistics.owner", TeamRole.OWNER, "Logistics"),
    DemoPerson("customers.owner", TeamRole.OWNER, "Customers"),
    DemoPerson("partners.owner", TeamRole.OWNER, "Partners"),
    DemoPerson("platform.owner", TeamRole.OWNER, "Platform"),
    DemoPerson("warehouse.owner", TeamRole.OWNER, "Warehouse"),
)


@dataclass(frozen=True, slots=True)
class Kept:
    """A line of the file: the password, and what the database held once it was set."""

    password: str
    stored: str


@transaction.atomic
def ensure_demo_people(*, now: datetime) -> list[tuple[str, str, str]]:
    """Make the demo people that are missing and return (role, e-mail address, password) of each.

    Passwords are made once and kept in `POSTURE_HOME/demo-people`, readable by its owner only; where the file is
    lost, new ones are set. A password somebody changed on the page stays changed and is said to be.
    """
    path = settings.POSTURE_HOME / "demo-people"
    kept = _read(path)
    there = {user.email: user for user in User.objects.filter(email__in=[person.email for person in PEOPLE])}
    lines: dict[str, Kept] = {}
    shown: list[tuple[str, str, str]] = []
    for person in PEOPLE:
        line = kept.get(person.email)
        password = line.password if line else _new_password()
        user = there.get(person.email) or _create(person, password, now=now)
        if line is None and person.email in there:
            user.set_password(password)
            user.save(update_fields=["password"])
        # The stored form is compared first: checking a password is slow by intent.
        is_changed = line is not None and line.stored != user.password and not user.check_password(password)
        lines[person.email] = Kept(password, line.stored if line and is_changed else user.password)
        shown.append((person.label, person.email, CHANGED if is_changed else password))
    _write(path, lines)
    return shown


def _create(person: DemoPerson, password: str, *, now: datetime) -> User:
    user = create_person(
        email=person.email, name=f"Demo {person.label.lower()}", password=password, principal=SYSTEM, now=now
    )
    if isinstance(person.role, OrganisationRole):
        grant_organisation_role(user=user, role=person.role, principal=SYSTEM, now=now)
    elif person.team:
        team = Team.objects.filter(name=person.team).first() or create_team(name=person.team, principal=SYSTEM, now=now)
        add_member(user=user, team=team, role=person.role, principal=SYSTEM, now=now)
    return user


def _new_password() -> str:
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(4))


def _read(path: Path) -> dict[str, Kept]:
    try:
        lines = path.read_text().splitlines()
    except FileNotFoundError:
        return {}
    parts = (line.split("\t") for line in lines)
    return {email: Kept(password, stored) for email, password, stored in parts}


def _write(path: Path, lines: dict[str, Kept]) -> None:
    """Replace the file at once, so that a stop in between leaves the old one whole."""
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.writelines(f"{email}\t{kept.password}\t{kept.stored}\n" for email, kept in lines.items())
    new.replace(path)
