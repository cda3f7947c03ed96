"""How scores went, week by week."""

from decimal import Decimal

import pytest
from pytest_django import DjangoAssertNumQueries

from inventory.models import Api
from posture.models import ApiScore
from posture.selectors.weekly import Weeks, weeks_of
from posture.services.in_force import model_in_force
from tests.posture.services.estates import NOW, later, make_api


def point_at(api: Api, days: float, score: float) -> None:
    ApiScore.objects.create(
        api=api, at=later(days=days), score=score, inherent=score, band="high", cause="a test", factors={}, inputs={},
        model_id=model_in_force(now=NOW).model_id,
    )  # fmt: skip


@pytest.mark.django_db
def test_each_week_ends_with_the_score_that_held_then(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    old, young, never = make_api(), make_api(), make_api()
    for days, score in ((-400, 10), (-80, 20), (-79, 25), (-8, 40), (-0.5, 44.5), (1, 99)):
        point_at(old, days, score)
    point_at(young, -10, 70)
    with django_assert_num_queries(1):
        told = weeks_of([old, young, never], now=NOW)
    # 84 days ago, 77, then nothing for nine weeks; 14 days ago, 7, now.
    assert told[old.pk].points == (*(Decimal(score) for score in (10, *[25] * 10, 40)), Decimal("44.5"))
    assert told[young.pk].points == (Decimal(70), Decimal(70))
    assert told[never.pk].points == ()
    with django_assert_num_queries(0):
        assert weeks_of([], now=NOW) == {}


@pytest.mark.parametrize(
    ("points", "lately", "direction", "words"),
    [
        ((), 0, "", "Not scored yet"),
        ((50,), 0, "", "Scored for less than a week"),
        ((50, 53), 3, "", "50 to 53 in a week"),
        ((50, 54, 55), 0, "up", "50 to 55 in 2 weeks"),
        ((60, 55.4, 50), Decimal("-5.4"), "down", "60 to 50 in 2 weeks"),
    ],
)
def test_weeks_are_told_where_they_tell_something(
    points: tuple[float, ...], lately: Decimal, direction: str, words: str
) -> None:
    weeks = Weeks(points=tuple(Decimal(str(point)) for point in points))
    assert (weeks.lately, weeks.direction, weeks.words) == (lately, direction, words)
