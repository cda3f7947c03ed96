"""Upward news of the findings. Sent inside the transaction with a frozen result; a receiver inserts a job row."""

from django.dispatch import Signal

findings_ingested = Signal()
"""A report was folded. Argument `result`: inventory.signals.ApisChanged."""

checks_judged = Signal()
"""Results of our own checks changed. Argument `result`: inventory.signals.ApisChanged."""

decisions_recorded = Signal()
"""People decided on findings. Argument `result`: inventory.signals.ApisChanged."""
