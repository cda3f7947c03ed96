"""Incidents from alerts, and what the score feels of them, with commits that are real."""

from incidents.choices import Level, Seat, Stage
from incidents.models import Entry, Episode, Incident, Link, Participant
from incidents.services.incidents import Declared, Stated, change, declare, link, move
from inventory.access.models import StateChange
from inventory.models import Api
from posture.models import CurrentScore
from tests.findings.reports import analyst, settle
from tests.incidents.attacks import NOW as THEN
from tests.incidents.attacks import alert, bring, describe, document
from tests.incidents.rooms import MINUTE, NOW, responder, room


def stated(incident: Incident, **more: object) -> Stated:
    held = {"title": incident.title, "summary": incident.summary, "level": Level(incident.level), "restricted": False}
    return Stated(**{**held, **more})  # type: ignore[arg-type]  # by name


def score_of(api: Api) -> float:
    return float(CurrentScore.objects.get(api=api).score)


def test_an_alert_becomes_an_incident_once_with_who_declares_it_in_command(fresh_database: str) -> None:
    bringer = analyst()
    describe(bringer)
    bring(document(alert(1, severity="critical")), bringer)
    told, by = Episode.objects.get(), responder()
    said = Declared(title="Orders read", level=Level.SEV2, alerts=(told,))
    first = declare(said=said, principal=by, now=THEN)
    assert declare(said=said, principal=bringer, now=THEN) == first
    assert Incident.objects.count() == 1
    assert {row.api_id or row.episode_id for row in Link.objects.all()} == {told.api_id, told.pk}
    assert Participant.objects.get().seat == Seat.COMMANDER
    assert first.detected_at == told.first_at
    lines = list(Entry.objects.order_by("happened_at", "pk").values_list("kind", "text"))
    assert lines[0] == ("attacker_action", f"Alert {told.code}: {told.title}")
    assert StateChange.objects.filter(kind="incident", code=first.code, verb="declared").exists()
    told.refresh_from_db()
    assert (told.state, told.acknowledged_at) == ("acknowledged", THEN)
    assert StateChange.objects.get(kind="alert", verb="acknowledged").reason == f"It is part of {first.code}."


def test_an_alert_that_is_added_is_acknowledged_and_of_a_restricted_incident_does_not_say_why(
    fresh_database: str,
) -> None:
    bringer, by = analyst(), responder()
    describe(bringer)
    bring(document(alert(1, severity="critical"), alert(2, rule="other", severity="high")), bringer)
    first, second = Episode.objects.order_by("pk")
    said = Declared(title="Orders read", level=Level.SEV2, alerts=(first,), restricted=True)
    one = declare(said=said, principal=by, now=NOW)
    link(incident=one, thing=second, principal=by, now=NOW)
    assert set(Episode.objects.values_list("state", flat=True)) == {"acknowledged"}
    told = StateChange.objects.filter(kind="alert", verb="acknowledged")
    assert {(row.code, row.reason) for row in told} == {(first.code, ""), (second.code, "")}


def test_the_score_feels_an_open_incident_by_its_severity_and_forgets_it_when_it_ceases(fresh_database: str) -> None:
    bringer, by = analyst(), responder()
    describe(bringer)
    api = Api.objects.get()
    before = score_of(api)
    one = room(by, api, level=Level.SEV3)
    settle(now=NOW)
    at_three = score_of(api)
    assert at_three > before
    change(incident=one, said=stated(one, level=Level.SEV1), seen=None, principal=by, now=NOW + MINUTE)
    settle(now=NOW + MINUTE)
    assert score_of(api) > at_three
    for to in (Stage.TRIAGE, Stage.CANCELLED):
        move(incident=one, to=to, reason="an exercise of somebody else", seen=None, principal=by, now=NOW + MINUTE)
    settle(now=NOW + 2 * MINUTE)
    assert score_of(api) == before


def test_taking_an_api_off_lets_its_score_forget(fresh_database: str) -> None:
    bringer, by = analyst(), responder()
    describe(bringer)
    api = Api.objects.get()
    settle(now=NOW)
    before = score_of(api)
    one = room(by, api)
    settle(now=NOW)
    assert score_of(api) > before
    link(incident=one, thing=api, undo=True, principal=by, now=NOW)
    settle(now=NOW + MINUTE)
    assert score_of(api) == before
