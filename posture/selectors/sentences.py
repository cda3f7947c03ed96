"""A change of the trail as a sentence, for people: it follows the name of who did it."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from findings.status import DecisionKind
from inventory.access.models import StateChange
from inventory.access.trail import plain

MARKS: Final = (
    DecisionKind.TRIAGED,
    DecisionKind.IN_PROGRESS,
    DecisionKind.RESOLVED,
    DecisionKind.FALSE_POSITIVE,
    DecisionKind.DUPLICATE,
)
PART: Final = re.compile(r"(?P<number>[\d,]+) (?P<what>.+)")


def sentence(change: StateChange) -> str:
    """Return what was done, without who did it: “added the API Orders”, “set reach from unknown to public”."""
    said = SAID.get((change.kind, change.verb))
    if said:
        return said(change)
    about = "" if change.kind == "api" else f" {change.kind} {change.code}"
    old, new = plain(change.old), plain(change.new)
    if isinstance(change.old, dict) or isinstance(change.new, dict):
        told = f"from {old} to {new}" if old and new else new
        return f"{change.verb}{about}: {told}" if told else f"{change.verb}{about}"
    if old and new:
        return f"{change.verb}{about} from {old} to {new}"
    return f"{change.verb}{about} to {new}" if new else f"{change.verb}{about}"


def counted(told: str) -> str:
    """Return counts of the trail (“6 new, 0 closed”) with what they count and without what is none."""
    parts = [found for part in told.split(", ") if (found := PART.fullmatch(part)) and found["number"] != "0"]
    if not parts and PART.match(told):
        return "nothing new"
    return ", ".join(_part(found["number"], found["what"]) for found in parts) or told


def _part(number: str, what: str) -> str:
    if what in {"new", "closed", "reopened", "changed"}:
        return f"{number} {what} finding{'' if number == '1' else 's'}"
    if re.fullmatch(r"alerts new in \d+ episodes", what):
        return f"{number} new alert{'' if number == '1' else 's'}"
    if what == "known":
        return f"{number} known before"
    return f"{number} {what}"


def _with_counts(words: str) -> Callable[[StateChange], str]:
    return lambda change: f"{words} {change.code}: {counted(plain(change.new))}"


def _specification(change: StateChange) -> str:
    old, new = plain(change.old), plain(change.new)
    if old and new and old != new:
        return f"brought in the specification of version {new}; it was {old}"
    return f"brought in the specification{f' of version {new}' if new else ''}"


def _marked(label: str) -> Callable[[StateChange], str]:
    return lambda change: f"marked finding {change.code} as {label.lower()}"


def _until(words: str) -> Callable[[StateChange], str]:
    def said(change: StateChange) -> str:
        held = change.new.get("until") if isinstance(change.new, Mapping) else change.new
        return words.format(change.code) + _day(held)

    return said


def _day(value: Any) -> str:
    until = value if isinstance(value, datetime) else parse_datetime(value) if isinstance(value, str) else None
    return f" until {timezone.localtime(until):%-d %b %Y}" if until else ""


SAID: Final[dict[tuple[str, str], Callable[[StateChange], str]]] = {
    ("api", "created"): lambda change: f"added the API {plain(change.new)}",
    ("api", "read specification"): _specification,
    ("report", "folded"): _with_counts("brought in report"),
    ("report", "mapped"): _with_counts("mapped report"),
    ("log", "read"): _with_counts("brought in access log"),
    ("mapping rule", "created"): lambda change: f"made mapping rule {change.code}: {plain(change.new)}",
    ("mapping rule", "ended"): lambda change: f"ended mapping rule {change.code}",
    ("finding", "noted"): lambda change: f"wrote a note on finding {change.code}",
    ("alert", "noted"): lambda change: f"wrote a note on alert {change.code}",
    ("alert", "snoozed"): _until("put alert {} off"),
    **{("finding", kind.value): _marked(str(kind.label)) for kind in MARKS},
    ("finding", "asked"): _until("asked to accept the risk of finding {}"),
    ("finding", "accepted"): _until("accepted the risk of finding {}"),
    ("finding", "refused"): lambda change: f"refused to accept the risk of finding {change.code}",
    ("finding", "undone"): lambda change: f"took back what was decided about finding {change.code}",
}
