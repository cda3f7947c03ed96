"""What people fill in about an API, and what they decide about a finding."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Final

from django import forms
from django.http import QueryDict
from django.utils import timezone

from findings.status import EFFECTIVE, DecisionKind
from inventory.access.days import in_calendar
from inventory.choices import Criticality, Environment, Reach, Sensitivity, Stage
from inventory.models import Api
from posture.choices import ListName, NoticeKind, Rhythm

STATED = {
    "reach": ("Reach", Reach, "Who can send it a request."),
    "environment": ("Environment", Environment, ""),
    "criticality": ("Criticality", Criticality, "What is lost when it fails."),
    "sensitivity": ("Data", Sensitivity, "The highest class of data it hands out."),
    "stage": ("Life cycle", Stage, ""),
}
"""What a person states: label, vocabulary, hint."""


class FactsForm(forms.Form):
    """The team of an API and what weighs its risk."""

    team = forms.ChoiceField(label="Team", required=False, widget=forms.Select(attrs={"class": "input"}))
    reason = forms.CharField(
        label="Reason",
        required=False,
        max_length=1000,
        help_text="Kept with the change, for whoever asks later.",
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off"}),
    )

    def __init__(self, data: QueryDict | None, *, api: Api, team: str, teams: Sequence[tuple[str, str]]) -> None:
        """Show an API as it is, in the team with this slug, with these teams (slug, name) to choose from."""
        stands = {name: getattr(api, name) for name in STATED} | {"team": team}
        super().__init__(data, initial=stands)
        field = self.fields["team"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [("", "No team"), *teams]
        for name, (label, words, hint) in STATED.items():
            control = forms.Select(attrs={"class": "input"})
            self.fields[name] = forms.ChoiceField(label=label, choices=words.choices, help_text=hint, widget=control)
        self.order_fields(["team", *STATED, "reason"])

    def changes(self) -> dict[str, str]:
        """Return what was stated otherwise than it stood; call after is_valid()."""
        return {name: self.cleaned_data[name] for name in STATED if name in self.changed_data}

    @property
    def stood(self) -> str:
        """What the person sees before they change it, for the form to send back."""
        return SEPARATOR.join(str(self.initial[name]) for name in ("team", *STATED))

    def changed_since(self, stood: str) -> str:
        """Return what stands otherwise than the person saw it, in words; nothing when it stands as it did."""
        words = [label.lower() for label, _, _ in STATED.values()]
        before, now = stood.split(SEPARATOR), self.stood.split(SEPARATOR)
        if len(before) != len(now):
            return ""
        pairs = zip(("team", *words), before, now, strict=True)
        return ", ".join(f"{word} is now {new or 'none'}" for word, old, new in pairs if old != new)

    @property
    def moves(self) -> bool:
        """Whether another team was chosen."""
        return "team" in self.changed_data


SEPARATOR: Final = "|"
LONGEST_REASON: Final = 4_000
DECIDED: Final = tuple(kind for kind in EFFECTIVE if kind != DecisionKind.ACCEPTED)
"""What one person decides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Menu:
    """A decision that needs a reason: its key, and the reasons most often given."""

    kind: DecisionKind
    label: str
    key: str
    reasons: tuple[str, ...]

    @property
    def asks(self) -> bool:
        """Whether another person has to answer."""
        return self.kind == DecisionKind.ASKED

    @property
    def names_another(self) -> bool:
        """Whether it names another finding."""
        return self.kind == DecisionKind.DUPLICATE


MENUS: Final = (
    Menu(
        kind=DecisionKind.FALSE_POSITIVE,
        label="False positive",
        key="n",
        reasons=(
            "The tool misread the answer",
            "Cannot be reached in this environment",
            "Test or sample data",
            "Prevented in front of the API",
        ),
    ),
    Menu(
        kind=DecisionKind.RESOLVED,
        label="Resolved",
        key="s",
        reasons=("Fixed and deployed", "Configuration changed", "Endpoint removed", "Prevented in front of the API"),
    ),
    Menu(
        kind=DecisionKind.DUPLICATE,
        label="Duplicate",
        key="m",
        reasons=("Same weakness, other tool", "Same weakness, other place"),
    ),
    Menu(
        kind=DecisionKind.ASKED,
        label="Ask to accept the risk",
        key="r",
        reasons=(
            "A fix is planned",
            "Prevented in front of the API",
            "The fix costs more than the risk",
            "The API is about to be retired",
        ),
    ),
)


class DecisionForm(forms.Form):
    """A decision: its kind, and why; a reason somebody typed goes before the one on the button."""

    kind = forms.ChoiceField(
        choices=[(kind.value, kind.label) for kind in DECIDED],
        error_messages={"invalid_choice": "“%(value)s” is not decided here."},
    )
    reason = forms.CharField(required=False, max_length=LONGEST_REASON)
    preset = forms.CharField(required=False, max_length=LONGEST_REASON)
    proof = forms.CharField(required=False, max_length=20)

    def why(self) -> str:
        """Return the reason; call after is_valid()."""
        return str(self.cleaned_data["reason"] or self.cleaned_data["preset"])


