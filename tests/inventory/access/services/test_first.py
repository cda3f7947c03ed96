"""The one-time link makes one first administrator, once."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import connections

from inventory.access.errors import LinkRefused
from inventory.access.models import OrganisationRoleGrant, StateChange, User, WelcomeLink
from inventory.access.selectors import principal_of
from inventory.access.services.first import check_link, create_first_administrator, first_link
from tests.inventory.access.people import NOW, PASSWORD, person

pytestmark = pytest.mark.urls("tests.inventory.access.addresses")
DAY = timedelta(hours=24)


def token_of(link: str | None) -> str:
    assert link is not None
    assert link.startswith(f"{settings.BASE_URL}/welcome/")
    return link.removesuffix("/").rpartition("/")[2]


def create(token: str, *, email: str = "ada@test.example", at: timedelta = timedelta()) -> User:
    return create_first_administrator(
        token=token, email=email, name="Ada", password=PASSWORD, zone="Europe/Paris", now=NOW + at
    )


@pytest.mark.django_db
def test_the_link_makes_an_administrator_who_can_map_and_decide_too() -> None:
    user = create(token_of(first_link(now=NOW)))
    assert principal_of(user, now=NOW).organisation_roles == {"administrator", "security_manager"}
    assert (user.email, user.zone) == ("ada@test.example", "Europe/Paris")
    verbs = StateChange.objects.order_by("id").values_list("actor", "verb")
    assert list(verbs) == [("system", "create"), ("system", "grant role"), ("system", "grant role")]


@pytest.mark.django_db
def test_only_the_digest_of_the_link_is_kept() -> None:
    token = token_of(first_link(now=NOW))
    assert len(token) >= 43
    assert token not in str(list(WelcomeLink.objects.values()))


@pytest.mark.django_db
def test_a_new_start_prints_a_new_link_and_ends_the_one_before() -> None:
    old, new = token_of(first_link(now=NOW)), token_of(first_link(now=NOW))
    assert old != new
    with pytest.raises(LinkRefused):
        create(old)
    create(new)


@pytest.mark.django_db
def test_a_link_works_once() -> None:
    token = token_of(first_link(now=NOW))
    check_link(token=token, now=NOW)
    create(token)
    with pytest.raises(LinkRefused):
        check_link(token=token, now=NOW)
    with pytest.raises(LinkRefused):
        create(token, email="second@test.example")
    assert User.objects.count() == 1


@pytest.mark.django_db
def test_a_used_link_stays_used_though_everybody_is_gone() -> None:
    token = token_of(first_link(now=NOW))
    create(token)
    for model in (EmailAddress, OrganisationRoleGrant):
        model.objects.all()._raw_delete("default")
    User.objects.all()._raw_delete("default")
    with pytest.raises(LinkRefused):
        create(token)


@pytest.mark.django_db
def test_a_link_lives_for_a_day() -> None:
    token = token_of(first_link(now=NOW))
    check_link(token=token, now=NOW + DAY - timedelta(seconds=1))
    with pytest.raises(LinkRefused, match="24 hours"):
        create(token, at=DAY)
    assert not User.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("token", ["", "x", "a" * 300, "' OR 1=1"])
def test_a_wrong_link_is_refused(token: str) -> None:
    first_link(now=NOW)
    with pytest.raises(LinkRefused):
        create(token)


@pytest.mark.django_db
def test_once_there_is_somebody_there_is_no_link_and_an_old_one_is_dead() -> None:
    token = token_of(first_link(now=NOW))
    person()
    assert first_link(now=NOW) is None
    with pytest.raises(LinkRefused):
        create(token)


@pytest.mark.usefixtures("fresh_database")
def test_of_two_at_once_exactly_one_becomes_administrator() -> None:
    token = token_of(first_link(now=NOW))
    barrier, outcomes = Barrier(4), []

    def race(number: int) -> None:
        barrier.wait()
        try:
            outcomes.append(create(token, email=f"racer{number}@test.example").email)
        except LinkRefused:
            outcomes.append("refused")
        finally:
            connections.close_all()

    threads = [Thread(target=race, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("refused") == 3
    assert User.objects.count() == 1
