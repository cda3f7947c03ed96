"""People and teams as the pages ask for them."""

from datetime import timedelta
from typing import Any

import pytest
from django.http import QueryDict

from inventory.access.choices import OrganisationRole
from inventory.access.directory import (
    PEOPLE,
    PeopleFilter,
    TeamFilter,
    answers_of,
    code_of,
    members_of,
    number_of,
    open_invitations,
    people_page,
    person_row,
    teams_page,
)
from inventory.access.models import Membership, OrganisationRoleGrant
from inventory.access.records import Principal
from inventory.access.selectors import principal_of
from tests.inventory.access.people import NOW, app_of, person, team
from tests.posture.services.estates import make_api

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator() -> Principal:
    return principal_of(person(OrganisationRole.ADMINISTRATOR), now=NOW)


def emails(principal: Principal, query: str = "") -> set[str]:
    page = people_page(principal=principal, narrowed=PeopleFilter(QueryDict(query), teams=[("t", "T")]), now=NOW)
    return {row.user.email for row in page.rows}


def test_everybody_is_there_for_administrators_and_nobody_for_others(administrator: Principal) -> None:
    user = person(OrganisationRole.SECURITY_MANAGER, owner_of=team())
    assert user.email in emails(administrator)
    other = principal_of(user, now=NOW)
    assert emails(other) == set()
    assert person_row(principal=other, code=code_of(user.pk, PEOPLE), now=NOW) is None
    assert not open_invitations(other).exists()


def test_people_are_narrowed(administrator: Principal) -> None:
    held = team()
    held.slug = "t"
    held.save()
    analyst, member = person(OrganisationRole.ANALYST), person(member_of=held)
    ended, gone = person(), person(is_active=False)
    OrganisationRoleGrant.objects.create(user=ended, role=OrganisationRole.ANALYST, until=NOW)
    own = emails(administrator) - {analyst.email, member.email, ended.email, gone.email}
    for query, expected in (
        ("role=analyst", {analyst.email}),
        ("role=none", {ended.email, gone.email}),
        ("team=t", {member.email}),
        ("account=closed", {gone.email}),
        ("account=open&role=administrator", own),
        (f"q={member.email.upper()}", {member.email}),
        ("q=%25", set()),
    ):
        assert emails(administrator, query) == expected, query


def test_a_person_is_told_with_roles_ends_and_factor(administrator: Principal) -> None:
    payments = team()
    user = person(OrganisationRole.AUDITOR, member_of=payments)
    OrganisationRoleGrant.objects.create(user=user, role=OrganisationRole.ANALYST, until=NOW - timedelta(days=1))
    OrganisationRoleGrant.objects.create(user=user, role=OrganisationRole.RESPONDER, scope={"x": 1})
    app_of(user)
    row = person_row(principal=administrator, code=code_of(user.pk, PEOPLE), now=NOW)
    assert row is not None
    assert [(grant.role.value, grant.over) for grant in row.grants] == [("analyst", True), ("auditor", False)]
    assert [each.team for each in row.memberships] == [payments]
    assert row.has_factor
    for code in ("", "1", "A" * 13, "\0", "é" * 13):
        assert person_row(principal=administrator, code=code, now=NOW) is None


def test_codes_tell_no_number() -> None:
    codes = [code_of(number, PEOPLE) for number in range(1, 4)]
    assert [number_of(code, PEOPLE) for code in codes] == [1, 2, 3]
    assert len({code[:4] for code in codes}) == 3
    assert number_of(codes[0], "token") == 0


def test_teams_are_told_with_what_they_hold() -> None:
    payments, logistics = team(), team("Logistics")
    owner, member = person(owner_of=payments), person(member_of=payments)
    person(member_of=payments, is_active=False)
    for held_by in (payments, payments, logistics):
        make_api(team=held_by)
    [row] = teams_page(principal=principal_of(member, now=NOW), narrowed=TeamFilter(QueryDict())).rows
    assert (row.team, row.owners, row.members, row.apis, row.own_role) == (
        payments, (owner.name,), 2, 2, "Team member",
    )  # fmt: skip
    assert [(each.user, each.role) for each in members_of(payments)] == [(owner, "owner"), (member, "member")]
    auditor = principal_of(person(OrganisationRole.AUDITOR), now=NOW)
    rows = teams_page(principal=auditor, narrowed=TeamFilter(QueryDict("q=logis"))).rows
    assert [(each.team, each.own_role) for each in rows] == [(logistics, "")]


def test_what_somebody_answers_for_is_named() -> None:
    payments, shared = team(), team("Shared")
    user = person(owner_of=payments)
    Membership.objects.create(user=user, team=shared, role="owner")
    person(owner_of=shared)
    own, deputised = make_api(owner=user, name="Orders"), make_api(deputy=user, name="Trains")
    found = answers_of(user)
    assert [(each.as_what, each.code) for each in found.things] == [("Owner", own.code), ("Deputy", deputised.code)]
    assert found.alone_in == (payments,)


def test_lists_take_as_many_queries_for_20_rows_as_for_one(
    administrator: Principal, django_assert_num_queries: Any
) -> None:
    for number in range(20):
        person(OrganisationRole.ANALYST, member_of=team(f"T{number}"))
    narrowed = PeopleFilter(QueryDict(), teams=[])
    with django_assert_num_queries(5):
        assert len(people_page(principal=administrator, narrowed=narrowed, now=NOW).rows) > 20
    with django_assert_num_queries(5):
        assert len(teams_page(principal=administrator, narrowed=TeamFilter(QueryDict())).rows) >= 20