class AskForm(DecisionForm):
    """A question for acceptance: why, and until the end of which day in the person's zone."""

    kind = forms.ChoiceField(choices=[(DecisionKind.ASKED.value, DecisionKind.ASKED.label)])
    until = forms.DateField(
        validators=[in_calendar],
        error_messages={
            "required": "Say until which day the risk is to be accepted.",
            "invalid": "Write the day as in 2026-12-31.",
        },
    )

    def end(self) -> datetime:
        """Return the last second of the day; call after is_valid()."""
        return timezone.make_aware(datetime.combine(self.cleaned_data["until"], time(23, 59, 59)))


class AnswerForm(forms.Form):
    """The second person's word."""

    decision = forms.CharField(max_length=40)
    answer = forms.ChoiceField(choices=[("accept", "Accept"), ("refuse", "Refuse")])
    reason = forms.CharField(required=False, max_length=LONGEST_REASON)


class BulkForm(forms.Form):
    """What is decided about several findings at once; a reason somebody typed goes before the preset one."""

    act = forms.ChoiceField(choices=[(kind.value, kind.label) for kind in (*DECIDED, DecisionKind.ASKED)])
    reason = forms.CharField(required=False, max_length=LONGEST_REASON)
    preset = forms.CharField(required=False, max_length=LONGEST_REASON)
    until = forms.DateField(
        required=False, validators=[in_calendar], error_messages={"invalid": "Write the day as in 2026-12-31."}
    )
    proof = forms.CharField(required=False, max_length=20)

    def end(self) -> datetime | None:
        """Return the last second of the day, in the zone of the person; call after is_valid()."""
        day = self.cleaned_data["until"]
        return timezone.make_aware(datetime.combine(day, time(23, 59, 59))) if day else None


class DayForm(forms.Form):
    """A day, and why."""

    until = forms.DateField(
        validators=[in_calendar],
        error_messages={"required": "Say until which day.", "invalid": "Write the day as in 2026-12-31."},
    )
    reason = forms.CharField(required=False, max_length=LONGEST_REASON)

    def end(self) -> datetime:
        """Return the last second of the day, in the zone of the person; call after is_valid()."""
        return timezone.make_aware(datetime.combine(self.cleaned_data["until"], time(23, 59, 59)))


class PeopleForm(forms.Form):
    """One assignment: what is assigned, to whom (e-mail address or slug, empty for nobody), and what stood before."""

    what = forms.ChoiceField(choices=[("owner", "Owner"), ("deputy", "Deputy"), ("team", "Team")])
    value = forms.CharField(required=False, max_length=300)
    stood = forms.CharField(required=False, max_length=300)
    reason = forms.CharField(required=False, max_length=1000)

    def clean_reason(self) -> str:
        """Ask for a reason where an API changes hands."""
        reason: str = self.cleaned_data["reason"].strip()
        if self.cleaned_data.get("what") == "team" and not reason:
            msg = "Say why it changes hands: the next team will ask."
            raise forms.ValidationError(msg)
        return reason


class NoteForm(forms.Form):
    """A note on a finding."""

    text = forms.CharField(
        label="Add a note",
        max_length=LONGEST_REASON,
        error_messages={"required": "Write something first."},
        widget=forms.Textarea(attrs={"class": "input", "rows": 3, "data-key": "c"}),
    )


class ViewForm(forms.Form):
    """A list to see again: its name, what stands in its address, and the team to share it with."""

    listed = forms.ChoiceField(choices=ListName.choices, error_messages={"invalid_choice": "There is no such list."})
    name = forms.CharField(
        max_length=80,
        error_messages={
            "required": "Give it a name.",
            "max_length": "A name has at most %(limit_value)d letters, and this one %(show_value)d; shorten it.",
        },
    )
    query = forms.CharField(
        max_length=2000, required=False,
        error_messages={"max_length": "This list is narrowed by more than can be kept; leave some of it out."},
    )  # fmt: skip
    team = forms.ChoiceField(required=False)

    def __init__(self, sent: QueryDict, *, teams: Sequence[tuple[str, str]]) -> None:
        """Take what was sent; `teams` one may share with, as (slug, name)."""
        super().__init__(sent)
        no_team = {"invalid_choice": "Share a view with a team you are in, or keep it private."}
        self.fields["team"] = forms.ChoiceField(
            choices=[("", "Only me"), *teams], required=False, error_messages=no_team
        )


class NoticeWishForm(forms.Form):
    """How somebody wants to be told: per kind in the product and by mail, and how often a mail comes."""

    rhythm = forms.ChoiceField(choices=Rhythm.choices, widget=forms.Select(attrs={"class": "input"}))
    shown = forms.MultipleChoiceField(choices=NoticeKind.choices, required=False)
    mailed = forms.MultipleChoiceField(choices=NoticeKind.choices, required=False)
