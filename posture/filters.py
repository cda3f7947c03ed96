"""What lists can be narrowed to. A filter is one form: the page shows it, and the same object narrows the rows."""

from collections.abc import Sequence
from typing import TypeVar

from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.http import QueryDict
from typing_extensions import override

from findings.models import Finding
from findings.status import OPEN, SeverityRank, Status
from inventory.access.filters import ListFilter
from inventory.choices import Authentication, Environment, Reach, Stage
from inventory.models import Api, ApiTeam, Endpoint
from posture.choices import Band

Row = TypeVar("Row", bound=Model)

UNSCORED = "unscored"
NO_TEAM = "none"
ANY_STATUS = "any"


class ApiFilter(ListFilter):
    """Which APIs to list."""

    def __init__(self, asked: QueryDict, *, teams: Sequence[tuple[str, str]]) -> None:
        """Offer these teams, as (slug, name)."""
        super().__init__(asked)
        self.offer("team", "Team", [*teams, (NO_TEAM, "No team")])
        self.offer("reach", "Reach", Reach.choices)
        self.offer("environment", "Environment", Environment.choices)
        self.offer("stage", "Life cycle", Stage.choices, else_="Not retired")
        self.offer(
            "band", "Risk", [*((band.value, band.value.capitalize()) for band in Band), (UNSCORED, "Not scored")]
        )
        self.full_clean()

    def apply(self, apis: QuerySet[Api]) -> QuerySet[Api]:
        """Return the APIs that match; retired ones only when asked for."""
        stage = self.value("stage")
        apis = apis.filter(stage=stage) if stage else apis.exclude(stage=Stage.RETIRED)
        for name in ("reach", "environment"):
            if value := self.value(name):
                apis = apis.filter(**{name: value})
        if team := self.value("team"):
            held = ApiTeam.objects.filter(api=OuterRef("pk"), until=None)
            apis = apis.filter(~Exists(held) if team == NO_TEAM else Exists(held.filter(team__slug=team)))
        if band := self.value("band"):
            apis = apis.filter(current_score=None) if band == UNSCORED else apis.filter(current_score__band=band)
        return apis.filter(self._search()) if self.value("q") else apis

    def _search(self) -> Q:
        text = self.value("q")
        held = ApiTeam.objects.filter(api=OuterRef("pk"), until=None, team__name__icontains=text)
        paths = Endpoint.objects.filter(api=OuterRef("pk"), removed_at=None, path__icontains=text)
        named = Q(name__icontains=text) | Q(code__iexact=text) | Q(owner__name__icontains=text)
        return named | Exists(held) | Exists(paths)


class EndpointFilter(ListFilter):
    """Which endpoints of an API to list."""

    def __init__(self, asked: QueryDict) -> None:
        super().__init__(asked)
        self.offer("authentication", "Authentication", Authentication.choices)
        self.offer("deprecated", "Deprecated", [("yes", "Yes"), ("no", "No")])
        self.offer("removed", "In the specification", [("yes", "No longer")], else_="Still")
        self.full_clean()

    def apply(self, endpoints: QuerySet[Endpoint]) -> QuerySet[Endpoint]:
        """Return the endpoints that match; those the specification dropped only when asked for."""
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


class FindingFilter(ListFilter):
    """Which findings of an API to list: the open ones, unless another status is asked for."""

    def __init__(self, asked: QueryDict) -> None:
        super().__init__(asked)
        ranks = [(rank.name.lower(), rank.label) for rank in reversed(SeverityRank)]
        self.offer("severity", "Severity", ranks)
        self.offer("status", "Status", [(ANY_STATUS, "Any"), *Status.choices], else_="Open")
        self.pin("class", "Class")
        self.full_clean()

    @property
    def noun(self) -> str:
        """What the listed are called."""
        return "finding" if self.value("status") else "open finding"

    def apply(self, findings: QuerySet[Finding]) -> QuerySet[Finding]:
        """Return the findings that match; those that moved to another API are counted there."""
        findings = findings.filter(moved_to=None)
        status = self.value("status")
        if not status:
            findings = findings.filter(status__in=OPEN)
        elif status != ANY_STATUS:
            findings = findings.filter(status=status)
        if severity := self.value("severity"):
            findings = findings.filter(severity=SeverityRank[severity.upper()])
        if weakness_class := self.value("class"):
            findings = findings.filter(weakness_class=weakness_class)
        if text := self.value("q"):
            findings = findings.filter(
                Q(title__icontains=text) | Q(code__iexact=text) | Q(rule__icontains=text) | Q(path__icontains=text)
            )
        return findings


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
    def apply(self, findings: QuerySet[Finding]) -> QuerySet[Finding]:
        """Return the findings that match."""
        findings = super().apply(findings)
        if source := self.value("source"):
            findings = findings.filter(source_kind=source)
        if team := self.value("team"):
            held = ApiTeam.objects.filter(api=OuterRef("api"), until=None)
            findings = findings.filter(~Exists(held) if team == NO_TEAM else Exists(held.filter(team__slug=team)))
        if self.value("mapped"):
            findings = findings.filter(api=None)
        if api := self.value("api"):
            findings = findings.filter(api__code=api.upper())
        return findings
