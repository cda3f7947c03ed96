"""What somebody fills in to make a token."""

from collections.abc import Sequence
from typing import Any

from django import forms

from inventory.access.forms.people import PRINTABLE
from inventory.access.rights import Verb

INPUT = {"class": "input"}
DAYS = ((7, "7 days"), (30, "30 days"), (90, "90 days"), (366, "A year"))


class TokenForm(forms.Form):
    """The name of a token, what it may do, where, and for how long."""

    name = forms.CharField(
        label="Name",
        max_length=120,
        help_text="What uses it, such as “Nightly build”.",
        validators=[PRINTABLE],
        widget=forms.TextInput(attrs={**INPUT, "autocomplete": "off", "autofocus": True}),
    )
    scopes = forms.MultipleChoiceField(
        label="It may",
        error_messages={"required": "Choose what it may do."},
        widget=forms.CheckboxSelectMultiple,
    )
    team = forms.ChoiceField(
        label="Only in the team",
        required=False,
        help_text="A token without a team reaches as far as you do.",
        widget=forms.Select(attrs=INPUT),
    )
    days = forms.TypedChoiceField(
        label="It lives", choices=DAYS, coerce=int, initial=90, widget=forms.Select(attrs=INPUT)
    )

    def __init__(self, *args: Any, scopes: Sequence[Verb], teams: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        """Offer these scopes, and these teams as (slug, name)."""
        super().__init__(*args, **kwargs)
        choices = [(verb.value, f"{verb.label[:1].upper()}{verb.label[1:]}") for verb in scopes]
        self._choose("scopes", choices)
        self._choose("team", [("", "Every team of mine"), *teams])

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = choices
