"""What people fill in about connections."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django import forms

from inventory.choices import Environment
from inventory.models import Connection
from inventory.sources.base import Option, Source

Choices = Sequence[tuple[str, str]]
SECRET = "secret_"  # noqa: S105 - the start of a field's name
TEXT = {"class": "input", "autocomplete": "off"}


class ConnectionForm(forms.Form):
    """The options of one kind of connector, those of an upload, when it runs, and what it may reach."""

    name = forms.CharField(
        label="Name",
        max_length=200,
        help_text="Its reports are one series under this name.",
        widget=forms.TextInput(attrs=TEXT),
    )
    team = forms.ChoiceField(label="Team", required=False, widget=forms.Select(attrs={"class": "input"}))
    rule = forms.ChoiceField(label="Runs", required=False, widget=forms.Select(attrs={"class": "input"}))
    format = forms.ChoiceField(label="Format", required=False, widget=forms.Select(attrs={"class": "input"}))
    api = forms.CharField(
        label="API",
        required=False,
        max_length=300,
        help_text="Name or code. Left empty, it is found by the addresses in each document.",
        widget=forms.TextInput(attrs=TEXT),
    )
    environment = forms.ChoiceField(
        label="Environment",
        required=False,
        choices=[("", "As each document says"), *Environment.choices],
        widget=forms.Select(attrs={"class": "input"}),
    )
    egress = forms.CharField(
        label="Private networks and further ports",
        required=False,
        help_text="One a line, such as 10.2.0.0/16 or port 9443. Everything else inside stays closed to it.",
        widget=forms.Textarea(attrs={**TEXT, "rows": 3}),
    )

    def __init__(  # noqa: PLR0913 - what a person may choose from, by name
        self,
        *,
        source: Source,
        rules: Mapping[str, str],
        formats: Choices,
        folders: Sequence[str],
        teams: Choices | None,
        may_open: bool,
        set_at: Mapping[str, datetime],
        **kwargs: Any,
    ) -> None:
        """Ask for the options of this source. No `teams`: it has one already. `set_at` tells which secrets are set."""
        super().__init__(**kwargs)
        self._source = source
        self._choose("rule", list(rules.items()))
        self._choose("format", [("", "Detect"), *formats])
        if teams is None:
            del self.fields["team"]
        else:
            self._choose("team", teams)
            self.fields["team"].required = all(value for value, _ in teams)
        if not may_open or not any(option.name == "urls" for option in source.options):
            del self.fields["egress"]
        for option in source.options:
            self.fields[option.name] = _field(option, folders)
        for option in source.secrets:
            self.fields[f"{SECRET}{option.name}"] = _secret(option, set_at.get(option.name))
        first = ["name", "team", "rule", *(option.name for option in source.options)]
        self.order_fields([*first, *(f"{SECRET}{option.name}" for option in source.secrets)])

    def _choose(self, name: str, choices: Choices) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = list(choices)

    def options(self) -> dict[str, str]:
        """Return the texts of the options; call after is_valid()."""
        names = [*(option.name for option in self._source.options), "format", "api", "environment"]
        return {name: self.cleaned_data.get(name, "") for name in names}

    def secrets(self) -> dict[str, str]:
        """Return the secrets that were filled in."""
        names = [option.name for option in self._source.secrets]
        return {name: self.cleaned_data[f"{SECRET}{name}"] for name in names if self.cleaned_data[f"{SECRET}{name}"]}

    def egress_lines(self, before: Sequence[str]) -> tuple[str, ...]:
        """Return what it may reach; as before where the person is not asked."""
        return tuple(self.cleaned_data["egress"].splitlines()) if "egress" in self.fields else tuple(before)

    @property
    def own(self) -> list[forms.BoundField]:
        """The fields of the kind itself."""
        names = [option.name for option in self._source.options]
        return [self[name] for name in [*names, *(f"{SECRET}{option.name}" for option in self._source.secrets)]]

    def refuse(self, field: str, reason: str) -> None:
        """Show why the connection was refused, beside what is wrong where that is known."""
        self.add_error(field if field in self.fields else None, reason)


def initial_of(connection: Connection) -> dict[str, str]:
    """Return a connection's values as a form shows them."""
    texts = {key: "\n".join(value) if isinstance(value, list) else value for key, value in connection.options.items()}
    return {**texts, "name": connection.name, "rule": connection.rule, "egress": "\n".join(connection.egress)}


def _field(option: Option, folders: Sequence[str]) -> forms.Field:
    common: dict[str, Any] = {"label": option.label, "help_text": option.hint, "required": option.required}
    if option.folders:
        return forms.ChoiceField(
            choices=[(folder, folder) for folder in folders], widget=forms.Select(attrs={"class": "input"}), **common
        )
    if option.lines:
        return forms.CharField(max_length=200_000, widget=forms.Textarea(attrs={**TEXT, "rows": 4}), **common)
    return forms.CharField(max_length=500, widget=forms.TextInput(attrs=TEXT), **common)


def _secret(option: Option, set_at: datetime | None) -> forms.Field:
    """Return a field that is written and never shown; what is left empty stays as it is."""
    hint = f"Set on {set_at:%-d %b %Y}. Fill in to replace it." if set_at else option.hint
    widget = forms.PasswordInput(attrs={**TEXT, "autocomplete": "new-password"}, render_value=False)
    return forms.CharField(label=option.label, help_text=hint, required=False, max_length=8000, widget=widget)
