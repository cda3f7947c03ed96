"""Whose an alert is."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from incidents.selectors.holding import team_of, teams_of
from inventory.models import ApiTeam
from tests.incidents.views.test_alerts import episode
from tests.inventory.access.people import team
from tests.posture.services.estates import make_api

pytestmark = pytest.mark.django_db


def test_an_alert_is_its_apis_teams_now_and_while_it_has_none_that_of_who_brought_it(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    payments, orders = team(), team("Orders")
    api, nobodys = make_api(team=orders), make_api()
    now = timezone.now()
    ApiTeam.objects.create(api=api, team=payments, since=now - timedelta(days=9), until=now - timedelta(days=1))
    held, unowned, brought = (
        episode(api, team=payments), episode(nobodys, team=payments), episode(None, team=payments)
    )  # fmt: skip
    with django_assert_num_queries(1):
        assert teams_of([held, unowned, brought]) == {held.pk: orders.pk, unowned.pk: None, brought.pk: payments.pk}
    assert [team_of(one) for one in (held, unowned, brought)] == [orders.pk, None, payments.pk]
