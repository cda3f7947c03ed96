"""What people set for themselves."""

from django import forms

from inventory.access.choices import Theme


class ThemeForm(forms.Form):
    """The colours somebody wants to see, and the page they were on."""

    theme = forms.TypedChoiceField(choices=Theme.choices, coerce=Theme)
    next = forms.CharField(required=False)
