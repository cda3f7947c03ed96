"""How the scores of some APIs went, week by week: the small lines of the list."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from django.db import connection

from inventory.models import Api

WEEKS: Final = 12
TELLING: Final = 3
"""Points; a score that moved by less is not said to have risen or fallen."""

# One look at the index of scores for each API and week, however often a score changed in between.
ASKED = """
SELECT api.id, ended.back, held.score
FROM unnest(%(apis)s::bigint[]) AS api (id)
CROSS JOIN generate_series(0, %(weeks)s) AS ended (back)
CROSS JOIN LATERAL (
    SELECT score FROM posture_apiscore
    WHERE api_id = api.id AND at <= %(now)s - ended.back * interval '7 days' ORDER BY at DESC, id DESC LIMIT 1
) AS held
ORDER BY api.id, ended.back DESC
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weeks:
    """What a score was at the end of each of the last weeks, oldest first; fewer where it is younger than that."""

    points: tuple[Decimal, ...] = ()

    @property
    def lately(self) -> Decimal:
        """By how many points the score moved in the last week, 0 where that is too little to tell."""
        moved = self.points[-1] - self.points[-2] if len(self.points) > 1 else Decimal(0)
        return moved if abs(moved) >= TELLING else Decimal(0)

    @property
    def direction(self) -> str:
        """Where the score went over all the weeks: up, down or nothing to tell."""
        moved = self.points[-1] - self.points[0] if self.points else Decimal(0)
        if abs(moved) <= TELLING:
            return ""
        return "up" if moved > 0 else "down"

    @property
    def words(self) -> str:
        """The same for those who do not see the line."""
        if not self.points:
            return "Not scored yet"
        if len(self.points) == 1:
            return "Scored for less than a week"
        return f"{self.points[0]:.0f} to {self.points[-1]:.0f} in {_weeks(len(self.points) - 1)}"


NO_WEEKS: Final = Weeks()


def weeks_of(apis: Collection[Api], *, now: datetime) -> dict[int, Weeks]:
    """Return how the scores of visible APIs went; one query, each API has an entry."""
    points: dict[int, list[Decimal]] = defaultdict(list)
    if apis:
        with connection.cursor() as cursor:
            cursor.execute(ASKED, {"apis": [api.pk for api in apis], "weeks": WEEKS, "now": now})
            for api_id, _, score in cursor.fetchall():
                points[api_id].append(score)
    return {api.pk: Weeks(points=tuple(points[api.pk])) for api in apis}


def _weeks(number: int) -> str:
    return "a week" if number == 1 else f"{number} weeks"
