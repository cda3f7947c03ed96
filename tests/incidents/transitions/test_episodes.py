"""Episodes are sums: neither order nor grouping matters."""

from datetime import UTC, datetime, timedelta
from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from findings.choices import Severity
from incidents.choices import Outcome
from incidents.records import AlertRecord
from incidents.transitions.episodes import SAMPLES, Spot, Tally, key_of, tally_of, window_of

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


@st.composite
def tallies(draw: st.DrawFn) -> Tally:
    number = draw(st.integers(0, 10_000))
    record = AlertRecord(
        source_kind="wall", uid=str(number), rule="r", title=draw(st.sampled_from(["a", "b"])),
        severity=draw(st.sampled_from(Severity)), outcome=draw(st.sampled_from(Outcome)),
        happened_at=NOON + timedelta(seconds=draw(st.integers(0, 3599))), events=draw(st.integers(1, 9)),
    )  # fmt: skip
    return tally_of(record, uid=f"{number:064}", path="/a")


@given(st.lists(tallies(), max_size=12), st.randoms(), st.integers(0, 12))
def test_a_sum_of_alerts_knows_no_order_and_no_grouping(alerts: list[Tally], chance: object, cut: int) -> None:
    def whole(parts: list[Tally]) -> Tally:
        return reduce(Tally.plus, parts, Tally())

    shuffled = list(alerts)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis gives a Random
    assert whole(shuffled) == whole(alerts)
    assert whole(alerts[:cut]).plus(whole(alerts[cut:])) == whole(alerts)
    total = whole(alerts)
    assert (total.alerts, total.events) == (len(alerts), sum(one.events for one in alerts))
    assert len(total.samples) == min(len(alerts), SAMPLES)
    assert sum(total.outcomes.values()) == total.events


def test_the_worst_outcome_speaks() -> None:
    assert Tally(outcomes={Outcome.BLOCKED: 9, Outcome.ALLOWED: 1}).outcome == Outcome.ALLOWED
    assert Tally(outcomes={Outcome.BLOCKED: 9}).outcome == Outcome.BLOCKED
    assert Tally(outcomes={Outcome.BLOCKED: 9, Outcome.SUCCEEDED: 1}).outcome == Outcome.SUCCEEDED


def test_every_part_of_the_identity_makes_another_episode() -> None:
    def key(**more: object) -> str:
        given = {"source_kind": "wall", "actor": "a", "rule": "r", "window": NOON, **more}
        spot = given.pop("spot", Spot(scope="api:1", api_id=1, method="GET", path="/a"))
        return key_of(spot, **given)  # type: ignore[arg-type]  # as the test says

    others = [
        key(source_kind="x"), key(actor="b"), key(rule="s"), key(window=NOON + timedelta(hours=1)),
        key(spot=Spot(scope="api:2", api_id=2, method="GET", path="/a")),
        key(spot=Spot(scope="api:1", api_id=1, method="PUT", path="/a")),
        key(spot=Spot(scope="api:1", api_id=1, method="GET", path="/b")),
    ]  # fmt: skip
    assert len({key(), *others}) == 8
    assert key() == key(spot=Spot(scope="api:1", api_id=1, method="GET", path="/a", host="other.example", port=1))
    assert window_of(NOON + timedelta(minutes=59, seconds=59)) == NOON
