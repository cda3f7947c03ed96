"""What the list of alerts can be narrowed to."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import QueryDict

from findings.status import SeverityRank
from incidents.choices import CATEGORIES, CATEGORY_NAMES, OTHER, Level, Outcome, Seat, Stage, State
from incidents.models import EpisodeQuerySet, IncidentQuerySet, Link, Participant
from inventory.access.filters import ListFilter
from inventory.models import ApiTeam

ANY: Final = "any"
NO_TEAM: Final = "none"
NONE_YET: Final = "no"
MINE: Final = "me"
WEEK: Final = "week"
ASKING: Final = (State.NEW, State.ACKNOWLEDGED)
"""The states that wait for somebody."""


class AlertFilter(ListFilter):
    """Which alerts to list: those that wait for somebody, unless another state is asked for."""

    def __init__(
        self,
        asked: QueryDict,
        *,
        sources: Sequence[str],
        teams: Sequence[tuple[str, str]],
        me: int | None,
        now: datetime,
    ) -> None:
        """Offer these sources, these teams as (slug, name), and what is assigned to the person who asks."""
        super().__init__(asked)
        self._me, self._now = me, now
        states = [(state.value, state.value.capitalize()) for state in State]
        ranks = [(rank.name.lower(), rank.label) for rank in reversed(SeverityRank)]
        self.offer("state", "State", [*states, (ANY, "Any")], else_="New or acknowledged")
        self.offer("severity", "Severity", ranks)
        self.offer("outcome", "Outcome", [(word.value, word.value.capitalize()) for word in Outcome])
        self.offer("category", "Category", [(word, f"{word} {CATEGORY_NAMES[word]}".removeprefix("other "))
                                            for word in (*CATEGORIES, OTHER)])  # fmt: skip
        self.offer("source", "Source", [(source, source) for source in sources])
        self.offer("team", "Team", [*teams, (NO_TEAM, "No team")])
        self.offer("assignee", "Assigned to", [(MINE, "Me"), (NO_TEAM, "Nobody")])
        self.offer("attack", "Attack", [(WEEK, "In 7 days, without what was harmless")])
        self.offer("mapped", "API", [(NONE_YET, "None yet")])
        self.pin("api", "API")
        self.pin("actor", "Actor")
        self.full_clean()

    @property
    def noun(self) -> str:
        """What the listed are called."""
        return "alert" if self.value("state") else "open alert"

    def apply(self, episodes: EpisodeQuerySet) -> EpisodeQuerySet:
        """Return the alerts that match."""
        state = self.value("state")
        if state != ANY:
            wanted = (State(state),) if state else ASKING
            episodes = episodes.filter(state__in=[word.value for word in wanted])
        if severity := self.value("severity"):
            episodes = episodes.filter(severity=SeverityRank[severity.upper()])
        if self.value("attack"):
            episodes = episodes.attacking(since=self._now - timedelta(days=7))
        if category := self.value("category"):
            episodes = episodes.filter(category="" if category == OTHER else category)
        for name, column in (("outcome", "outcome"), ("source", "source_kind"), ("actor", "actor")):
            if value := self.value(name):
                episodes = episodes.filter(**{column: value})
        return self._of_people(episodes).filter(self._search())

    def _of_people(self, episodes: EpisodeQuerySet) -> EpisodeQuerySet:
        if team := self.value("team"):
            held = ApiTeam.objects.filter(api=OuterRef("api"), until=None)
            own = Exists(held) if team == NO_TEAM else Exists(held.filter(team__slug=team))
            episodes = episodes.filter(~own if team == NO_TEAM else own | Q(api=None, team__slug=team))
        if assignee := self.value("assignee"):
            episodes = episodes.filter(assignee=self._me if assignee == MINE else None)
        if self.value("mapped"):
            episodes = episodes.filter(api=None)
        if api := self.value("api"):
            episodes = episodes.filter(api__code=api.upper())
        return episodes

    def _search(self) -> Q:
        text = self.value("q")
        if not text:
            return Q()
        parts = ("title__icontains", "code__iexact", "rule__icontains", "path__icontains", "actor__icontains",
                 "api__name__icontains")  # fmt: skip
        found = Q()
        for part in parts:
            found |= Q(**{part: text})
        return found


class IncidentFilter(ListFilter):
    """Which incidents to list: those that are not over, unless asked otherwise."""

    def __init__(self, asked: QueryDict, *, me: int | None) -> None:
        """Offer what somebody is in, and what they command."""
        super().__init__(asked)
        self._me = me
        self.offer("stage", "Stage", [*((stage.value, stage.label) for stage in Stage), (ANY, "Any")], else_="Not over")
        self.offer("severity", "Severity", [(level.value, level.value) for level in Level])
        self.offer("mine", "In the room", [("me", "Me"), ("command", "Me, as commander")])
        self.pin("api", "API")
        self.full_clean()

    @property
    def noun(self) -> str:
        """What the listed are called."""
        return "incident" if self.value("stage") else "open incident"

    def apply(self, incidents: IncidentQuerySet) -> IncidentQuerySet:
        """Return the incidents that match."""
        stage = self.value("stage")
        if stage != ANY:
            incidents = incidents.filter(stage=stage) if stage else incidents.filter(ended_at=None)
        if severity := self.value("severity"):
            incidents = incidents.filter(level=severity)
        if mine := self.value("mine"):
            within = Participant.objects.filter(incident=OuterRef("pk"), until=None, user=self._me)
            incidents = incidents.filter(
                Exists(within.filter(seat=Seat.COMMANDER.value) if mine == "command" else within)
            )
        if api := self.value("api"):
            links = Link.objects.filter(incident=OuterRef("pk"), removed_at=None, api__code=api.upper())
            incidents = incidents.filter(Exists(links))
        if text := self.value("q"):
            incidents = incidents.filter(Q(title__icontains=text) | Q(code__iexact=text) | Q(summary__icontains=text))
        return incidents


class CaseFilter(ListFilter):
    """Which cases to list: those under attack, unless asked for all."""

    def __init__(self, asked: QueryDict) -> None:
        """Offer those that nobody attacks too."""
        super().__init__(asked)
        self.offer("attack", "Attack", [(ANY, "Any or none"), ("passed", "Let through or succeeded")], else_="Any")
        self.offer("severity", "Severity", [(rank.name.lower(), rank.label) for rank in reversed(SeverityRank)])
        self.pin("api", "API")
        self.full_clean()

    def apply(self, cases: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
        """Return the cases that match, of those that `selectors.cases` annotated."""
        attack = self.value("attack")
        if attack != ANY:
            cases = cases.filter(has_attack=True)
        if attack == "passed":
            cases = cases.filter(worst__gte=3)
        if severity := self.value("severity"):
            cases = cases.filter(rank=SeverityRank[severity.upper()])
        if api := self.value("api"):
            cases = cases.filter(api__code=api.upper())
        if text := self.value("q"):
            cases = cases.filter(Q(path__icontains=text) | Q(api__name__icontains=text))
        return cases
