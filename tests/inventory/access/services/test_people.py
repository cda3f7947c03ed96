"""People, teams and roles are changed by those who may, and each change is told in the trail."""

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from allauth.account.models import EmailAddress
from django.db import connections

from inventory.access.choices import OrganisationRole, TeamRole, Theme
from inventory.access.errors import AccessRefused, ChangeRefused
from inventory.access.models import Membership, OrganisationRoleGrant, StateChange, Team, User
from inventory.access.records import SYSTEM, Principal
from inventory.access.selectors import principal_of
from inventory.access.services.people import (
    add_member,
    create_person,
    create_team,
    grant_organisation_role,
    remove_member,
    revoke_organisation_role,
    set_theme,
)
from tests.inventory.access.people import NOW, PASSWORD, person, team

LATER = NOW + timedelta(days=30)
ADMINISTRATOR, AUDITOR = OrganisationRole.ADMINISTRATOR, OrganisationRole.AUDITOR


def administrator() -> Principal:
    return principal_of(person(ADMINISTRATOR), now=NOW)


def told() -> list[tuple[str, str, str, object, object]]:
    rows = StateChange.objects.order_by("id")
    return [(row.actor, row.code, row.verb, row.old, row.new) for row in rows]


@pytest.mark.django_db
def test_a_person_is_made_with_a_verified_address_in_lower_case() -> None:
    acting = administrator()
    user = create_person(email=" Ada@Test.Example ", name="Ada", password=PASSWORD, principal=acting, now=NOW)
    user.refresh_from_db()
    assert (user.email, user.name, user.zone, user.date_joined) == ("ada@test.example", "Ada", "UTC", NOW)
    assert user.check_password(PASSWORD)
    address = EmailAddress.objects.get(user=user)
    assert (address.email, address.verified, address.primary) == ("ada@test.example", True, True)
    assert told() == [(acting.reference, "ada@test.example", "create", None, {"name": "Ada"})]


@pytest.mark.django_db
def test_an_address_belongs_to_one_person_whatever_its_spelling() -> None:
    create_person(email="ada@test.example", name="Ada", password=None, principal=SYSTEM, now=NOW)
    with pytest.raises(ChangeRefused, match=r"ada@test\.example is here already"):
        create_person(email="ADA@test.example", name="Other", password=None, principal=SYSTEM, now=NOW)
    assert User.objects.count() == 1


@pytest.mark.django_db
def test_a_role_is_given_prolonged_and_taken() -> None:
    acting, user = administrator(), person()
    grant_organisation_role(user=user, role=AUDITOR, until=LATER, principal=acting, now=NOW)
    assert principal_of(user, now=NOW).organisation_roles == {AUDITOR}
    grant_organisation_role(user=user, role=AUDITOR, until=LATER, principal=acting, now=NOW)
    grant_organisation_role(user=user, role=AUDITOR, principal=acting, now=NOW)
    revoke_organisation_role(user=user, role=AUDITOR, principal=acting, now=NOW)
    revoke_organisation_role(user=user, role=AUDITOR, principal=acting, now=NOW)
    assert not principal_of(user, now=NOW).sees_all
    ends, lasts = {"role": "auditor", "until": "2026-12-20T12:00:00+00:00"}, {"role": "auditor", "until": None}
    assert told() == [
        (acting.reference, user.email, "grant role", None, ends),
        (acting.reference, user.email, "grant role", ends, lasts),
        (acting.reference, user.email, "revoke role", lasts, None),
    ]


@pytest.mark.django_db
def test_a_role_that_would_end_at_once_is_refused() -> None:
    with pytest.raises(ChangeRefused, match="end in the future"):
        grant_organisation_role(user=person(), role=AUDITOR, until=NOW, principal=SYSTEM, now=NOW)
    assert not OrganisationRoleGrant.objects.exists()


@pytest.mark.django_db
def test_the_last_administrator_stays() -> None:
    acting = administrator()
    last = User.objects.get()
    person(ADMINISTRATOR, is_active=False)
    leaving = person()
    grant_organisation_role(user=leaving, role=ADMINISTRATOR, until=LATER, principal=acting, now=NOW)
    changes: list[Callable[[], None]] = [
        lambda: revoke_organisation_role(user=last, role=ADMINISTRATOR, principal=acting, now=NOW),
        lambda: grant_organisation_role(user=last, role=ADMINISTRATOR, until=LATER, principal=acting, now=NOW),
    ]
    for change in changes:
        with pytest.raises(ChangeRefused, match="last administrator"):
            change()
    grant_organisation_role(user=leaving, role=ADMINISTRATOR, principal=acting, now=NOW)
    revoke_organisation_role(user=last, role=ADMINISTRATOR, principal=acting, now=NOW)
    assert principal_of(leaving, now=LATER).organisation_roles == {ADMINISTRATOR}


