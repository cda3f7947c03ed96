"""Legal clocks: which law, from when, how long, and how much is left. Pure.

Hours of the law run through nights, holidays and changes to summer time alike, so moments are added up in UTC.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from incidents.choices import ClockState

VERSION: Final = "2026-11"
"""Of the table below; a clock keeps the version it was started under."""
LATE_SHARE: Final = 0.75
"""The share of the time used from which a clock is urgent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One duty to notify: `moment` says in words what starts the clock."""

    code: str
    name: str
    law: str
    to: str
    applies: str
    moment: str
    time: timedelta


RULES: Final = {
    rule.code: rule
    for rule in (
        Rule(
            code="gdpr-33", name="GDPR, authority", law="GDPR Art. 33(1)", to="the lead supervisory authority",
            applies="Personal data of people in the EU, unless a risk to them is unlikely",
            moment="became aware of the breach", time=timedelta(hours=72),
        ),
        Rule(
            code="nydfs-72", name="NYDFS, superintendent", law="23 NYCRR 500.17(a)", to="the superintendent",
            applies="A covered entity, its affiliates and suppliers included",
            moment="determined that a cybersecurity incident occurred", time=timedelta(hours=72),
        ),
    )
}  # fmt: skip


def due_of(rule: Rule, aware_at: datetime) -> datetime:
    """Return until when to notify."""
    return aware_at.astimezone(UTC) + rule.time


def used(aware_at: datetime, due: datetime, now: datetime) -> float:
    """Return the share of the time that is used, from 0 to 1."""
    return min(max((now - aware_at) / (due - aware_at), 0.0), 1.0)


def look(state: ClockState, *, aware_at: datetime, due_at: datetime, now: datetime) -> str:
    """Return how a clock looks: `overdue`, `soon`, `ok`, or `done` when it stopped."""
    if state != ClockState.RUNNING:
        return "done"
    if now >= due_at:
        return "overdue"
    return "soon" if used(aware_at, due_at, now) >= LATE_SHARE else "ok"


def not_a_start(aware_at: datetime, now: datetime) -> str:
    """Return why a clock cannot start at this moment, empty when it can."""
    if aware_at > now:
        return "That moment is still to come; a clock starts when you became aware."
    if now - aware_at > timedelta(days=366):
        return "That moment is more than a year ago; look at the date again."
    return ""


def not_a_stop(
    to: ClockState, *, filed_at: datetime | None, due: datetime, reference: str, reason: str, now: datetime
) -> str:
    """Return what is missing to stop a clock, empty when nothing is."""
    if to == ClockState.NOT_REQUIRED:
        return "" if reason.strip() else "Say why nothing has to be filed: an authority may ask."
    if filed_at is None or filed_at > now:
        return "Say when it was filed: a moment that has passed."
    if not reference.strip():
        return "Say what was filed: the reference or receipt of the authority, or where the copy lies."
    if filed_at > due and not reason.strip():
        return "It was filed late; the law wants the reason for that."
    return ""
