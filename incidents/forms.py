"""What people fill in about an alert."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django import forms
from django.http import QueryDict

from incidents.choices import WRITTEN, Act, ClockState, Level, Resolution, Seat, Stage, StepAct, TaskState
from incidents.transitions.triage import LONGEST_NOTE, Said
from inventory.access.days import in_calendar
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


class WithPeople(forms.Form):
    """A form in which somebody is named by their e-mail address; nobody is a choice."""

    who = forms.EmailField(required=False, max_length=254)

    def clean_who(self) -> User | None:
        """Return the person that an address means; whoever acts on incidents may name anybody active."""
        email = self.cleaned_data["who"].strip().lower()
        found = User.objects.filter(email=email, is_active=True).first() if email else None
        if email and found is None:
            msg = "There is nobody with this address whose account is open."
            raise forms.ValidationError(msg)
        return found


class Seen(forms.Form):
    """What a person saw: the version of what they act on, for telling them of somebody who was faster."""

    seen = forms.IntegerField(required=False)


class FactsForm(Seen):
    """An incident's own facts."""

    title = forms.CharField(max_length=300, error_messages={"required": "An incident has a title."})
    summary = forms.CharField(required=False, max_length=10_000)
    level = forms.ChoiceField(choices=[(level.value, level.value) for level in Level])
    restricted = forms.BooleanField(required=False)
    reason = forms.CharField(required=False, max_length=4_000)

    def clean_level(self) -> Level:
        """Return the severity."""
        return Level(self.cleaned_data["level"])


class DeclareForm(FactsForm):
    """A new incident: what it is called, how grave it is, and the API it harms, if one is known."""

    api = forms.CharField(
        required=False, max_length=300,
        error_messages={"required": "Name the API it harms: you declare incidents on the APIs of your teams."},
    )  # fmt: skip
    alert = forms.CharField(required=False, max_length=20)

    def __init__(self, *args: Any, needs_api: bool, **kwargs: Any) -> None:
        """Ask for the API of those who may not declare without one."""
        super().__init__(*args, **kwargs)
        self.fields["api"].required = needs_api


class MoveForm(Seen):
    """Where an incident goes."""

    to = forms.ChoiceField(choices=[(stage.value, stage.label) for stage in Stage])
    reason = forms.CharField(required=False, max_length=4_000)


class EntryForm(forms.Form):
    """An entry of the timeline, or the correction of one."""

    kind = forms.ChoiceField(choices=[(kind.value, kind.label) for kind in WRITTEN])
    text = forms.CharField(max_length=10_000, error_messages={"required": "Write something."})
    happened_at = forms.DateTimeField(required=False, validators=[in_calendar])
    corrects = forms.CharField(required=False, max_length=30)


class SeatForm(Seen, WithPeople):
    """Who takes a seat; without a seat somebody joins, or leaves."""

    seat = forms.ChoiceField(choices=[("", ""), *((seat.value, seat.label) for seat in Seat)], required=False)
    leaves = forms.BooleanField(required=False)
    reason = forms.CharField(required=False, max_length=1_000)


class LinkForm(forms.Form):
    """What an incident is about, by its code."""

    code = forms.CharField(
        max_length=20, error_messages={"required": "Name an API, an alert or a finding by its code."}
    )
    undo = forms.BooleanField(required=False)


class FollowForm(Seen):
    """Which playbook to follow."""

    playbook = forms.CharField(max_length=60)


class StepForm(Seen):
    """What is said of a step."""

    step = forms.CharField(max_length=40)
    act = forms.ChoiceField(choices=[(act.value, act.value) for act in StepAct])
    note = forms.CharField(required=False, max_length=10_000)


class ClockForm(Seen):
    """A clock: switched on at a moment, or stopped."""

    rule = forms.CharField(max_length=20)
    to = forms.ChoiceField(choices=[(state.value, state.value) for state in ClockState])
    moment = forms.DateTimeField(required=False, validators=[in_calendar])
    reference = forms.CharField(required=False, max_length=300)
    reason = forms.CharField(required=False, max_length=4_000)


class TaskForm(WithPeople):
    """A new task."""

    title = forms.CharField(max_length=300, error_messages={"required": "Say what is to be done."})
    due = forms.DateTimeField(required=False, validators=[in_calendar])


class TaskEndForm(Seen):
    """What became of a task."""

    task = forms.CharField(max_length=30)
    state = forms.ChoiceField(choices=[(state.value, state.value) for state in TaskState])


class ReviewForm(Seen):
    """The review that an incident closes with; up to three actions, each with somebody who sees to it."""

    what_happened = forms.CharField(required=False, max_length=10_000)
    went_well = forms.CharField(required=False, max_length=10_000)
    went_badly = forms.CharField(required=False, max_length=10_000)
    detection_gap = forms.CharField(required=False, max_length=10_000)
    lessons = forms.CharField(required=False, max_length=10_000)

    def learned(self) -> dict[str, str]:
        """Return what was written, by its part; call after is_valid()."""
        return {name: text for name, text in self.cleaned_data.items() if name != "seen"}


class ActionForm(WithPeople):
    """One action of a review."""

    title = forms.CharField(required=False, max_length=300)
    due = forms.DateField(required=False, validators=[in_calendar])
