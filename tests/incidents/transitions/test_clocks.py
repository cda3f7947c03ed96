"""Legal clocks: hours of the law, whatever the calendar does."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents.choices import ClockState
from incidents.transitions.clocks import RULES, due_of, look, not_a_start, not_a_stop, used

AWARE = datetime(2026, 11, 20, 9, 20, tzinfo=UTC)
DUE = datetime(2026, 11, 23, 9, 20, tzinfo=UTC)


def test_both_laws_give_seventy_two_hours() -> None:
    assert {code: rule.law for code, rule in RULES.items()} == {
        "gdpr-33": "GDPR Art. 33(1)", "nydfs-72": "23 NYCRR 500.17(a)",
    }  # fmt: skip
    assert [due_of(rule, AWARE) for rule in RULES.values()] == [DUE, DUE]


@given(
    st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2035, 1, 1)),  # noqa: DTZ001 -- the zone follows
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]),
)
def test_a_change_to_summer_time_neither_gives_nor_takes_an_hour(moment: datetime, zone: str) -> None:
    aware = moment.replace(tzinfo=ZoneInfo(zone))
    due = due_of(RULES["gdpr-33"], aware)
    assert due.timestamp() - aware.timestamp() == 72 * 3600


@pytest.mark.parametrize(
    ("hours", "shown"), [(0, "ok"), (53, "ok"), (54, "soon"), (71.9, "soon"), (72, "overdue"), (100, "overdue")]
)
def test_how_it_looks_as_time_goes_by(hours: float, shown: str) -> None:
    now = AWARE + timedelta(hours=hours)
    assert look(ClockState.RUNNING, aware_at=AWARE, due_at=DUE, now=now) == shown
    assert look(ClockState.FILED, aware_at=AWARE, due_at=DUE, now=now) == "done"
    assert used(AWARE, DUE, now) == pytest.approx(min(hours / 72, 1))


def test_it_starts_in_the_past_and_not_long_ago() -> None:
    assert not_a_start(AWARE, AWARE) == ""
    assert "still to come" in not_a_start(AWARE, AWARE - timedelta(minutes=1))
    assert "a year" in not_a_start(AWARE, AWARE + timedelta(days=400))


@pytest.mark.parametrize(
    ("to", "after", "reference", "reason", "wrong"),
    [
        ("filed", 10, "ref 7", "", ""), ("filed", 10, " ", "", "what was filed"), ("filed", None, "ref", "", "when"),
        ("filed", 200, "ref", "", "when"), ("filed", 80, "ref", "", "late"), ("filed", 80, "ref", "holiday", ""),
        ("not_required", None, "", "", "why"), ("not_required", None, "", "no personal data", ""),
    ],
)  # fmt: skip
def test_it_stops_with_what_the_law_wants_to_know(
    to: str, after: float | None, reference: str, reason: str, wrong: str
) -> None:
    filed_at = AWARE + timedelta(hours=after) if after is not None else None
    told = not_a_stop(
        ClockState(to), filed_at=filed_at, due=DUE, reference=reference, reason=reason, now=AWARE + timedelta(hours=90)
    )
    assert wrong in told
    assert bool(told) == bool(wrong)
