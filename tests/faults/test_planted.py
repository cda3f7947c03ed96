"""Each fault planted in a copy of the code turns the test red that is named for it, and without them all are green."""

from pathlib import Path

import pytest

from tests.conftest import TOLD, RecordProperty
from tests.faults.planted import FAULTS, Fault, copy_to, outcome, planted

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_to(tmp_path_factory.mktemp("planted"))


def test_without_a_fault_the_tests_are_green_in_the_copy(copy: Path) -> None:
    failed, passed, told = outcome(copy, *(fault.test for fault in FAULTS))
    assert (failed, passed) == (set(), len(FAULTS)), told[-4000:]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name.replace(" ", "-"))
def test_a_planted_fault_turns_its_test_red(fault: Fault, copy: Path, record_property: RecordProperty) -> None:
    with planted(fault, copy):
        failed, passed, told = outcome(copy, fault.test)
    assert (failed, passed) == ({fault.test}, 0), told[-4000:]
    record_property(
        TOLD, f"Planted: {fault.name[0].lower()}{fault.name[1:]}; caught by {fault.test.partition('::')[2]}"
    )
