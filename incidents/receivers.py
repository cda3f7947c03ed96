"""What the incidents do when the floors below have news: each inserts a job row, in the transaction of the news."""

from typing import Any

from django.dispatch import receiver
from django.utils import timezone

from inventory.jobs.services.gathering import ask_for_rows
from inventory.jobs.services.jobs import enqueue
from inventory.signals import ApisChanged, LogTaken, endpoints_recorded, log_recorded


@receiver(endpoints_recorded)
def tie_alerts(*, result: ApisChanged, **_: Any) -> None:
    """Ask for alerts to be tied to these APIs and their endpoints."""
    ask_for_rows(kind="incidents.tie", name="apis", ids=result.api_ids, now=timezone.now())


@receiver(log_recorded)
def look_through_log(*, result: LogTaken, **_: Any) -> None:
    """Ask for the detections to look through a log."""
    arguments = {"blob": result.blob_id, "name": result.name, "api": result.api_id}
    title = f"Look for attacks in {result.name}"
    enqueue(
        kind="incidents.look", arguments=arguments, principal=result.principal, now=timezone.now(), title=title,
        key=f"incidents.look {result.blob_id}",
    )  # fmt: skip
