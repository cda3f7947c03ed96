"""What the findings do when the ground floor has news: each inserts a job row, in the transaction of the news."""

from typing import Any

from django.dispatch import receiver
from django.utils import timezone

from findings.services.asking import ask_for_checks
from findings.services.due import ask_to_follow
from findings.signals import checks_judged, findings_ingested
from inventory.jobs.services.gathering import ask_for_rows
from inventory.signals import ApisChanged, endpoints_recorded, facts_recorded, team_changed


@receiver([endpoints_recorded, findings_ingested])
def tie_findings_to_endpoints(*, result: ApisChanged, **_: Any) -> None:
    """Ask for the findings of these APIs to be tied to their endpoints."""
    ask_for_rows(kind="findings.link", name="apis", ids=result.api_ids, now=timezone.now())


@receiver([findings_ingested, checks_judged, facts_recorded])
def follow_with_due_dates(*, result: ApisChanged, **_: Any) -> None:
    """Ask for the due dates and retests of these APIs to follow."""
    ask_to_follow(api_ids=result.api_ids, now=timezone.now())


@receiver([endpoints_recorded, facts_recorded, team_changed, findings_ingested])
def run_the_checks(*, result: ApisChanged, **_: Any) -> None:
    """Ask for the checks of these APIs: what they judge changed."""
    ask_for_checks(api_ids=result.api_ids, now=timezone.now())
