"""What people who manage people fill in."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils import timezone

from inventory.access.choices import OrganisationRole, TeamRole
from inventory.access.days import in_calendar

INPUT = {"class": "input"}
PRINTABLE = RegexValidator(
    r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*\Z", "Write it in one line, without control characters."
)

Teams = Sequence[tuple[str, str]]


def name_field(label: str) -> forms.CharField:
    """Return a field for the name of a person or team."""
    widget = forms.TextInput(attrs={**INPUT, "autocomplete": "off"})
    return forms.CharField(label=label, max_length=120, validators=[PRINTABLE], widget=widget)


class TeamForm(forms.Form):
    """The name of a team."""

    name = name_field("Name")


class MemberForm(forms.Form):
    """Who is in a team, as what."""

    email = forms.EmailField(
        label="Email", max_length=254, widget=forms.EmailInput(attrs={**INPUT, "autocomplete": "off"})
    )
    role = forms.TypedChoiceField(
        label="As", choices=TeamRole.choices, coerce=TeamRole, initial=TeamRole.MEMBER, widget=forms.Select(attrs=INPUT)
    )


class InvitationForm(forms.Form):
    """Somebody new, and what they will be."""

    email = forms.EmailField(
        label="Email",
        max_length=254,
        widget=forms.EmailInput(attrs={**INPUT, "autocomplete": "off", "autofocus": True}),
    )
    name = name_field("Name")
    roles = forms.TypedMultipleChoiceField(
        label="Roles for the whole organisation",
        choices=OrganisationRole.choices,
        coerce=OrganisationRole,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    team = forms.ChoiceField(label="Team", required=False, widget=forms.Select(attrs=INPUT))
    team_role = forms.TypedChoiceField(
        label="As",
        choices=TeamRole.choices,
        coerce=TeamRole,
        initial=TeamRole.MEMBER,
        required=False,
        empty_value=TeamRole.MEMBER,
        widget=forms.Select(attrs=INPUT),
    )

    def __init__(self, *args: Any, teams: Teams, **kwargs: Any) -> None:
        """Offer these teams, as (slug, name)."""
        super().__init__(*args, **kwargs)
        field = self.fields["team"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [("", "No team yet"), *teams]


class RoleForm(forms.Form):
    """A role for the whole organisation, until the end of a day or without end."""

    role = forms.TypedChoiceField(
        label="Role", choices=OrganisationRole.choices, coerce=OrganisationRole, widget=forms.Select(attrs=INPUT)
    )
    until = forms.DateField(
        label="Until the end of",
        required=False,
        validators=[in_calendar],
        widget=forms.DateInput(attrs={**INPUT, "type": "date"}, format="%Y-%m-%d"),
    )

    def end(self) -> datetime | None:
        """Return when the role ends, in the zone of who gives it; call after is_valid()."""
        day: date | None = self.cleaned_data["until"]
        if day is None:
            return None
        return datetime.combine(day + timedelta(days=1), time.min, tzinfo=timezone.get_current_timezone())


class LeavingForm(forms.Form):
    """Who takes over what somebody answers for."""

    successor = forms.EmailField(
        label="Successor",
        max_length=254,
        required=False,
        help_text="Email of the person who takes it all over.",
        widget=forms.EmailInput(attrs={**INPUT, "autocomplete": "off"}),
    )
    nobody = forms.BooleanField(label="Nobody takes it over: it stays without an owner", required=False)
