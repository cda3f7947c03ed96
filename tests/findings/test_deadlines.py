"""When a finding is due, by hand-counted dates."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from findings.deadlines import ALL_DAYS, Calendar, Rule, days_of, state, words
from findings.status import SeverityRank

OPENED = datetime(2026, 2, 27, 9, 30, tzinfo=UTC)


def test_of_all_days_it_is_the_same_hour_so_many_days_later_across_months_and_leap_days() -> None:
    assert ALL_DAYS.after(OPENED, 7) == datetime(2026, 3, 6, 9, 30, tzinfo=UTC)
    assert ALL_DAYS.after(OPENED, 366) == datetime(2027, 2, 28, 9, 30, tzinfo=UTC)


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


MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 -- as the strategy wants them
HOLIDAYS = st.frozensets(st.dates(date(2020, 1, 1), date(2031, 1, 1)), max_size=30)


@pytest.mark.parametrize(
    ("opened", "days", "until"),
    [
        ("2026-12-18T15:00", 1, "2026-12-21T15:00"),  # Friday to Monday
        ("2026-12-18T15:00", 5, "2026-12-28T15:00"),  # over a weekend and Christmas Day, a Friday
        ("2026-12-19T15:00", 1, "2026-12-22T00:00"),  # Saturday begins with Monday's midnight
        ("2026-12-21T00:00", 1, "2026-12-22T00:00"),
        ("2026-12-25T09:00", 1, "2026-12-29T00:00"),
    ],
)
def test_business_days_leave_out_weekends_and_holidays(opened: str, days: int, until: str) -> None:
    calendar = Calendar(business=True, holidays=frozenset({date(2026, 12, 25)}))
    assert f"{calendar.after(datetime.fromisoformat(f'{opened}+00:00'), days):%Y-%m-%dT%H:%M}" == until


@given(MOMENTS, st.integers(1, 60), HOLIDAYS)
def test_between_opening_and_due_lie_so_many_days_that_count(opened: datetime, days: int, off: frozenset[date]) -> None:
    calendar = Calendar(business=True, holidays=off)
    until = calendar.after(opened, days)
    between = [opened.date() + timedelta(days=number) for number in range(1, (until.date() - opened.date()).days + 1)]
    counted = sum(day.weekday() < 5 and day not in off for day in between)
    assert until.weekday() < 5
    assert until.date() not in off
    began = opened.weekday() < 5 and opened.date() not in off
    assert counted == days + (not began)
    assert until.time() == (opened.time() if began else time())


@given(MOMENTS, MOMENTS, st.integers(1, 60), HOLIDAYS)
def test_what_is_opened_later_is_never_due_earlier(
    one: datetime, other: datetime, days: int, off: frozenset[date]
) -> None:
    calendar = Calendar(business=True, holidays=off)
    assert (one <= other) <= (calendar.after(one, days) <= calendar.after(other, days))


@given(MOMENTS, st.integers(1, 60), HOLIDAYS, st.timedeltas(timedelta(0), timedelta(days=40)))
def test_a_pause_and_a_holiday_never_make_a_deadline_earlier(
    opened: datetime, days: int, off: frozenset[date], paused: timedelta
) -> None:
    plain = Calendar(business=True).after(opened, days)
    later = Calendar(business=True, holidays=off).after(opened + paused, days)
    assert later >= plain >= opened + timedelta(days=days)


def test_the_rule_that_names_more_wins_and_of_two_alike_the_shorter() -> None:
    high = SeverityRank.HIGH
    rules = (
        Rule(severity=high, days=30),
        Rule(severity=high, days=10, reach="public"),
        Rule(severity=high, days=20, criticality="mission"),
        Rule(severity=high, days=None, reach="internal", criticality="low"),
        Rule(severity=high, days=60, reach="internal"),
    )

    def told(reach: str, criticality: str) -> int | None:
        return days_of(rules, severity=high, reach=reach, criticality=criticality)

    assert told("partner", "high") == 30
    assert told("public", "mission") == 10
    assert told("internal", "mission") == 20
    assert told("internal", "low") is None
    assert told("internal", "high") == 60
    assert days_of(rules, severity=SeverityRank.LOW, reach="public", criticality="low") is None
