"""Days and moments that people and programs write."""

from datetime import date, datetime, timedelta
from typing import Final

from django.core.exceptions import ValidationError

FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2999
FARTHEST: Final = timedelta(hours=15)
"""No zone is farther from UTC, and the database takes none that is."""


def in_calendar(day: date) -> None:
    """Refuse a day or moment outside these years or in a zone that cannot be (validator of forms and bodies).

    At the ends of the calendar it would be a day in one zone and none in another, and no page could show it there.
    """
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        msg = f"Choose a day from the year {FIRST_YEAR} to {LAST_YEAR}."
        raise ValidationError(msg)
    offset = day.utcoffset() if isinstance(day, datetime) else None
    if offset is not None and abs(offset) > FARTHEST:
        msg = "No time zone is that far from UTC."
        raise ValidationError(msg)
