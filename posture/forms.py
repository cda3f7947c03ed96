"""What people fill in about an API on its page."""

from collections.abc import Sequence

from django import forms
from django.http import QueryDict

from inventory.choices import Criticality, Environment, Reach, Sensitivity, Stage
from inventory.models import Api

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
    def moves(self) -> bool:
        """Whether another team was chosen."""
        return "team" in self.changed_data
