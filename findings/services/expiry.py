"""Decisions that end by the clock."""

from datetime import datetime

from django.db import transaction
from django.db.models.expressions import RawSQL

from findings.models import Decision, Finding
from findings.services.due import stamp_touched
from findings.services.statuses import derive_statuses, touch
from findings.signals import decisions_recorded
from inventory.signals import ApisChanged


@transaction.atomic
def end_decisions(*, now: datetime) -> int:
    """Give findings whose acceptance is over the status they have without it; return how many."""
    touch("SELECT id FROM findings_finding WHERE status_until <= %s", [now])
    changed = derive_statuses(now=now).changed
    stamp_touched(now=now)
    concerned = Finding.objects.filter(pk__in=RawSQL("SELECT finding_id FROM touched", [])).exclude(api=None)
    api_ids = tuple(sorted(set(concerned.values_list("api_id", flat=True))))
    if changed and api_ids:
        decisions_recorded.send(Decision, result=ApisChanged(api_ids=api_ids, cause="an acceptance ended"))
    return changed
