"""What the roof does when a floor has news: it asks for scores, in the transaction of the news."""

from typing import Any

from django.dispatch import receiver
from django.utils import timezone

from findings.signals import checks_judged, decisions_recorded, findings_ingested
from incidents.signals import alerts_recorded, incident_changed
from inventory.signals import ApisChanged, endpoints_recorded, facts_recorded, team_changed
from posture.services.asking import ask_for_scores


@receiver(
    [
        endpoints_recorded, facts_recorded, team_changed, findings_ingested, checks_judged, decisions_recorded,
        alerts_recorded, incident_changed,
    ]
)  # fmt: skip
def ask_for_scores_of_changed_apis(*, result: ApisChanged, **_: Any) -> None:
    """Ask for the scores of the APIs the news is about."""
    ask_for_scores(api_ids=result.api_ids, cause=result.cause, now=timezone.now())
