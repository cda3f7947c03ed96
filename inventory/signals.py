"""Upward news of the ground floor. Sent inside the transaction with a frozen result; a receiver inserts a job row."""

from dataclasses import dataclass

from django.dispatch import Signal


@dataclass(frozen=True, slots=True, kw_only=True)
class ApisChanged:
    """Which APIs, by id, and why, as a sentence fragment such as `specification 2.1 read`."""

    api_ids: tuple[int, ...]
    cause: str


endpoints_recorded = Signal()
"""Endpoints of APIs were written. Argument `result`: ApisChanged."""

facts_recorded = Signal()
"""Facts of APIs changed a shown value. Argument `result`: ApisChanged."""

team_changed = Signal()
"""An API came to another team. Argument `result`: ApisChanged."""
