"""When a finding is due, by hand-counted dates."""

from datetime import UTC, datetime, timedelta

import pytest

from findings.deadlines import DEFAULT_DAYS, due, state, words
from findings.status import SeverityRank

OPENED = datetime(2026, 2, 27, 9, 30, tzinfo=UTC)


def test_due_is_the_same_hour_so_many_days_later_across_months_and_leap_days() -> None:
    days = {SeverityRank.HIGH: 7, SeverityRank.LOW: 366}
    assert due(opened=OPENED, severity=SeverityRank.HIGH, days=days) == datetime(2026, 3, 6, 9, 30, tzinfo=UTC)
    assert due(opened=OPENED, severity=SeverityRank.LOW, days=days) == datetime(2027, 2, 28, 9, 30, tzinfo=UTC)


def test_without_days_there_is_no_deadline() -> None:
    assert due(opened=OPENED, severity=SeverityRank.INFO, days=DEFAULT_DAYS) is None
    assert due(opened=OPENED, severity=SeverityRank.HIGH, days={}) is None


@pytest.mark.parametrize(
    ("left", "state_", "told"),
    [
        (timedelta(days=31, hours=5), "ok", "31 d left"),
        (timedelta(days=2, hours=1), "ok", "2 d left"),
        (timedelta(days=1, hours=4, minutes=59), "soon", "1 d 4 h left"),
        (timedelta(hours=6), "soon", "6 h left"),
        (timedelta(minutes=59), "soon", "< 1 h left"),
        (timedelta(0), "overdue", "< 1 h over"),
        (timedelta(days=-1, hours=-4), "overdue", "1 d 4 h over"),
        (timedelta(days=-400), "overdue", "400 d over"),
    ],
)
def test_the_time_left_is_said_in_two_units_at_most(left: timedelta, state_: str, told: str) -> None:
    assert state(due=OPENED + left, now=OPENED) == state_
    assert words(due=OPENED + left, now=OPENED) == told
