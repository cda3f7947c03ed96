"""Whose jobs one sees."""

import pytest
from django.db import IntegrityError, transaction

from inventory.access.choices import OrganisationRole, PrincipalKind, TeamRole
from inventory.access.models import User
from inventory.access.records import SYSTEM, Principal
from inventory.jobs.models import Job
from tests.inventory.jobs.world import NOW

pytestmark = pytest.mark.django_db


def person(user: User, *roles: OrganisationRole) -> Principal:
    return Principal(
        kind=PrincipalKind.USER,
        name=user.name,
        user_id=user.pk,
        organisation_roles=frozenset(roles),
        team_roles=((1, TeamRole.OWNER),),
    )


def token(user: User, number: int) -> Principal:
    return Principal(
        kind=PrincipalKind.TOKEN, name="CI", user_id=user.pk, token_id=number, scopes=frozenset({"upload"})
    )


def connection(number: int) -> Principal:
    return Principal(kind=PrincipalKind.CONNECTION, name="Scanner", connection_id=number, scopes=frozenset({"upload"}))


def job_of(principal: Principal, **columns: object) -> Job:
    return Job.objects.create(
        kind="x",
        title=principal.name,
        principal=principal.stored(),
        user_id=principal.user_id,
        queue="short",
        created_at=NOW,
        **columns,
    )


def test_one_sees_one_s_own_jobs_and_organisation_roles_see_all() -> None:
    amira, boris = (User.objects.create_user(email=f"{name}@example.org", name=name) for name in ("Amira", "Boris"))
    hers, his, scripted, pulled, ours = (
        job_of(who) for who in (person(amira), person(boris), token(amira, 3), connection(7), SYSTEM)
    )

    def seen(principal: Principal) -> set[Job]:
        return set(Job.objects.visible_to(principal))

    assert seen(person(amira)) == {hers, scripted}
    assert seen(person(boris)) == {his}
    assert seen(token(amira, 3)) == {scripted}
    assert seen(token(amira, 4)) == set()
    assert seen(connection(7)) == {pulled}
    assert seen(connection(8)) == set()
    for role in OrganisationRole:
        assert seen(person(boris, role)) == {hers, his, scripted, pulled, ours}
    assert seen(SYSTEM) == {hers, his, scripted, pulled, ours}
    assert seen(Principal(kind=PrincipalKind.USER, name="Nobody")) == set()


@pytest.mark.parametrize(
    "columns",
    [
        {"state": "finished"},
        {"queue": "long"},
        {"state": "done", "finished_at": None},
        {"state": "running", "finished_at": NOW},
    ],
)
def test_the_database_refuses_what_is_no_state_of_a_job(columns: dict[str, object]) -> None:
    job = job_of(SYSTEM)
    with pytest.raises(IntegrityError), transaction.atomic():
        Job.objects.filter(pk=job.pk).update(**columns)


def test_a_key_is_held_by_one_job_and_no_key_by_any_number() -> None:
    job_of(SYSTEM)
    job_of(SYSTEM)
    job_of(SYSTEM, key="score:7")
    with pytest.raises(IntegrityError), transaction.atomic():
        job_of(SYSTEM, key="score:7")
