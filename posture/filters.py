"""What lists can be narrowed to. A filter is one form: the page shows it, and the same object narrows the rows."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, TypeVar

from django import forms
from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.http import QueryDict
from typing_extensions import override

from findings.models import CheckResultQuerySet, Finding, Scan, Tally, TallyQuerySet, with_words
from findings.status import OPEN, SeverityRank, Status
from inventory.access.filters import ListFilter
from inventory.checks.base import checks
from inventory.choices import Authentication, Criticality, Discovery, Environment, Reach, Sensitivity, Stage
from inventory.models import Api, ApiTeam, Endpoint, EndpointQuerySet, Specification
from inventory.models.traffic import Observation, in_state
from posture.choices import Band, ComplianceState, NoticeKind
from posture.models import Compliance, NoticeQuerySet
from posture.records import REQUIREMENTS

Row = TypeVar("Row", bound=Model)

LATELY: Final = timedelta(days=30)
UNSCORED = "unscored"
NO_TEAM = "none"
ANY_STATUS = "any"
TELLING = (Discovery.SHADOW, Discovery.ZOMBIE, Discovery.ORPHAN, Discovery.UNUSED)
PLAIN = ("reach", "environment", "sensitivity", "criticality")
"""Fields of an API that are filtered by as they are."""
TALLIED = ("severity", "status", "source", "team", "mapped", "api")
"""Fields of a finding that the kept sums tell apart."""


LACKS: Final = {
    "owner": "An owner",
    "specification": "A current specification",
    "scan": f"A scan in {LATELY.days} days",
    "traffic": "Calls in any log",
}
"""What is looked for to see how far the numbers can be trusted."""


def having(what: str, now: datetime | None) -> Q:
    """Return the condition that an API has one of `LACKS`."""
    if what == "owner":
        return Q(owner__isnull=False)
    if what == "specification":
        return Q(Exists(Specification.objects.filter(api=OuterRef("pk"), current=True)))
    if what == "traffic":
        return Q(Exists(Observation.objects.filter(api=OuterRef("pk"))))
    scans = Scan.objects.filter(series__api=OuterRef("pk"))
    return Q(Exists(scans.filter(scanned_at__gt=now - LATELY) if now else scans))


class CountedFilter(ListFilter):
    """A filter whose menu says how many rows each choice would leave."""

    def choices_of(self, name: str) -> tuple[str, ...]:
        """Return what a field may narrow to."""
        return tuple(self._words[name])

    def show_counts(self, counts: Mapping[str, Mapping[str, int]]) -> None:
        """Write the number behind each choice of the fields that are counted; what has none is left as it is."""
        for name, numbers in counts.items():
            field = self.fields[name]
            if isinstance(field, forms.ChoiceField):
                told = [
                    (value, f"{word} ({numbers[str(value)]:,})" if str(value) in numbers else word)
                    for value, word in self._words[name].items()
                ]
                field.choices = [next(iter(field.widget.choices)), *told]


class ApiFilter(CountedFilter):
    """Which APIs to list."""

    def __init__(self, asked: QueryDict, *, teams: Sequence[tuple[str, str]], now: datetime | None = None) -> None:
        """Offer these teams, as (slug, name); `now` says what was tested lately."""
        super().__init__(asked)
        self.now = now
        self.offer("team", "Team", [*teams, (NO_TEAM, "No team")])
        self.offer("reach", "Reach", Reach.choices)
        self.offer("environment", "Environment", Environment.choices)
        self.offer("sensitivity", "Data", Sensitivity.choices)
        self.offer("criticality", "Criticality", Criticality.choices)
        self.offer("stage", "Life cycle", Stage.choices, else_="Not retired")
        self.offer("endpoints", "An endpoint", [(state.value, state.label) for state in TELLING])
        self.offer(
            "band", "Risk", [*((band.value, band.value.capitalize()) for band in Band), (UNSCORED, "Not scored")]
        )
        self.offer("lacks", "Lacks", list(LACKS.items()))
        self.full_clean()

    def apply(self, apis: QuerySet[Api], *, but: Collection[str] = ()) -> QuerySet[Api]:
        """Return the APIs that match, in all fields `but` some; retired ones only when asked for."""
        asked = {name: "" if name in but else self.value(name) for name in self.fields}
        if asked["stage"]:
            apis = apis.filter(stage=asked["stage"])
        elif "stage" not in but:
            apis = apis.exclude(stage=Stage.RETIRED)
        apis = apis.filter(**{name: asked[name] for name in PLAIN if asked[name]})
        if team := asked["team"]:
            held = ApiTeam.objects.filter(api=OuterRef("pk"), until=None)
            apis = apis.filter(~Exists(held) if team == NO_TEAM else Exists(held.filter(team__slug=team)))
        if state := asked["endpoints"]:
            apis = apis.filter(Exists(in_state(Endpoint.objects.filter(api=OuterRef("pk")).known(), Discovery(state))))
        if band := asked["band"]:
            apis = apis.filter(current_score=None) if band == UNSCORED else apis.filter(current_score__band=band)
        if lacks := asked["lacks"]:
            apis = apis.filter(~having(lacks, self.now))
        return self.with_text(apis) if asked["q"] else apis

    def with_text(self, apis: QuerySet[Api]) -> QuerySet[Api]:
        """Return the APIs that have the text asked for in name, owner, team or path, or as their code."""
        text = self.value("q")
        held = ApiTeam.objects.filter(api=OuterRef("pk"), until=None, team__name__icontains=text)
        paths = Endpoint.objects.filter(api=OuterRef("pk"), removed_at=None, path__icontains=text)
        named = Q(name__icontains=text) | Q(code__iexact=text) | Q(owner__name__icontains=text)
        return apis.filter(named | Exists(held) | Exists(paths)) if text else apis


class EndpointFilter(ListFilter):
    """Which endpoints of an API to list."""

    def __init__(self, asked: QueryDict) -> None:
        super().__init__(asked)
        self.offer("authentication", "Authentication", Authentication.choices)
        self.offer("deprecated", "Deprecated", [("yes", "Yes"), ("no", "No")])
        self.offer("removed", "In the specification", [("yes", "No longer")], else_="Still")
        self.offer("state", "State", Discovery.choices)
        self.full_clean()

    def apply(self, endpoints: EndpointQuerySet) -> EndpointQuerySet:
        """Return the endpoints that match; those the specification dropped only when they or a state is asked for."""
        endpoints = endpoints.known()
        if state := self.value("state"):
            endpoints = in_state(endpoints, Discovery(state))
        if self.value("removed") == "yes" or not state:
            endpoints = endpoints.filter(removed_at__isnull=self.value("removed") != "yes")
        if authentication := self.value("authentication"):
            endpoints = endpoints.filter(authentication=authentication)
        if deprecated := self.value("deprecated"):
            endpoints = endpoints.filter(deprecated=deprecated == "yes")
        if text := self.value("q"):
            endpoints = endpoints.filter(
                Q(path__icontains=text) | Q(method__iexact=text) | Q(operation_id__icontains=text)
            )
        return endpoints


class CheckFilter(ListFilter):
    """Which results of checks of an API to list."""

    def __init__(self, asked: QueryDict) -> None:
        super().__init__(asked)
        self.offer("result", "Result", [("fail", "Fails"), ("unknown", "Unknown"), ("pass", "Passes")])
        self.offer("check", "Check", [(entry.slug, entry.title) for entry in checks()])
        self.full_clean()

    def apply(self, results: CheckResultQuerySet) -> CheckResultQuerySet:
        """Return the results that match."""
        if result := self.value("result"):
            results = results.filter(result=result)
        if name := self.value("check"):
            results = results.filter(check_name=name)
        if text := self.value("q"):
            results = results.filter(Q(endpoint__path__icontains=text) | Q(evidence__icontains=text))
        return results


class ComplianceFilter(ListFilter):
    """Which results of requirements to list."""

    def __init__(self, asked: QueryDict) -> None:
        super().__init__(asked)
        self.offer("requirement", "Requirement", [(entry.short, f"{entry.id} {entry.title}") for entry in REQUIREMENTS])
        self.offer("state", "Result", ComplianceState.choices)
        self.pin("api", "API")
        self.pin("at", "At")
        self.full_clean()

    def apply(self, held: QuerySet[Compliance]) -> QuerySet[Compliance]:
        """Return the results that match; the second they are of is for the caller."""
        for name in ("requirement", "state"):
            if value := self.value(name):
                held = held.filter(**{name: value})
        if api := self.value("api"):
            held = held.filter(api__code=api.upper())
        if text := self.value("q"):
            held = held.filter(Q(api__name__icontains=text) | Q(api__code__iexact=text))
        return held


class FindingFilter(CountedFilter):
    """Which findings of an API to list: the open ones, unless another status is asked for."""

    def __init__(self, asked: QueryDict) -> None:
        super().__init__(asked)
        ranks = [(rank.name.lower(), rank.label) for rank in reversed(SeverityRank)]
        self.offer("severity", "Severity", ranks)
        self.offer("status", "Status", [(ANY_STATUS, "Any"), *Status.choices], else_="Open")
        self.pin("class", "Class")
        self.pin("endpoint", "Endpoint")
        self.full_clean()

    @property
    def noun(self) -> str:
        """What the listed are called."""
        return "finding" if self.value("status") else "open finding"

    def apply(self, findings: QuerySet[Finding], *, but: Collection[str] = ()) -> QuerySet[Finding]:
        """Return the findings that match, in all fields `but` some; those that moved to another API count there."""
        asked = {name: "" if name in but else self.value(name) for name in self.fields}
        findings = self._of_status(findings.filter(moved_to=None), "" if "status" in but else self.value("status"))
        if severity := asked["severity"]:
            findings = findings.filter(severity=SeverityRank[severity.upper()])
        if weakness_class := asked["class"]:
            findings = findings.filter(weakness_class=weakness_class)
        if endpoint := asked["endpoint"]:
            method, _, path = endpoint.partition(" ")
            findings = findings.filter(endpoint__method=method.upper(), endpoint__path=path)
        if text := asked["q"]:
            findings = findings.filter(with_words(text) | Q(code=text.upper()))
        return findings

    def _of_status(self, rows: QuerySet[Row], status: str) -> QuerySet[Row]:
        """Narrow findings, or sums of them, to the open ones, unless a status is asked for."""
        if not status:
            return rows.filter(status__in=OPEN)
        return rows if status == ANY_STATUS else rows.filter(status=status)


class FindingsFilter(FindingFilter):
    """Which findings of all APIs to list."""

    def __init__(self, asked: QueryDict, *, sources: Sequence[str], teams: Sequence[tuple[str, str]]) -> None:
        """Offer these sources, and these teams as (slug, name)."""
        super().__init__(asked)
        self.offer("source", "Source", [(source, source) for source in sources])
        self.offer("team", "Team", [*teams, (NO_TEAM, "No team")])
        self.offer("mapped", "API", [("no", "None yet")])
        self.pin("api", "API")
        self.full_clean()

    @override
    def apply(self, findings: QuerySet[Finding], *, but: Collection[str] = ()) -> QuerySet[Finding]:
        """Return the findings that match, in all fields `but` some."""
        findings = super().apply(findings, but=but)
        asked = {name: "" if name in but else self.value(name) for name in self.fields}
        if source := asked["source"]:
            findings = findings.filter(source_kind=source)
        return self._of_api(findings if "team" in but else self.of_team(findings))

    def of_team(self, rows: QuerySet[Row], *, of: str = "api") -> QuerySet[Row]:
        """Narrow rows to those whose API, the field `of`, the team asked for holds."""
        team, held = self.value("team"), ApiTeam.objects.filter(api=OuterRef(of), until=None)
        if not team:
            return rows
        return rows.filter(~Exists(held) if team == NO_TEAM else Exists(held.filter(team__slug=team)))

    def tallied(self, tallies: TallyQuerySet) -> QuerySet[Tally] | None:
        """Return the sums of the findings that match in all fields but severity, source and team.

        None where something else is asked for, which no sum tells.
        """
        if any(self.value(name) for name in self.fields if name not in TALLIED):
            return None
        return self._of_api(self._of_status(tallies, self.value("status")))

    def _of_api(self, rows: QuerySet[Row]) -> QuerySet[Row]:
        """Narrow findings, or sums of them, to the API asked for, or to those without one."""
        if self.value("mapped"):
            rows = rows.filter(api=None)
        if api := self.value("api"):
            rows = rows.filter(api__code=api.upper())
        return rows


class NoticeFilter(ListFilter):
    """Which notices to list: all, the unread, or those of one kind."""

    def __init__(self, asked: QueryDict) -> None:
        """Offer the kinds there are."""
        super().__init__(asked)
        self.offer("read", "Read", [("no", "Not yet"), ("yes", "Yes")])
        self.offer("kind", "Kind", NoticeKind.choices)
        self.full_clean()

    def apply(self, notices: NoticeQuerySet) -> NoticeQuerySet:
        """Return the notices that match."""
        if read := self.value("read"):
            notices = notices.filter(read_at__isnull=read == "no")
        if kind := self.value("kind"):
            notices = notices.filter(kind=kind)
        return notices.filter(text__icontains=self.value("q"))