@pytest.mark.usefixtures("fresh_database")
def test_two_administrators_cannot_leave_at_the_same_moment() -> None:
    both = [person(ADMINISTRATOR), person(ADMINISTRATOR)]
    barrier, refusals = Barrier(2), []

    def leave(user: User) -> None:
        barrier.wait()
        try:
            revoke_organisation_role(user=user, role=ADMINISTRATOR, principal=SYSTEM, now=NOW)
        except ChangeRefused as refusal:
            refusals.append(str(refusal))
        finally:
            connections.close_all()

    threads = [Thread(target=leave, args=[user]) for user in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refusals) == 1
    assert OrganisationRoleGrant.objects.filter(role=ADMINISTRATOR).count() == 1


@pytest.mark.django_db
def test_a_team_has_an_address_made_from_its_name() -> None:
    acting = administrator()
    made = create_team(name="Ligne A – Paiements", principal=acting, now=NOW)
    assert made.slug == "ligne-a-paiements"
    assert told() == [(acting.reference, made.slug, "create", None, {"name": "Ligne A – Paiements"})]
    with pytest.raises(ChangeRefused, match="choose another name"):
        create_team(name="ligne a  paiements!", principal=acting, now=NOW)
    with pytest.raises(ChangeRefused, match="no letter or digit"):
        create_team(name="– – –", principal=acting, now=NOW)
    assert Team.objects.count() == 1


@pytest.mark.django_db
def test_a_member_joins_becomes_owner_and_leaves() -> None:
    joined, user = team(), person()
    acting = principal_of(person(owner_of=joined), now=NOW)
    add_member(user=user, team=joined, role=TeamRole.MEMBER, principal=acting, now=NOW)
    add_member(user=user, team=joined, role=TeamRole.MEMBER, principal=acting, now=NOW)
    add_member(user=user, team=joined, role=TeamRole.OWNER, principal=acting, now=NOW)
    assert principal_of(user, now=NOW).team_roles == ((joined.pk, TeamRole.OWNER),)
    remove_member(user=user, team=joined, principal=acting, now=NOW)
    remove_member(user=user, team=joined, principal=acting, now=NOW)
    assert principal_of(user, now=NOW).team_ids == frozenset()
    member, owner = ({"email": user.email, "role": role} for role in ("member", "owner"))
    assert told() == [
        (acting.reference, joined.slug, "set member", None, member),
        (acting.reference, joined.slug, "set member", member, owner),
        (acting.reference, joined.slug, "remove member", owner, None),
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("role", [role for role in OrganisationRole if role != ADMINISTRATOR])
def test_only_an_administrator_changes_people_roles_and_teams(role: OrganisationRole) -> None:
    existing = team()
    user = person(role, owner_of=existing)
    acting = principal_of(user, now=NOW)
    changes: list[Callable[[], object]] = [
        lambda: create_person(email="x@test.example", name="X", password=None, principal=acting, now=NOW),
        lambda: grant_organisation_role(user=user, role=ADMINISTRATOR, principal=acting, now=NOW),
        lambda: revoke_organisation_role(user=user, role=role, principal=acting, now=NOW),
        lambda: create_team(name="Mine", principal=acting, now=NOW),
    ]
    for change in changes:
        with pytest.raises(AccessRefused, match=r"Who may: Administrator\."):
            change()
    assert (User.objects.count(), Team.objects.count(), told()) == (1, 1, [])


@pytest.mark.django_db
def test_the_owner_of_one_team_manages_no_other_and_a_member_none() -> None:
    payments, logistics = team("Payments"), team("Logistics")
    user = person()
    for acting in (person(owner_of=logistics), person(member_of=payments), person(OrganisationRole.SECURITY_MANAGER)):
        principal = principal_of(acting, now=NOW)
        with pytest.raises(AccessRefused):
            add_member(user=user, team=payments, role=TeamRole.MEMBER, principal=principal, now=NOW)
        with pytest.raises(AccessRefused):
            remove_member(user=user, team=payments, principal=principal, now=NOW)
    assert not Membership.objects.filter(user=user).exists()


@pytest.mark.django_db
def test_somebody_sets_their_own_colours_and_nobody_elses() -> None:
    user, other = person(), person()
    set_theme(theme=Theme.DARK, principal=principal_of(user, now=NOW))
    user.refresh_from_db()
    other.refresh_from_db()
    assert (user.theme, other.theme) == ("dark", "auto")
