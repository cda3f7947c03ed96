"""What a list is narrowed to. A filter is one form: the page shows it, and the same object narrows the rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict

from inventory.access.days import in_calendar

LONGEST_SEARCH = 200
LONGEST_PIN = 2100
"""Room for the path of an endpoint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """One thing a list is narrowed to: which field, and to what in words."""

    name: str
    label: str
    word: str


class ListFilter(forms.Form):
    """A search and some choices; what is not one of the choices narrows nothing, and the page says so."""

    q = forms.CharField(label="Search", required=False, max_length=LONGEST_SEARCH)

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

    def write(self, name: str, label: str) -> None:
        """Add a line of text to the menu."""
        control = forms.TextInput(attrs={"class": "input", "autocomplete": "off"})
        self._words[name] = {}
        self.fields[name] = forms.CharField(label=label, required=False, max_length=LONGEST_SEARCH, widget=control)

    def day(self, name: str, label: str) -> None:
        """Add a day to the menu; `value` gives it as YYYY-MM-DD."""
        control = forms.DateInput(attrs={"class": "input", "type": "date"})
        self._words[name] = {}
        self.fields[name] = forms.DateField(label=label, required=False, validators=[in_calendar], widget=control)

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

    @property
    def left_out(self) -> tuple[tuple[str, str], ...]:
        """What was asked for and narrows nothing, as label and value: nobody takes the whole list for the narrowed."""
        return tuple((str(self[name].label), str(self.data.get(name, ""))) for name in self.errors)

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
