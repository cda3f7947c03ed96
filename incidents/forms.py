"""What people fill in about an alert."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django import forms
from django.http import QueryDict

from incidents.choices import Act, Resolution
from incidents.transitions.triage import LONGEST_NOTE, Said
from inventory.access.models import User

SNOOZES: Final = (("1", "1 hour"), ("4", "4 hours"), ("24", "1 day"), ("168", "1 week"))
"""Hours and their words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """A way to close an alert: its key and words, and the notes most often written."""

    resolution: Resolution
    label: str
    key: str
    notes: tuple[str, ...]


CLOSINGS: Final = (
    Closing(
        resolution=Resolution.FALSE_ALARM, label="False alarm", key="n",
        notes=("The rule misread a normal request", "Nothing was sent that could harm"),
    ),
    Closing(
        resolution=Resolution.BENIGN, label="Benign", key="s",
        notes=("Our own scanner or test", "A partner, known and allowed"),
    ),
    Closing(
        resolution=Resolution.TRUE_POSITIVE, label="True positive", key="t",
        notes=("Blocked in front of the API", "The client was shut out", "Handed on as an incident"),
    ),
    Closing(
        resolution=Resolution.DUPLICATE, label="Duplicate", key="m",
        notes=("Same attack, other rule", "Same attack, other source"),
    ),
)  # fmt: skip


class TriageForm(forms.Form):
    """One thing that a person does with an alert."""

    act = forms.ChoiceField(choices=[(act.value, act.value) for act in Act if act != Act.UNDONE])
    resolution = forms.ChoiceField(
        choices=[("", ""), *((word.value, word.label) for word in Resolution)], required=False
    )
    hours = forms.ChoiceField(choices=[("", ""), *SNOOZES], required=False)
    assignee = forms.CharField(required=False, max_length=254)
    note = forms.CharField(required=False, max_length=LONGEST_NOTE)
    preset = forms.CharField(required=False, max_length=LONGEST_NOTE)

    def __init__(self, data: QueryDict, *, people: Sequence[tuple[str, str]]) -> None:
        """Take what was sent; an alert may be assigned to these people (e-mail address, name) or to nobody."""
        super().__init__(data)
        self._people = {email for email, _ in people}

    def clean_assignee(self) -> User | None:
        """Return the person that an address means."""
        email = self.cleaned_data["assignee"].strip().lower()
        if not email:
            return None
        if email not in self._people:
            msg = "Choose somebody who may triage this alert."
            raise forms.ValidationError(msg)
        return User.objects.get(email=email)

    def said(self, *, now: datetime) -> Said:
        """Return what a person does; call after is_valid()."""
        given = self.cleaned_data
        hours = given["hours"]
        return Said(
            act=Act(given["act"]),
            until=now + timedelta(hours=int(hours)) if hours else None,
            resolution=Resolution(given["resolution"]) if given["resolution"] else None,
            assignee_id=given["assignee"].pk if given["assignee"] else None,
            note=given["preset"] or given["note"],
        )
