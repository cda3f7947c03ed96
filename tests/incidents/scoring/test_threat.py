"""The decaying pair: no order, half after seven days, and the weights of the risk model."""

from datetime import UTC, datetime, timedelta
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from findings.choices import Severity
from incidents.choices import Outcome
from incidents.scoring.threat import BLOCKED, HALF_LIFE_DAYS, PASSED, WEIGHT, Pair, pair_of
from posture.scoring.weights import VERSION_1

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def test_the_weights_are_those_of_the_risk_model() -> None:
    assert {word.value: weight for word, weight in WEIGHT.items()} == dict(VERSION_1.alert)
    assert {word.value: times for word, times in PASSED.items()} == dict(VERSION_1.passed)
    assert {word.value: times for word, times in BLOCKED.items()} == dict(VERSION_1.blocked)
    assert VERSION_1.half_life_days == HALF_LIFE_DAYS


def test_a_pair_is_half_after_seven_days_and_stays_when_it_is_dated_ahead() -> None:
    pair = pair_of(Severity.CRITICAL, Outcome.SUCCEEDED, NOON)
    assert (pair.passed, pair.blocked) == (32, 0)
    assert pair.at(NOON + timedelta(days=7)).passed == pytest.approx(16)
    assert pair.at(NOON - timedelta(days=7)) == pair


@given(
    st.lists(st.tuples(st.sampled_from(Severity), st.sampled_from(Outcome), st.integers(-(10**6), 10**6)), min_size=1),
    st.randoms(),
)
def test_the_order_of_alerts_does_not_matter(alerts: list[tuple[Severity, Outcome, int]], chance: object) -> None:
    pairs = [pair_of(severity, outcome, NOON + timedelta(seconds=at)) for severity, outcome, at in alerts]
    one = reduce(Pair.plus, pairs)
    chance.shuffle(pairs)  # type: ignore[attr-defined]  # hypothesis gives a Random
    other = reduce(Pair.plus, pairs)
    assert one.as_of == other.as_of
    assert [one.passed, one.blocked] == pytest.approx([other.passed, other.blocked])
