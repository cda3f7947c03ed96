"""What the register of decisions can be narrowed to."""

from collections.abc import Sequence
from datetime import MAXYEAR, UTC, date, datetime, timedelta
from typing import Final

from django.db.models import Exists, OuterRef, Q
from django.http import QueryDict

from findings.models import Decision, DecisionQuerySet
from findings.status import DecisionKind
from inventory.access.filters import ListFilter
from inventory.models import ApiTeam
from posture.filters import NO_TEAM

REGISTERED: Final = (
    DecisionKind.ACCEPTED,
    DecisionKind.FALSE_POSITIVE,
    DecisionKind.DUPLICATE,
    DecisionKind.RESOLVED,
    DecisionKind.ASKED,
    DecisionKind.REFUSED,
)
HOLDS, WAITS, ENDED, UNDONE, ANY = "holds", "waits", "ended", "undone", "any"
STATES: Final = {WAITS: "Waits for an answer", ENDED: "Ended", UNDONE: "Taken back", ANY: "Any"}
"""How a decision stands; without a state those that hold."""
WIDTHS: Final = {"finding": "One finding", "class": "A class on an API", "rule": "A rule everywhere"}
SOON: Final = timedelta(days=30)


class RegisterFilter(ListFilter):
    """Which decisions to list: those that hold, unless another state is asked for."""

    def __init__(self, asked: QueryDict, *, teams: Sequence[tuple[str, str]], now: datetime) -> None:
        """Offer these teams, as (slug, name)."""
        super().__init__(asked)
        self._now = now
        self.offer("state", "State", list(STATES.items()), else_="Holds")
        self.offer("kind", "Decision", [(kind.value, kind.label) for kind in REGISTERED])
        self.offer("width", "About", list(WIDTHS.items()))
        self.offer("ends", "Ends", [("soon", "Within 30 days"), ("never", "Never")])
        self.offer("team", "Team", [*teams, (NO_TEAM, "No team")])
        self.pin("month", "Ends in")
        self.full_clean()

    def apply(self, decisions: DecisionQuerySet) -> DecisionQuerySet:
        """Return the decisions that match."""
        found = self._of_state(decisions.filter(kind__in=[kind.value for kind in REGISTERED]))
        if kind := self.value("kind"):
            found = found.filter(kind=kind)
        if width := self.value("width"):
            found = found.filter(
                {"finding": Q(finding__isnull=False), "class": Q(api__isnull=False), "rule": ~Q(rule="")}[width]
            )
        if team := self.value("team"):
            held = ApiTeam.objects.filter(until=None).filter(Q(api=OuterRef("finding__api")) | Q(api=OuterRef("api")))
            found = found.filter(~Exists(held) if team == NO_TEAM else Exists(held.filter(team__slug=team)))
        if text := self.value("q"):
            found = found.filter(
                Q(reason__icontains=text) | Q(finding__code__iexact=text) | Q(finding__title__icontains=text)
                | Q(weakness_class__icontains=text) | Q(by__name__icontains=text)
            )  # fmt: skip
        return self._ends(found)

    def _of_state(self, found: DecisionQuerySet) -> DecisionQuerySet:
        state, over = self.value("state"), Q(until__lte=self._now)
        undone = Exists(Decision.objects.filter(about=OuterRef("pk"), kind=DecisionKind.UNDONE))
        if state == ANY:
            return found
        if state == UNDONE:
            return found.filter(undone)
        if state == WAITS:
            return found.waiting(now=self._now)
        found = found.filter(~undone).exclude(kind__in=(DecisionKind.ASKED, DecisionKind.REFUSED))
        return found.filter(over) if state == ENDED else found.exclude(over)

    def _ends(self, found: DecisionQuerySet) -> DecisionQuerySet:
        ends = self.value("ends")
        if ends == "soon":
            found = found.filter(until__gt=self._now, until__lte=self._now + SOON)
        if ends == "never":
            found = found.filter(until=None)
        begin = month_of(self.value("month"))
        if begin is not None:
            found = found.filter(until__gte=begin, until__lt=next_month(begin))
        return found


def month_of(text: str) -> datetime | None:
    """Return when a month such as 2026-12 begins, in UTC; None for what is none, and for the last there is."""
    try:
        begin = datetime.combine(date.fromisoformat(f"{text}-01"), datetime.min.time(), tzinfo=UTC)
    except ValueError:
        return None
    return begin if begin.year < MAXYEAR else None


def next_month(begin: datetime) -> datetime:
    """Return when the month after ends where this begins."""
    return (begin + timedelta(days=32)).replace(day=1)
