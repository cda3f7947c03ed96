"""What doing one thing with several alerts at once would change."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.db.models import Max

from findings.status import SeverityRank
from incidents.choices import Act, State
from incidents.filters import AlertFilter
from incidents.models import Episode, TriageStep
from incidents.selectors.alert_list import place_of
from incidents.selectors.alert_page import triagers
from incidents.selectors.holding import teams_of
from inventory.access.records import Principal
from inventory.access.rights import Verb, may

MOST: Final = 500
"""Alerts that one act takes."""
SHOWN: Final = 25
DONE_ALREADY: Final[Mapping[str, frozenset[State]]] = {
    Act.ACKNOWLEDGED: frozenset({State.ACKNOWLEDGED, State.CLOSED}),
    Act.SNOOZED: frozenset({State.CLOSED}),
    Act.CLOSED: frozenset({State.CLOSED}),
}
"""Where an alert stands with which an act makes no sense any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One alert as it stands."""

    code: str
    severity: str
    title: str
    place: str
    api: str
    actor: str
    stands: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """The alerts an act is about, those left out, whom it may name, and what is sent back to notice others' acts."""

    episodes: tuple[Episode, ...]
    items: tuple[Item, ...]
    left_out: int
    seen: int
    people: tuple[tuple[str, str], ...]

    @property
    def shown(self) -> tuple[Item, ...]:
        """The rows that are told one by one."""
        return self.items[:SHOWN]

    @property
    def more(self) -> int:
        """How many are not."""
        return max(len(self.items) - SHOWN, 0)

    @property
    def by_severity(self) -> dict[str, int]:
        """How many of each severity, the worst first."""
        counted = Counter(item.severity for item in self.items)
        return {rank.name.lower(): counted[rank.name.lower()] for rank in reversed(SeverityRank)}

    @property
    def clients(self) -> int:
        """Of how many clients they are."""
        return len({item.actor for item in self.items})

    @property
    def is_full(self) -> bool:
        """Whether there may be more than one act takes."""
        return len(self.items) + self.left_out >= MOST


def alerts_together(*, principal: Principal, codes: Sequence[str], narrowed: AlertFilter | None, act: str) -> Together:
    """Return what an act would be about: alerts that are named, or the newest of a list; five queries at most.

    Those the principal may not triage, and those with which it makes no sense any more, are left out.
    """
    found = Episode.objects.visible_to(principal).live()
    found = found.filter(code__in=codes) if codes else narrowed.apply(found) if narrowed else found.none()
    rows = list(found.select_related("api", "endpoint", "assignee").defer("samples").order_by("-last_at", "-pk")[:MOST])
    whose = teams_of(rows)
    left = [
        row for row in rows
        if may(principal, Verb.TRIAGE_ALERTS, team_id=whose[row.pk])
        and State(row.state) not in DONE_ALREADY.get(act, frozenset())
    ]  # fmt: skip
    own = {whose[row.pk] for row in left}
    newest = TriageStep.objects.filter(episode__in=[row.pk for row in left]).aggregate(newest=Max("pk"))["newest"]
    return Together(
        episodes=tuple(left),
        items=tuple(map(_item, left)),
        left_out=len(rows) - len(left),
        seen=newest or 0,
        people=tuple(triagers(principal=principal, team_id=own.pop() if len(own) == 1 else None)),
    )


def _item(row: Episode) -> Item:
    return Item(
        code=row.code, severity=SeverityRank(row.severity).name.lower(), title=row.title, place=place_of(row),
        api=row.api.name if row.api else "", actor=row.actor,
        stands=row.state.capitalize() + (f", {row.assignee}" if row.assignee else ""),
    )  # fmt: skip
