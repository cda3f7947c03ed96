"""What people fill in about findings and reports."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat

from findings.deadlines import DEFAULT_DAYS, LONGEST, Calendar, Rule
from findings.mapping import MEANING
from findings.status import SeverityRank
from inventory.choices import Criticality, Environment, Reach

STOOD: Final = "stood_"
Choices = Sequence[tuple[str, str]]
"""Values and their labels."""


class UploadForm(forms.Form):
    """A file and, where the file does not say it, what it is about."""

    file = forms.FileField(
        label="File",
        widget=forms.FileInput(attrs={"class": "sr-only"}),
        error_messages={
            "required": "Choose the file to upload.",
            "empty": "This file is empty; choose the one with the report in it.",
            "missing": "The file did not arrive; choose it again.",
            "invalid": "The file did not arrive; choose it again.",
        },
    )
    format = forms.ChoiceField(
        label="Format",
        required=False,
        help_text="Recognised by what is in the file. Of a list of your own, you say what its columns hold.",
        widget=forms.Select(attrs={"class": "input"}),
    )
    api = forms.CharField(
        label="API",
        required=False,
        max_length=300,
        help_text="Name or code. Left empty, it is found by the addresses in the file.",
        widget=forms.TextInput(attrs={"class": "input", "list": "apis", "autocomplete": "off"}),
    )
    environment = forms.ChoiceField(
        label="Environment",
        required=False,
        choices=[("", "As the file says"), *Environment.choices],
        help_text="For a new API, and to tell two of one name apart.",
        widget=forms.Select(attrs={"class": "input"}),
    )
    team = forms.ChoiceField(
        label="Team",
        required=False,
        help_text="Which team a new API goes to. An API that is known stays with its team.",
        widget=forms.Select(attrs={"class": "input"}),
    )
    series = forms.CharField(
        label="Series",
        required=False,
        max_length=300,
        help_text="What is scanned again and again, such as “nightly full”. A finding that a later full scan of the "
        "same series lacks is closed; other series close nothing of it.",
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off"}),
    )

    def __init__(self, *, formats: Choices, teams: Choices, sees_all: bool, limit: int, **kwargs: Any) -> None:
        """Offer these formats and teams; who does not see all must name one of several teams. `limit` is in bytes."""
        super().__init__(**kwargs)
        self._limit = limit
        must_choose = not sees_all and len(teams) > 1
        self._offer("format", [("", "Detect"), *formats])
        self._offer("team", [*([] if must_choose else [("", "None yet")]), *teams])
        if not sees_all and not must_choose:
            del self.fields["team"]

    def clean_file(self) -> "UploadedFile[bytes]":
        """Refuse what is larger than the operator allows."""
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        size = file.size or 0
        if size > self._limit:
            msg = f"This file has {filesizeformat(size)}; at most {filesizeformat(self._limit)} are taken in."
            raise forms.ValidationError(msg)
        return file

    def _offer(self, name: str, choices: Choices) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = choices

    def options(self) -> dict[str, str]:
        """Return what was stated beside the file; call after is_valid()."""
        return {name: value for name, value in self.cleaned_data.items() if name != "file" and value}


ONE_OF: Final = {
    "title": "Title", "severity": "Severity", "rule": "Rule", "message": "Description", "remedy": "Remedy",
    "url": "Address", "method": "Method", "path": "Path", "parameter": "Parameter", "confidence": "Confidence",
    "cvss": "CVSS score", "cwe": "CWE", "cve": "CVE", "file": "File", "line": "Line", "instances": "How often",
    "suppressed": "Accepted there",
}  # fmt: skip
"""What a column may hold, in the order of the form; the first is needed."""
SEVERAL: Final = ("cwe", "cve")


class ColumnsForm(forms.Form):
    """Which column holds what of a finding, whose tool it is, and what its words for severities mean."""

    tool = forms.CharField(
        label="Tool",
        required=False,
        max_length=100,
        help_text="Whose findings these are. Findings of two tools are two, even in one place.",
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off"}),
    )
    entries = forms.CharField(
        label="Key of the entries",
        required=False,
        max_length=100,
        help_text="For JSON: the key of the list of findings; empty when the file is the list.",
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off"}),
    )
    severities = forms.CharField(
        label="Words for severities",
        required=False,
        max_length=4000,
        help_text="One a line, such as “P1 = critical”. Common words are known.",
        widget=forms.Textarea(attrs={"class": "input", "rows": 3, "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, columns: Sequence[str], **kwargs: Any) -> None:
        """Offer these columns for each thing a finding has."""
        super().__init__(*args, **kwargs)
        for name, label in ONE_OF.items():
            self.fields[name] = forms.ChoiceField(
                label=label, required=False, choices=[("", "Not there"), *((column, column) for column in columns)],
                widget=forms.Select(attrs={"class": "input"}),
            )  # fmt: skip
        self.fields["title"].required = True
        self.fields["title"].error_messages["required"] = "Choose the column that holds the title."

    @classmethod
    def initial_of(cls, mapping: Mapping[str, Any]) -> dict[str, Any]:
        """Return a mapping as the form shows it."""
        words = "\n".join(f"{word} = {ours}" for word, ours in mapping.get("severities", {}).items())
        shown: dict[str, Any] = {name: mapping.get(name, "") for name in (*ONE_OF, "tool")}
        shown |= {name: next(iter(mapping.get(name, ())), "") for name in SEVERAL}
        return shown | {"severities": words, "entries": mapping.get("entries", "findings")}

    def clean_severities(self) -> dict[str, str]:
        """Return the words with ours; a line without an equals sign is told."""
        words: dict[str, str] = {}
        for line in filter(None, map(str.strip, self.cleaned_data["severities"].splitlines())):
            word, sign, ours = line.rpartition("=")
            if not sign or not word.strip() or not ours.strip():
                msg = f"“{line[:60]}” says nothing; write it as “P1 = critical”."
                raise forms.ValidationError(msg)
            words[word.strip()] = ours.strip().lower()
        return words

    def mapping(self) -> dict[str, Any]:
        """Return the options of the reader; call after is_valid()."""
        told = self.cleaned_data
        options: dict[str, Any] = {name: told[name] for name in ONE_OF if told.get(name)}
        options |= {name: (told[name],) for name in SEVERAL if told.get(name)}
        options |= {name: told[name] for name in ("tool", "severities") if told.get(name)}
        return {**options, "entries": told.get("entries", "")}

    @property
    def held(self) -> list[forms.BoundField]:
        """The fields that name a column."""
        return [self[name] for name in ONE_OF]


def _short(meaning: str) -> str:
    """Return what a rule looks at without its example, to begin a line."""
    words = meaning.partition(",")[0]
    return words[:1].upper() + words[1:]


class MappingForm(forms.Form):
    """What a mapping rule looks at, and the API it names; only a preview can do without that."""

    use_required_attribute = False

    kind = forms.ChoiceField(
        label="For",
        choices=[(kind.value, _short(meaning)) for kind, meaning in MEANING.items()],
        widget=forms.Select(attrs={"class": "input"}),
    )
    pattern = forms.CharField(
        label="Namely", max_length=1000, error_messages={"required": "Say which one the rule is for."},
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off"}),
    )  # fmt: skip
    api = forms.CharField(
        label="They belong to the API", max_length=300, help_text="Name or code. A preview can do without.",
        error_messages={"required": "Say which API they belong to."},
        widget=forms.TextInput(attrs={"class": "input", "list": "apis", "autocomplete": "off"}),
    )  # fmt: skip

    def is_previewable(self) -> bool:
        """Return whether all is well but for an API that is not named yet."""
        if self.errors.keys() == {"api"} and not self["api"].value():
            del self.errors["api"]
        return self.is_valid()


def days_field(label: str, number: int | None = None) -> forms.IntegerField:
    """Return the field for a number of days; empty is no deadline."""
    return forms.IntegerField(
        label=label, required=False, initial=number, min_value=1, max_value=LONGEST,
        widget=forms.NumberInput(attrs={"class": "input days"}),
    )  # fmt: skip


def reason_field(label: str) -> forms.CharField:
    """Return the field for why something is changed; the label tells it from others on the page."""
    return forms.CharField(
        label=label,
        required=False,
        max_length=1000,
        help_text="Kept with the change, for whoever asks later.",
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off"}),
    )


class DeadlinesForm(forms.Form):
    """Days by severity, empty for none, and which days count; what stood before is carried along.

    It tells when somebody else was first.
    """

    business = forms.BooleanField(label="Count Monday to Friday only", required=False)
    holidays = forms.CharField(
        label="Holidays",
        required=False,
        max_length=6_000,
        help_text="Days that do not count either, one in each line, such as 2026-12-25.",
        widget=forms.Textarea(attrs={"class": "input", "rows": 4, "spellcheck": "false"}),
    )
    reason = reason_field("Reason for these days")

    def __init__(self, data: Any, *, days: Mapping[SeverityRank, int | None], calendar: Calendar) -> None:
        """Show these days, the worst severity first."""
        told = {"business": calendar.business, "holidays": "\n".join(map(str, sorted(calendar.holidays)))}
        super().__init__(data, initial=told)
        for rank, number in days.items():
            self.fields[rank.name.lower()] = days_field(f"{rank.label}, days", number)
            stood = forms.IntegerField(required=False, initial=number, widget=forms.HiddenInput())
            self.fields[f"{STOOD}{rank.name.lower()}"] = stood
        self.order_fields([*(rank.name.lower() for rank in days), "business", "holidays", "reason"])

    def days(self, prefix: str = "") -> dict[SeverityRank, int | None]:
        """Return what was filled in, or with `STOOD` what the person saw before; call after is_valid()."""
        return {rank: self.cleaned_data[f"{prefix}{rank.name.lower()}"] for rank in SeverityRank}

    def calendar(self) -> Calendar:
        """Return which days are to count; call after is_valid()."""
        return Calendar(business=self.cleaned_data["business"], holidays=self.cleaned_data["holidays"])

    def clean_holidays(self) -> frozenset[date]:
        """Return the days; raises for what is none."""
        said = self.cleaned_data["holidays"].replace(",", " ").split()
        try:
            return frozenset(map(date.fromisoformat, said))
        except ValueError as error:
            msg = "Write each day as in 2026-12-25, one in each line."
            raise forms.ValidationError(msg) from error


class ExceptionForm(forms.Form):
    """Other days for one severity on APIs of one reach, one criticality or both."""

    severity = forms.ChoiceField(
        label="Severity", choices=[(rank.name.lower(), rank.label) for rank in DEFAULT_DAYS],
        widget=forms.Select(attrs={"class": "input"}),
    )  # fmt: skip
    reach = forms.ChoiceField(
        label="Reach", required=False, choices=[("", "Any"), *Reach.choices],
        widget=forms.Select(attrs={"class": "input"}),
    )  # fmt: skip
    criticality = forms.ChoiceField(
        label="Criticality", required=False, choices=[("", "Any"), *Criticality.choices],
        widget=forms.Select(attrs={"class": "input"}),
    )  # fmt: skip
    days = days_field("Days")
    why = reason_field("Reason for the exception")

    def rule(self) -> Rule:
        """Return the exception; call after is_valid()."""
        told = self.cleaned_data
        return Rule(
            severity=SeverityRank[told["severity"].upper()], days=told["days"], reach=told["reach"],
            criticality=told["criticality"],
        )  # fmt: skip
