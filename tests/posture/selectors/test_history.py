"""How a score went, in words."""

from decimal import Decimal

import pytest

from inventory.access.choices import OrganisationRole
from inventory.access.models import StateChange
from inventory.access.selectors import principal_of
from inventory.access.services.trail import record_change
from inventory.models import Api
from posture.models import ApiScore
from posture.selectors.history import Point, ScoreHistory, newest_events, score_history, trail_page
from posture.services.in_force import model_in_force
from tests.inventory.access.people import person
from tests.posture.services.estates import NOW, later, make_api


def history(*scores: float) -> ScoreHistory:
    """Return a history of scores, oldest first, ten days apart."""
    points = [
        Point(at=later(days=10 * place), score=Decimal(str(score)), band="high", cause="a test")
        for place, score in enumerate(scores)
    ]
    return ScoreHistory(points=tuple(reversed(points)), since=NOW)


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        ((), "Not scored yet."),
        ((40.4,), "The score is 40 and has not changed in 90 days."),
        ((71, 87), "Score rose from 71 to 87 in 90 days; it changed once."),
        ((60, 10, 12.5), "Score fell from 60 to 13 in 90 days; it changed 2 times."),
        ((30, 80, 30), "The score is 30 again, after 2 changes in 90 days."),
        ((81.8, 82.25), "Score rose from 81.80 to 82.25 in 90 days; it changed once."),
    ],
)
def test_a_history_is_told_in_one_sentence(scores: tuple[float, ...], message: str) -> None:
    assert history(*scores).message == message


def test_the_line_starts_at_the_first_day_with_what_held_then() -> None:
    old = Point(at=later(days=-30), score=Decimal(20), band="medium", cause="a test")
    new = Point(at=later(days=5), score=Decimal("30.5"), band="high", cause="a test")
    assert ScoreHistory(points=(new, old), since=NOW).line == ((NOW, 20.0), (later(days=5), 30.5))


def point_at(api: Api, days: float, score: Decimal | int) -> None:
    ApiScore.objects.create(
        api=api, at=later(days=days), score=score, inherent=score, band="high", cause=f"cause {score}", factors={},
        inputs={}, model_id=model_in_force(now=NOW).model_id,
    )  # fmt: skip


@pytest.mark.django_db
def test_a_history_reaches_back_to_the_point_that_held_when_its_days_began() -> None:
    api, other = make_api(), make_api()
    for days, score in ((-200, 1), (-100, 2), (-50, 3), (-1, 4)):
        point_at(api, days, score)
    point_at(other, -2, 9)
    assert [point.score for point in score_history(api=api, now=NOW).points] == [4, 3, 2]


@pytest.mark.django_db
def test_scores_and_changes_are_one_story_newest_first() -> None:
    user = person(OrganisationRole.SECURITY_MANAGER)
    principal = principal_of(user, now=NOW)
    api = make_api()
    point_at(api, -9, 10)
    point_at(api, -5, 20)
    record_change(principal=principal, kind="api", code=api.code, verb="set reach", old="unknown", new="public",
                  now=later(days=-7), api_id=api.pk)  # fmt: skip
    events = newest_events(principal=principal, api=api, team_id=None, history=score_history(api=api, now=NOW))
    assert [(event.who, event.text) for event in events] == [
        ("", "Score 10 to 20 after: cause 20"),
        (user.name, "set reach from unknown to public"),
        ("", "Score 10 after: cause 10"),
    ]


@pytest.mark.django_db
def test_a_score_that_moved_by_less_than_a_point_is_told_with_decimals() -> None:
    api = make_api()
    for days, score in ((-9, "81.80"), (-5, "82.25"), (-2, "82.25")):
        point_at(api, days, Decimal(score))
    nobody = principal_of(person(), now=NOW)
    events = newest_events(principal=nobody, api=api, team_id=None, history=score_history(api=api, now=NOW))
    assert [event.text for event in events] == [
        "Score 82 after: cause 82.25", "Score 81.80 to 82.25 after: cause 82.25", "Score 82 after: cause 81.80"
    ]  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        (None, "public", "merge finding FND-1 to public"),
        ("public", None, "merge finding FND-1"),
        ({"a": 1, "b": None}, ["x", "y"], "merge finding FND-1: from a 1, b nothing to x, y"),
        (None, None, "merge finding FND-1"),
    ],
)
def test_a_change_of_something_else_names_it(old: object, new: object, text: str) -> None:
    principal = principal_of(person(OrganisationRole.AUDITOR), now=NOW)
    api = make_api()
    record_change(principal=principal, kind="finding", code="FND-1", verb="merge", old=old, new=new, now=NOW,
                  api_id=api.pk)  # fmt: skip
    page = trail_page(principal=principal, api=api, team_id=None)
    assert page is not None
    assert [event.text for event in page.rows] == [text]
    assert StateChange.objects.filter(api_id=api.pk).count() == 1
