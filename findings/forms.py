"""What people fill in about findings and reports."""

from typing import Any

from django import forms

from inventory.choices import Environment

NAMES_OFFERED = 200
"""The list under the API field is a help, not the rule: a name or code that is not in it can be typed."""


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
        help_text="Posture recognises each of them by its content.",
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
    series = forms.CharField(
        label="Series",
        required=False,
        max_length=300,
        help_text="What is scanned again and again, such as “nightly full”. A finding that a later full scan of the "
        "same series lacks is closed; other series close nothing of it.",
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, formats: list[tuple[str, str]], **kwargs: Any) -> None:
        """Offer these formats, as (name, label)."""
        super().__init__(*args, **kwargs)
        field = self.fields["format"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 -- tells the type checker what stands above
        field.choices = [("", "Detect"), *formats]

    def options(self) -> dict[str, str]:
        """Return what was stated beside the file; call after is_valid()."""
        return {name: value for name, value in self.cleaned_data.items() if name != "file" and value}
