"""How many tests there are: the number never falls without somebody saying so.

`tests/collected.txt` holds the floor. A whole run that collects fewer is red; lowering the floor takes a line in the
changelog. When a quarter more are collected than the floor says, the floor is to be raised.
"""

from pathlib import Path

import pytest

FLOOR = Path(__file__).resolve().parents[1] / "collected.txt"
SLACK = 1.25
COLLECTED = pytest.StashKey[int]()


def is_whole(arguments: list[str], tests: Path) -> bool:
    """Return True when the run was asked for all tests: no path, or the folder of tests itself."""
    return all(Path(argument).resolve() == tests for argument in arguments)


def complaint(collected: int, floor: int) -> str:
    """Return what is wrong with the number of tests collected, empty when nothing is."""
    if collected < floor:
        return (
            f"{collected} tests were collected; tests/collected.txt says at least {floor}. "
            "Bring them back, or lower the number and say why in CHANGELOG.md."
        )
    if collected > floor * SLACK:
        return f"{collected} tests were collected; raise the number in tests/collected.txt from {floor} to {collected}."
    return ""
