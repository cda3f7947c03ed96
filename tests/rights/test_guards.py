"""Each guard taken out of a copy of the code turns the test red that is named for it."""

from pathlib import Path

import pytest

from tests.conftest import TOLD, RecordProperty
from tests.faults.planted import Fault, copy_to, outcome, planted
from tests.rights.guards import GUARDS

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_to(tmp_path_factory.mktemp("guards"))


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.name.replace(" ", "-"))
def test_a_guard_taken_out_turns_its_test_red(guard: Fault, copy: Path, record_property: RecordProperty) -> None:
    with planted(guard, copy):
        failed, passed, told = outcome(copy, guard.test)
    assert (failed, passed) == ({guard.test}, 0), told[-4000:]
    record_property(TOLD, f"Guard taken out: {guard.name}; caught by {guard.test.partition('::')[2]}")
