"""The demo's incident is declared by the services, says nothing of a time before it, and is worth looking at."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from incidents.models import Clock, Entry, Episode, Evidence, Incident, Participant, PlaybookRun, StepMark
from inventory.access.models import StateChange
from posture.services.demo.loading import begin
from tests.posture.services.demo.small import go_on, keep_small

pytestmark = pytest.mark.usefixtures("fresh_database")


def test_an_incident_is_opened_of_what_the_alerts_tell_and_nothing_in_it_is_dated_back(
    settings: Settings, tmp_path: Path
) -> None:
    keep_small(settings, tmp_path)
    before = timezone.now()
    begin(now=before)
    go_on()
    incident, alert = Incident.objects.get(), Episode.objects.get()
    assert (incident.title, incident.level) == (f"{alert.title} on Orders", "SEV2")
    assert incident.ended_at is None
    assert incident.detected_at == alert.first_at
    assert incident.declared_at > before
    assert set(Participant.objects.values_list("user__email", "seat")) == {
        ("responder@demo.example", "incident_commander"),
        ("analyst@demo.example", "scribe"),
        ("logistics.owner@demo.example", "api_owner"),
    }
    assert PlaybookRun.objects.get().playbook.slug == "bola-scraping"
    assert sorted(StepMark.objects.values_list("step", "act")) == [(f"1.{n}", "done") for n in range(1, 5)]
    assert Evidence.objects.get().by.email == "responder@demo.example"
    clock = Clock.objects.get()
    assert (clock.rule, clock.due_at - clock.aware_at) == ("gdpr-33", timedelta(hours=72))
    assert clock.aware_at == incident.declared_at
    assert not Entry.objects.filter(at__lt=incident.declared_at).exists()
    # All that is older is when the alert began, as the alert tells it.
    assert Entry.objects.filter(happened_at__lt=incident.declared_at).get().happened_at == alert.first_at
    told = StateChange.objects.filter(kind="incident", code=incident.code, actor_name="Demo responder")
    verbs = set(told.values_list("verb", flat=True))
    assert {"declared", "seated", "follows", "step done", "froze", "clock on"} <= verbs
