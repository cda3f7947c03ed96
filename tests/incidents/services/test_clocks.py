"""Legal clocks in a room: off until switched on, corrected in the open, stopped with what was filed."""

from datetime import timedelta

import pytest

from incidents.choices import ClockState
from incidents.errors import IncidentChanged, IncidentRefused
from incidents.models import Clock, Entry
from incidents.services.clocks import Filed, stop, switch_on
from inventory.access.models import StateChange
from tests.incidents.rooms import MINUTE, NOW, responder, room

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def test_no_clock_runs_before_a_person_switches_it_on() -> None:
    by = responder()
    one = room(by)
    assert not Clock.objects.exists()
    clock = switch_on(incident=one, rule="gdpr-33", aware_at=NOW - HOUR, seen=0, principal=by, now=NOW)
    assert clock.due_at == NOW + 71 * HOUR
    assert not Clock.objects.exclude(rule="gdpr-33").exists()


def test_a_corrected_moment_keeps_the_old_one_and_why() -> None:
    by = responder()
    one = room(by)
    switch_on(incident=one, rule="nydfs-72", aware_at=NOW - HOUR, principal=by, now=NOW)
    with pytest.raises(IncidentRefused, match="Say why"):
        switch_on(incident=one, rule="nydfs-72", aware_at=NOW - 2 * HOUR, principal=by, now=NOW)
    clock = switch_on(incident=one, rule="nydfs-72", aware_at=NOW - 2 * HOUR, reason="the mail", principal=by, now=NOW)
    assert clock.due_at == NOW + 70 * HOUR
    told = StateChange.objects.filter(kind="incident", verb="clock on").latest("id")
    assert told.old
    assert told.new
    assert told.old["aware_at"] > told.new["aware_at"]
    assert told.reason == "the mail"
    assert Entry.objects.filter(incident=one, note="the mail").exists()


def test_it_stops_once_with_a_reference_and_the_slower_is_told() -> None:
    by = responder()
    one = room(by)
    clock = switch_on(incident=one, rule="gdpr-33", aware_at=NOW - HOUR, principal=by, now=NOW)
    filed = Filed(state=ClockState.FILED, filed_at=NOW, reference="DPA 4711")
    stopped = stop(incident=one, rule="gdpr-33", filed=filed, seen=clock.version, principal=by, now=NOW)
    assert (stopped.state, stopped.reference) == ("filed", "DPA 4711")
    with pytest.raises(IncidentChanged):
        stop(incident=one, rule="gdpr-33", filed=filed, seen=clock.version, principal=by, now=NOW)
    with pytest.raises(IncidentRefused, match="already"):
        stop(incident=one, rule="gdpr-33", filed=filed, seen=None, principal=by, now=NOW)
    switch_on(incident=one, rule="gdpr-33", aware_at=NOW - HOUR, reason="more was found", principal=by, now=NOW)
    assert Clock.objects.get().reference == ""


def test_what_has_no_clock_or_makes_no_sense_is_refused() -> None:
    by = responder()
    one = room(by)
    with pytest.raises(IncidentRefused):
        switch_on(incident=one, rule="nothing", aware_at=NOW, principal=by, now=NOW)
    with pytest.raises(IncidentRefused):
        switch_on(incident=one, rule="gdpr-33", aware_at=NOW + MINUTE, principal=by, now=NOW)
    with pytest.raises(IncidentRefused):
        stop(incident=one, rule="gdpr-33", filed=Filed(state=ClockState.FILED), seen=None, principal=by, now=NOW)
