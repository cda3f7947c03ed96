"""The demo people: one for each role, six teams, passwords that hold from start to start."""

import stat
from pathlib import Path

import pytest
from allauth.account.models import EmailAddress
from pytest_django.fixtures import Settings

from inventory.access.choices import OrganisationRole
from inventory.access.models import Membership, OrganisationRoleGrant, StateChange, Team, User
from inventory.access.selectors import principal_of
from inventory.access.services.demo import ensure_demo_people
from tests.inventory.access.people import NOW

pytestmark = pytest.mark.django_db
ROLES = {
    "administrator@demo.example": "Administrator",
    "manager@demo.example": "Security manager",
    "analyst@demo.example": "Analyst",
    "responder@demo.example": "Responder",
    "auditor@demo.example": "Auditor",
    "payments.owner@demo.example": "Team owner of Payments",
    "payments.member@demo.example": "Team member of Payments",
    "logistics.owner@demo.example": "Team owner of Logistics",
    "customers.owner@demo.example": "Team owner of Customers",
    "partners.owner@demo.example": "Team owner of Partners",
    "platform.owner@demo.example": "Team owner of Platform",
    "warehouse.owner@demo.example": "Team owner of Warehouse",
}


@pytest.fixture(autouse=True)
def file(settings: Settings, tmp_path: Path) -> Path:
    settings.POSTURE_HOME = tmp_path
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    return tmp_path / "demo-people"


def test_each_role_has_somebody_who_can_sign_in() -> None:
    people = ensure_demo_people(now=NOW)
    assert {email: role for role, email, _ in people} == ROLES
    for _, email, password in people:
        user = User.objects.get(email=email)
        assert user.check_password(password)
        assert len(password) >= 16
        assert EmailAddress.objects.filter(user=user, email=email, verified=True, primary=True).exists()
    assert len({password for _, _, password in people}) == len(people)
    held = {role for user in User.objects.all() for role in principal_of(user, now=NOW).organisation_roles}
    assert held == set(OrganisationRole)
    sizes = {team.name: team.memberships.count() for team in Team.objects.all()}
    assert sizes == {"Payments": 2, "Logistics": 1, "Customers": 1, "Partners": 1, "Platform": 1, "Warehouse": 1}


def test_a_second_start_says_the_same_and_changes_nothing() -> None:
    first = ensure_demo_people(now=NOW)
    rows = StateChange.objects.count()
    stored = list(User.objects.order_by("pk").values_list("email", "password"))
    assert ensure_demo_people(now=NOW) == first
    assert list(User.objects.order_by("pk").values_list("email", "password")) == stored
    assert StateChange.objects.count() == rows


def test_the_file_is_for_its_owner_alone(file: Path) -> None:
    ensure_demo_people(now=NOW)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.chmod(0o644)
    ensure_demo_people(now=NOW)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["demo-people"]


def test_where_the_file_is_lost_new_passwords_are_set(file: Path) -> None:
    before = ensure_demo_people(now=NOW)
    file.unlink()
    after = ensure_demo_people(now=NOW)
    assert [line[:2] for line in after] == [line[:2] for line in before]
    for (_, email, password), (_, _, old) in zip(after, before, strict=True):
        user = User.objects.get(email=email)
        assert user.check_password(password)
        assert not user.check_password(old)


def test_a_password_changed_on_the_page_stays_changed_and_is_said_to_be() -> None:
    first = ensure_demo_people(now=NOW)
    user = User.objects.get(email="analyst@demo.example")
    user.set_password("chosen by hand, twice")
    user.save()
    for _ in range(2):
        again = {email: password for _, email, password in ensure_demo_people(now=NOW)}
        assert again.pop("analyst@demo.example") == "(changed by hand)"
        assert set(again.items()) <= {(email, password) for _, email, password in first}
    user.refresh_from_db()
    assert user.check_password("chosen by hand, twice")


def test_a_password_stored_anew_by_another_hasher_still_counts_as_the_same(settings: Settings) -> None:
    first = ensure_demo_people(now=NOW)
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher", *settings.PASSWORD_HASHERS]
    user = User.objects.get(email="auditor@demo.example")
    assert user.check_password({email: password for _, email, password in first}[user.email])
    user.refresh_from_db()
    assert user.password.startswith("scrypt")
    assert ensure_demo_people(now=NOW) == first


def test_a_new_database_keeps_the_passwords_of_the_file() -> None:
    first = ensure_demo_people(now=NOW)
    for model in (EmailAddress, Membership, OrganisationRoleGrant, User, Team):
        model.objects.all()._raw_delete("default")
    assert ensure_demo_people(now=NOW) == first
    assert User.objects.count() == len(first)
