"""What the ground floor does about its own news: each inserts a job row, in the transaction of the news."""

from typing import Any

from django.dispatch import receiver
from django.utils import timezone

from inventory.access.records import SYSTEM
from inventory.jobs.services.jobs import enqueue
from inventory.signals import ApisChanged, team_changed


@receiver(team_changed)
def place_traffic_of_the_team(*, result: ApisChanged, **_: Any) -> None:
    """Ask for the calls in logs of the new team to be tied to these APIs."""
    key = f"inventory.place {' '.join(map(str, result.api_ids))}"
    enqueue(
        kind="inventory.place", arguments={"apis": list(result.api_ids)}, principal=SYSTEM, now=timezone.now(), key=key
    )
