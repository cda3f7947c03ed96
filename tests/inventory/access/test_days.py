"""Which days are taken."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from django.core.exceptions import ValidationError

from inventory.access.days import in_calendar

SECOND = timedelta(seconds=1)


def test_days_that_every_zone_can_say_are_taken() -> None:
    for day in (date(1900, 1, 1), date(2999, 12, 31), datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=14)))):
        in_calendar(day)


def test_the_ends_of_the_calendar_and_zones_that_cannot_be_are_refused() -> None:
    far = timezone(timedelta(hours=23, minutes=59))
    for day in (
        date.min,
        date.max,
        datetime.min.replace(tzinfo=UTC),
        datetime.max.replace(tzinfo=UTC),
        datetime(2026, 1, 1, tzinfo=far),
    ):
        with pytest.raises(ValidationError):
            in_calendar(day)
