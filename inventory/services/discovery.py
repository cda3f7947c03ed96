"""The policy of discovery: after how many observed days without a call an endpoint is an orphan or unused."""

from datetime import datetime

from django.db import transaction

from inventory.access.records import Principal
from inventory.access.rights import Verb, require
from inventory.access.services.trail import record_change
from inventory.discovery import LEAST_DAYS, MOST_DAYS
from inventory.errors import InventoryRefused
from inventory.models import DiscoveryPolicy
from inventory.models.traffic import discovery_days


@transaction.atomic
def set_discovery_days(*, days: int, principal: Principal, now: datetime) -> bool:
    """Set the days and return whether that changed anything; states follow at once, for nothing of them is stored.

    Raises AccessRefused without the right to change policies, InventoryRefused for a number out of range.
    """
    require(principal, Verb.SET_POLICY, team_id=None)
    if not LEAST_DAYS <= days <= MOST_DAYS:
        msg = f"The threshold is {LEAST_DAYS} to {MOST_DAYS} observed days."
        raise InventoryRefused(msg)
    DiscoveryPolicy.objects.get_or_create(only=True)
    DiscoveryPolicy.objects.select_for_update().get()
    held = discovery_days()
    if held == days:
        return False
    DiscoveryPolicy.objects.update(days=days)
    record_change(
        principal=principal, kind="policy", code="discovery", verb="set days", old=held, new=days, now=now,
        source="person",
    )  # fmt: skip
    return True
