"""Counts the tests of a whole run before any are deselected."""

import pytest

from tests.architecture.counts import COLLECTED, FLOOR, is_whole


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the number for `test_counts.py`."""
    if is_whole(config.args, FLOOR.parent):
        config.stash[COLLECTED] = len(items)
