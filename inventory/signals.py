"""Upward news of the ground floor. Sent inside the transaction with a frozen result; a receiver inserts a job row."""

from dataclasses import dataclass

from django.dispatch import Signal

from inventory.access.records import Principal


@dataclass(frozen=True, slots=True, kw_only=True)
class ApisChanged:
    """Which APIs, by id, and why, as a sentence fragment such as `specification 2.1 read`."""

    api_ids: tuple[int, ...]
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LogTaken:
    """A log that was read: its sealed bytes, by id, which are about to be let go; who brought it, and what was said."""

    blob_id: str
    name: str
    api_id: int | None
    principal: Principal


endpoints_recorded = Signal()
"""Endpoints of APIs were written. Argument `result`: ApisChanged."""

facts_recorded = Signal()
"""Facts of APIs changed a shown value. Argument `result`: ApisChanged."""

team_changed = Signal()
"""An API came to another team. Argument `result`: ApisChanged."""

log_recorded = Signal()
"""A log of a gateway was read and counted. Argument `result`: LogTaken."""
