from pathlib import Path

import pytest

from tests.architecture.counts import COLLECTED, FLOOR, complaint, is_whole


def test_the_number_of_tests_collected_never_falls(pytestconfig: pytest.Config) -> None:
    """A run of a part, which collects a part, has nothing to compare: it keeps no number."""
    floor = int(FLOOR.read_text())
    assert complaint(pytestconfig.stash.get(COLLECTED, floor), floor) == ""


def test_fewer_tests_than_the_floor_are_a_complaint_and_so_is_a_floor_left_behind() -> None:
    assert "99 tests" in complaint(99, 100)
    assert complaint(100, 100) == ""
    assert complaint(125, 100) == ""
    assert "raise" in complaint(126, 100)


def test_only_a_whole_run_is_counted() -> None:
    tests = Path(__file__).resolve().parents[1]
    assert is_whole([str(tests)], tests)
    assert not is_whole([str(tests / "architecture")], tests)
    assert not is_whole([f"{tests}::test_x"], tests)
