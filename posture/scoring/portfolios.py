"""The portfolio: the cubic mean of scores, from a running sum of cubes that is exact."""

from decimal import Decimal

SCALE = 100


def cube(score: Decimal) -> int:
    """Return (100 * score)^3 of a two-decimal score: a whole number, so that sums never drift."""
    return int(score * SCALE) ** 3


def cubic_mean(cubes: int, count: int) -> float | None:
    """Return the cubic mean of `count` scores from the sum of their cubes; None for nothing at all."""
    if not count:
        return None
    return float((cubes / count) ** (1 / 3) / SCALE)
