"""What the ground floor does about its own news: each inserts a job row, in the transaction of the news."""

from typing import Any

from django.dispatch import receiver
from django.utils import timezone

from inventory.jobs.services.gathering import ask_for_rows
from inventory.signals import ApisChanged, team_changed


@receiver(team_changed)
def place_traffic_of_the_team(*, result: ApisChanged, **_: Any) -> None:
    """Ask for the calls in logs of the new team to be tied to these APIs."""
    ask_for_rows(kind="inventory.place", name="apis", ids=result.api_ids, now=timezone.now())
