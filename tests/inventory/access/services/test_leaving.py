"""Leaving: what an account opened is shut, what it answered for is handed on in the open, its name stays."""

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client

from inventory.access.choices import OrganisationRole
from inventory.access.errors import AccessRefused, ChangeRefused, TokenRefused
from inventory.access.models import StateChange, User
from inventory.access.records import SYSTEM, Principal
from inventory.access.selectors import principal_of
from inventory.access.services.leaving import close_account, open_account
from inventory.access.services.tokens import create_token, find_token
from tests.inventory.access.people import NOW, PASSWORD, person, signed_in, team
from tests.posture.services.estates import make_api

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator() -> Principal:
    return principal_of(person(OrganisationRole.ADMINISTRATOR), now=NOW)


def leave(user: User, principal: Principal, successor: User | None = None, *, nobody: bool = False) -> None:
    close_account(user=user, successor=successor, leave_unowned=nobody, principal=principal, now=NOW)


def test_nothing_an_account_opened_stays_open(administrator: Principal) -> None:
    held = team()
    user = person(OrganisationRole.ANALYST, owner_of=held, password=PASSWORD)
    browser = Client()
    browser.post("/login/", {"login": user.email, "password": PASSWORD})
    assert browser.get("/jobs/").status_code == 200
    assert UserSession.objects.filter(user=user).count() == 1
    secret = create_token(user=user, name="t", days=1, principal=SYSTEM, now=NOW).secret
    leave(user, administrator)
    assert browser.get("/jobs/").status_code == 302
    with pytest.raises(TokenRefused, match="revoked"):
        find_token(secret=secret, now=NOW)
    user.refresh_from_db()
    assert not user.is_active
    assert not user.organisation_roles.exists()
    assert not user.memberships.exists()
    assert not UserSession.objects.filter(user=user).exists()
    change = StateChange.objects.get(verb="close account")
    assert (change.code, change.old) == (user.email, {"roles": ["analyst"], "teams": [f"{held.slug} (owner)"]})


def test_a_session_that_was_never_noted_ends_too(administrator: Principal) -> None:
    user = person(OrganisationRole.ANALYST)
    browser = signed_in(user)
    leave(user, administrator)
    assert browser.get("/jobs/").status_code == 302


def test_what_somebody_answers_for_is_never_handed_on_in_silence(administrator: Principal) -> None:
    user, successor = person(OrganisationRole.ANALYST), person(OrganisationRole.ANALYST)
    owned, deputised = make_api(owner=user), make_api(owner=successor, deputy=user)
    with pytest.raises(ChangeRefused, match="Name a successor"):
        leave(user, administrator)
    user.refresh_from_db()
    assert user.is_active
    leave(user, administrator, successor)
    for api in (owned, deputised):
        api.refresh_from_db()
    assert (owned.owner, owned.deputy, deputised.deputy) == (successor, None, successor)
    told = StateChange.objects.filter(kind="api").order_by("id").values_list("code", "verb", "old", "new", "reason")
    assert list(told) == [
        (owned.code, "set owner", user.email, successor.email, f"{user} left."),
        (deputised.code, "set deputy", user.email, successor.email, f"{user} left."),
    ]


def test_nobody_takes_over_only_where_that_is_said(administrator: Principal) -> None:
    user = person()
    api = make_api(owner=user)
    leave(user, administrator, nobody=True)
    api.refresh_from_db()
    assert api.owner is None


def test_who_cannot_leave_and_who_cannot_take_over(administrator: Principal) -> None:
    own = User.objects.get(organisation_roles__role="administrator")
    with pytest.raises(ChangeRefused, match="another administrator"):
        leave(own, administrator)
    second = person(OrganisationRole.ADMINISTRATOR)
    by_second = principal_of(second, now=NOW)
    leave(second, administrator)
    with pytest.raises(AccessRefused):
        leave(own, principal_of(second, now=NOW))
    with pytest.raises(ChangeRefused, match="last administrator"):
        leave(own, by_second)
    user = person()
    for successor in (user, second):
        with pytest.raises(ChangeRefused, match="somebody else"):
            leave(user, administrator, successor)


def test_nobody_but_an_administrator_closes_or_opens(administrator: Principal) -> None:
    user = person()
    other = principal_of(person(OrganisationRole.SECURITY_MANAGER, owner_of=team()), now=NOW)
    with pytest.raises(AccessRefused):
        leave(user, other)
    with pytest.raises(AccessRefused):
        open_account(user=user, principal=other, now=NOW)


def test_who_comes_back_has_none_of_what_they_had(administrator: Principal) -> None:
    user = person(OrganisationRole.ANALYST, password=PASSWORD)
    leave(user, administrator)
    for _ in range(2):
        leave(user, administrator)
        open_account(user=user, principal=administrator, now=NOW)
        open_account(user=user, principal=administrator, now=NOW)
    user.refresh_from_db()
    assert user.is_active
    assert not principal_of(user, now=NOW).organisation_roles
    assert StateChange.objects.filter(verb="open account").count() == 2
