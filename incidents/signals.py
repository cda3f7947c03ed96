"""Upward news of the incidents. Sent inside the transaction with a frozen result; a receiver inserts a job row."""

from django.dispatch import Signal

alerts_recorded = Signal()
"""Alerts were recorded, or people said what they are. Argument `result`: inventory.signals.ApisChanged."""

incident_changed = Signal()
"""An incident began to count or ceased to, or by another severity. Argument `result`: inventory.signals.ApisChanged."""
