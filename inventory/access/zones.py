"""Time zones this machine knows."""

from functools import cache
from zoneinfo import available_timezones


@cache
def zones() -> tuple[str, ...]:
    """Return the IANA names people may choose, sorted; legacy aliases without a place are left out."""
    return tuple(sorted(name for name in available_timezones() if "/" in name or name == "UTC"))


@cache
def is_zone(name: str) -> bool:
    """Return True for a name of the time zone database."""
    return name in available_timezones()
