"""What people set for themselves, and administrators for everybody's sign-in."""

from django import forms

from inventory.access.choices import StartPage, Theme
from inventory.access.rights import COLUMNS
from inventory.access.zones import zones


class ThemeForm(forms.Form):
    """The colours somebody wants to see, and the page they were on."""

    theme = forms.TypedChoiceField(choices=Theme.choices, coerce=Theme)
    next = forms.CharField(required=False)


class ProfileForm(forms.Form):
    """Who somebody is on screen, and how they like the product."""

    name = forms.CharField(
        label="Name", max_length=120, widget=forms.TextInput(attrs={"class": "input", "autocomplete": "name"})
    )
    zone = forms.ChoiceField(
        label="Time zone",
        choices=lambda: [(name, name.replace("_", " ")) for name in zones()],
        help_text="Times on pages are in this zone; exports are in UTC.",
        widget=forms.Select(attrs={"class": "input"}),
    )
    theme = forms.ChoiceField(label="Colours", choices=Theme.choices, widget=forms.Select(attrs={"class": "input"}))
    start_page = forms.ChoiceField(
        label="Start page",
        choices=StartPage.choices,
        help_text="What you see after signing in.",
        widget=forms.Select(attrs={"class": "input"}),
    )
    single_keys = forms.BooleanField(
        label="Single-key shortcuts",
        required=False,
        help_text="Letters such as j, k and / act at once. Turn them off if you dictate or press keys by chance.",
    )


class FactorRulesForm(forms.Form):
    """The roles that sign in with a second factor."""

    roles = forms.MultipleChoiceField(
        label="Roles", required=False, choices=[(role.value, role.label) for role in COLUMNS]
    )
