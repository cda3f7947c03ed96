"""Where an alert stands after what people did, and what makes no sense."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from incidents.choices import Act, Resolution, State
from incidents.transitions.triage import LONGEST_NOTE, Said, Shown, Step, lacking, refusal, shown

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def after(*acts: tuple[Act, dict[str, Any]] | Act, now: datetime = NOW + 9 * HOUR) -> Shown:
    steps = []
    for number, said in enumerate(acts):
        act, more = said if isinstance(said, tuple) else (said, dict[str, Any]())
        steps.append(Step(id=number, act=act, at=NOW + number * HOUR, **more))
    return shown(reversed(steps), now=now)


FALSE_ALARM: tuple[Act, dict[str, Any]] = (Act.CLOSED, {"resolution": Resolution.FALSE_ALARM})


def test_nobody_did_anything() -> None:
    assert after() == Shown()


def test_the_first_to_acknowledge_counts_and_closing_acknowledges() -> None:
    assert after(Act.ACKNOWLEDGED, Act.ACKNOWLEDGED).acknowledged_at == NOW
    closed = after(FALSE_ALARM)
    assert (closed.state, closed.resolution, closed.acknowledged_at) == (State.CLOSED, Resolution.FALSE_ALARM, NOW)


def test_a_snooze_ends_by_itself_and_what_was_before_holds() -> None:
    snooze: tuple[Act, dict[str, Any]] = (Act.SNOOZED, {"until": NOW + 5 * HOUR})
    assert after(snooze, now=NOW + 4 * HOUR).state == State.SNOOZED
    assert after(snooze, now=NOW + 5 * HOUR).state == State.NEW
    assert after(Act.ACKNOWLEDGED, snooze, now=NOW + 6 * HOUR).state == State.ACKNOWLEDGED


def test_opened_again_it_is_as_it_was_before() -> None:
    assert after(Act.ACKNOWLEDGED, FALSE_ALARM, Act.REOPENED).state == State.ACKNOWLEDGED
    assert after(FALSE_ALARM, Act.REOPENED).resolution is None


def test_what_was_taken_back_never_was() -> None:
    assert after(Act.ACKNOWLEDGED, FALSE_ALARM, (Act.UNDONE, {"undoes": 1})) == after(Act.ACKNOWLEDGED)
    assert after((Act.ASSIGNED, {"assignee_id": 3}), (Act.UNDONE, {"undoes": 0})).assignee_id is None


def test_notes_change_nothing() -> None:
    assert after(Act.ACKNOWLEDGED, Act.NOTED) == after(Act.ACKNOWLEDGED)


@pytest.mark.parametrize(
    ("stand", "act", "good"),
    [
        (State.NEW, Act.ACKNOWLEDGED, True), (State.NEW, Act.REOPENED, False), (State.CLOSED, Act.ACKNOWLEDGED, False),
        (State.CLOSED, Act.SNOOZED, False), (State.CLOSED, Act.CLOSED, True), (State.CLOSED, Act.REOPENED, True),
        (State.ACKNOWLEDGED, Act.ACKNOWLEDGED, False), (State.SNOOZED, Act.ACKNOWLEDGED, True),
        (State.SNOOZED, Act.REOPENED, True), (State.CLOSED, Act.NOTED, True), (State.CLOSED, Act.ASSIGNED, True),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(stand: State, act: Act, *, good: bool) -> None:
    assert (refusal(Shown(state=stand), act) == "") is good


@pytest.mark.parametrize(
    "said",
    [
        Said(act=Act.SNOOZED), Said(act=Act.SNOOZED, until=NOW), Said(act=Act.CLOSED), Said(act=Act.NOTED, note=" "),
        Said(act=Act.NOTED, note="x" * (LONGEST_NOTE + 1)), Said(act=Act.NOTED, note="a\0b"),
    ],
)  # fmt: skip
def test_what_is_missing_is_told(said: Said) -> None:
    assert lacking(said, NOW)
    assert lacking(Said(act=Act.SNOOZED, until=NOW + HOUR), NOW) == ""
