"""What somebody did last and may take back: kept with their session, for the toast and for z."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.utils.dateparse import parse_datetime

from inventory.access.http import Request

KEY: Final = "undo"
FRESH: Final = "done"
"""What the address of such a page says."""
LASTS: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """One act: in words, the decisions it wrote, and for assignments who worked on what before (code, e-mail address).

    `finding` is the one it was about, where it was one; `kind` and `reason` are what was decided.
    """

    label: str
    decisions: tuple[int, ...] = ()
    assigned: tuple[tuple[str, str], ...] = ()
    finding: str = ""
    kind: str = ""
    reason: str = ""
    fresh: bool = field(default=False, compare=False)


def remember(request: Request, done: Done, *, now: datetime) -> None:
    """Keep what was done; what was kept before is not to be taken back any more."""
    request.session[KEY] = {
        "label": done.label, "decisions": list(done.decisions), "assigned": [list(pair) for pair in done.assigned],
        "finding": done.finding, "kind": done.kind, "reason": done.reason, "at": now.isoformat(),
    }  # fmt: skip


def remembered(request: Request, *, now: datetime) -> Done | None:
    """Return what may be taken back; `fresh` on the page one came to by doing it."""
    kept: dict[str, Any] | None = request.session.get(KEY)
    at = parse_datetime(kept["at"]) if kept else None
    if kept is None or at is None or now - at > LASTS:
        return None
    return Done(
        label=kept["label"], decisions=tuple(kept["decisions"]), assigned=_pairs(kept["assigned"]),
        finding=kept["finding"], kind=kept["kind"], reason=kept["reason"], fresh=FRESH in request.GET,
    )  # fmt: skip


def forget(request: Request) -> None:
    """Drop what was kept."""
    request.session.pop(KEY, None)


def _pairs(kept: Sequence[Sequence[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((code, email) for code, email in kept)
