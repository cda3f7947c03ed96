"""What hangs on people and teams on the floors above: each floor says it here, since this one knows nothing of them.

An app registers what it holds when it is ready; the pages of people and teams, and leaving, ask all of them.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from django.db.models import Q

from inventory.access.models import User
from inventory.access.records import Principal


@dataclass(frozen=True, slots=True, kw_only=True)
class Belonging:
    """One thing somebody answers for: as what (such as “Owner”), its kind, name, code, and the address of its page."""

    as_what: str
    kind: str
    name: str
    code: str
    url: str


class Floor(Protocol):
    """What a floor tells of the things it keeps."""

    def of_person(self, user_id: int) -> Sequence[Belonging]:
        """Return what somebody answers for, in a steady order."""

    def hand_over(self, *, leaver: User, successor: User | None, principal: Principal, now: datetime) -> None:
        """Let another person, or nobody, answer for all of it, with a line in the trail for each; rights were asked."""

    def count_by_team(self, team_ids: Collection[int]) -> Mapping[int, int]:
        """Return how many things of a team's own there are, by team; a team without any is left out."""

    def trail_of_teams(self, team_ids: Collection[int]) -> Q:
        """Return which rows of the trail are about things of these teams, as a condition on `StateChange`."""


_FLOORS: Final[list[Floor]] = []


def register(floor: Floor) -> None:
    """Add a floor; once, when its app is ready."""
    _FLOORS.append(floor)


def floors() -> tuple[Floor, ...]:
    """Return every floor that keeps something."""
    return tuple(_FLOORS)
