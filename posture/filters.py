"""What lists can be narrowed to. A filter is one form: the page shows it, and the same object narrows the rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django import forms
from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.http import QueryDict
from typing_extensions import override

from findings.models import Finding
from findings.status import OPEN, SeverityRank, Status
from inventory.choices import Authentication, Environment, Reach, Stage
from inventory.models import Api, ApiTeam, Endpoint
from posture.choices import Band

Row = TypeVar("Row", bound=Model)

LONGEST_SEARCH = 200
LONGEST_PIN = 400
UNSCORED = "unscored"
NO_TEAM = "none"
ANY_STATUS = "any"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """One thing a list is narrowed to: which field, and to what in words."""

    name: str
    label: str
    word: str


class ListFilter(forms.Form):
    """A search and some choices; what is not one of the choices narrows nothing."""

    q = forms.CharField(required=False, max_length=LONGEST_SEARCH)

    def __init__(self, asked: QueryDict) -> None:
        super().__init__(asked, auto_id="filter_%s")
        self._words: dict[str, dict[str, str]] = {}
        self.full_clean()

    def offer(self, name: str, label: str, choices: Sequence[tuple[str, Any]], *, else_: str = "Any") -> None:
        """Add a choice to the menu; `else_` is what stands when none is made."""
        control = forms.Select(attrs={"class": "input"})
        self._words[name] = {str(value): str(word) for value, word in choices}
        self.fields[name] = forms.ChoiceField(
            label=label, choices=[("", else_), *choices], required=False, widget=control
        )

    def pin(self, name: str, label: str) -> None:
        """Take a value as it stands in the address; no menu offers it, a chip says it and takes it away."""
        field = forms.CharField(label=label, required=False, max_length=LONGEST_PIN, widget=forms.HiddenInput())
        self._words[name] = {}
        self.fields[name] = field

    @property
    def visible_choices(self) -> Iterator[forms.BoundField]:
        """The fields of the menu."""
        return (field for field in self.visible_fields() if field.name != "q")

    @property
    def pinned(self) -> Iterator[forms.BoundField]:
        """What the form carries along unseen."""
        return (field for field in self.hidden_fields() if self.value(field.name))

    @property
    def chips(self) -> tuple[Chip, ...]:
        """What the list is narrowed to beside the search."""
        return tuple(
            Chip(name=name, label=str(self[name].label), word=words.get(value, value))
            for name, words in self._words.items()
            if (value := self.value(name))
        )

    def value(self, name: str) -> str:
        """Return what a field narrows to; nothing when it was left out or is not one of its choices."""
        return str(self.cleaned_data.get(name) or "")

    @property
    def asked(self) -> str:
        """Everything that was asked for, as a sentence."""
        parts = [f"{chip.label} is {chip.word}" for chip in self.chips]
        if text := self.value("q"):
            parts.insert(0, f"“{text}”")
        return f"{', '.join(parts)}." if parts else ""


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
