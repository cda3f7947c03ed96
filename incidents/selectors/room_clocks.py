"""The legal clocks of an incident as its page shows them, those that are off included."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from incidents.choices import ClockState
from incidents.selectors.alert_list import span
from incidents.transitions.clocks import RULES, Rule, look, used


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockCard:
    """One clock. `look` is off, ok, soon, overdue or done; `percent` is the share of the time used."""

    rule: Rule
    look: str
    words: str
    percent: int = 0
    version: int = 0
    aware_at: datetime | None = None
    due_at: datetime | None = None
    filed_at: datetime | None = None
    reference: str = ""
    reason: str = ""
    who: str = ""
    late: bool = False


def clock_cards(clocks: Iterable[Mapping[str, Any]], *, now: datetime) -> tuple[ClockCard, ...]:
    """Return a card for each law, in the order of the table; `clocks` as `room_parts` tells them."""
    held = {clock["rule"]: clock for clock in clocks}
    return tuple(
        _card(held[code], rule, now) if code in held else ClockCard(rule=rule, look="off", words="Off")
        for code, rule in RULES.items()
    )


def _card(told: Mapping[str, Any], rule: Rule, now: datetime) -> ClockCard:
    state, due_at, filed_at = ClockState(told["state"]), told["due_at"], told["filed_at"]
    left = (due_at - now).total_seconds()
    running = span(left) if left > 0 else f"{span(-left)} over"
    words = {ClockState.RUNNING: running, ClockState.FILED: "Filed", ClockState.NOT_REQUIRED: "Not required"}[state]
    return ClockCard(
        rule=rule,
        look=look(state, due_at=due_at, aware_at=told["aware_at"], now=now),
        words=words,
        percent=100 if state != ClockState.RUNNING else round(100 * used(told["aware_at"], due_at, now)),
        version=told["version"],
        aware_at=told["aware_at"],
        due_at=due_at,
        filed_at=filed_at,
        reference=told["reference"],
        reason=told["reason"],
        who=told["stopper"] or told["starter"],
        late=filed_at is not None and filed_at > due_at,
    )
