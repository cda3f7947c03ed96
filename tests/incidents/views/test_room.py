"""What people do in a room by its forms: done once, told when refused, 409 with what the other did."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from incidents.models import Clock, Entry, Incident, IncidentTask, Link, Participant, PlaybookRun
from inventory.access.choices import OrganisationRole
from tests.incidents.views.test_incidents import client_of, declared
from tests.inventory.access.people import person, team
from tests.posture.services.estates import make_api
from tests.posture.views.pages import signed_in, text_of

pytestmark = pytest.mark.django_db
RESPONDER = OrganisationRole.RESPONDER


@pytest.fixture
def room() -> Incident:
    return declared(make_api())


@pytest.fixture
def client() -> Client:
    return client_of(RESPONDER)


def send(client: Client, room: Incident, what: str, /, **told: object) -> int:
    return client.post(
        f"/incidents/{room.code}/{what}/", {name: str(value) for name, value in told.items()}
    ).status_code


def local(**ago: int) -> str:
    return f"{timezone.now() - timedelta(**ago):%Y-%m-%dT%H:%M}"


def test_everything_a_room_offers_is_done(client: Client, room: Incident) -> None:
    somebody, api = person(RESPONDER), make_api(code="API-Z")
    acts: list[tuple[str, dict[str, object]]] = [
        ("facts", {"seen": 1, "title": "Other", "level": "SEV1", "summary": "s"}),
        ("people", {"seat": "scribe", "who": somebody.email, "seen": 0}),
        ("people", {"who": person().email, "reason": "knows it"}),
        ("links", {"code": api.code.lower()}),
        ("playbook", {"playbook": "bola-scraping", "seen": 0}),
        ("step", {"step": "1.1", "act": "done", "note": "ALR-1", "seen": 0}),
        ("clock", {"rule": "gdpr-33", "to": "running", "moment": local(hours=1), "seen": 0}),
        ("clock", {"rule": "gdpr-33", "to": "filed", "moment": local(), "reference": "DPA 1", "seen": 1}),
        ("entry", {"kind": "observation", "text": "calls stopped", "happened_at": local(minutes=5)}),
        ("task", {"title": "Call them", "who": somebody.email, "due": local()}),
        ("evidence", {}),
        ("stage", {"to": "containment", "reason": "", "seen": 2}),
    ]
    for act, told in acts:
        assert send(client, room, act, **told) == 302, (act, told)
    room.refresh_from_db()
    assert (room.title, room.level, room.stage) == ("Other", "SEV1", "containment")
    assert Participant.objects.filter(incident=room, seat="scribe", user=somebody).exists()
    assert Link.objects.filter(incident=room, api=api).exists()
    assert Clock.objects.get().reference == "DPA 1"
    assert IncidentTask.objects.get().assignee == somebody
    page = text_of(client.get(f"/incidents/{room.code}/").content)
    for words in ("calls stopped", "Call them", "DPA 1", "1 of 32 steps", "SHA-256", "Filed", "3 in the room"):
        assert words in page, words


def test_no_playbook_is_chosen_for_anybody_where_none_is_known_to_fit(client: Client, room: Incident) -> None:
    page = client.get(f"/incidents/{room.code}/").content.decode()
    assert '<option value="">Choose a playbook</option>' in page
    assert send(client, room, "playbook", playbook="", seen=0) == 422
    assert send(client, room, "playbook", playbook="ssrf", seen=0) == 302
    assert "Choose a playbook" not in client.get(f"/incidents/{room.code}/").content.decode()


def test_the_slower_of_two_is_told_with_409_and_sees_what_stands(client: Client, room: Incident) -> None:
    other = client_of(RESPONDER)
    sent = {"title": "First", "level": "SEV2", "seen": 1}
    assert send(other, room, "facts", **sent) == 302
    answer = client.post(f"/incidents/{room.code}/facts/", {**sent, "title": "Second"})
    assert answer.status_code == 409
    page = text_of(answer.content)
    assert "somebody else changed this incident" in page
    assert "You wrote: “Second”" in page
    assert "First" in page


@pytest.mark.parametrize(
    ("act", "told"),
    [
        ("facts", {}), ("facts", {"title": "x", "level": "SEV4"}), ("stage", {"to": "monitoring"}),
        ("stage", {"to": "x"}),
        ("stage", {"to": "closed", "reason": "x"}),
        ("entry", {"kind": "observation"}), ("entry", {"kind": "state", "text": "x"}),
        ("entry", {"kind": "observation", "text": "x", "corrects": "ENT-NOTHING"}),
        ("people", {}), ("people", {"who": "nobody@test.example"}), ("people", {"seat": "king", "who": ""}),
        ("links", {}), ("links", {"code": "API-NOTHING"}), ("links", {"code": "FND-NOTHING"}),
        ("playbook", {"playbook": "nothing"}), ("step", {"step": "1.1", "act": "done"}),
        ("clock", {"rule": "gdpr-33", "to": "running"}), ("clock", {"rule": "gdpr-33", "to": "filed"}),
        ("clock", {"rule": "gdpr-33", "to": "running", "moment": "yesterday"}), ("task", {}),
        ("task", {"title": "x", "due": "9999-12-31T23:59"}), ("task", {"title": "x", "due": "2026-01-01T00:00+23:59"}),
        ("entry", {"kind": "observation", "text": "x", "happened_at": "0001-01-01T00:00"}),
        ("clock", {"rule": "gdpr-33", "to": "running", "moment": "0001-01-01T00:00"}),
        ("task", {"task": "TSK-NOTHING", "state": "done"}), ("close", {}), ("close", {"lessons": "x"}),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_told_and_changes_nothing(
    client: Client, room: Incident, act: str, told: dict[str, str]
) -> None:
    lines = Entry.objects.count()
    answer = client.post(f"/incidents/{room.code}/{act}/", told)
    assert answer.status_code == 422
    assert b'role="alert"' in answer.content
    assert Entry.objects.count() == lines


def test_it_is_closed_by_its_page_and_opened_again(client: Client, room: Incident) -> None:
    somebody = person()
    assert "It closes from “Reviewing”" in text_of(client.get(f"/incidents/{room.code}/close/").content)
    for to in ("containment", "eradication", "recovery", "monitoring", "post_incident"):
        assert send(client, room, "stage", to=to, reason="on") == 302
    review = {
        "lessons": "Ask who owns it", "went_well": "Quick", "action1-title": "Test each route",
        "action1-who": somebody.email, "action1-due": "2099-01-31", "seen": 6,
    }  # fmt: skip
    assert (
        client.post(f"/incidents/{room.code}/close/", review | {"action1-who": "nobody@x.example"}).status_code == 422
    )
    assert send(client, room, "close", **review) == 302
    page = text_of(client.get(f"/incidents/{room.code}/").content)
    for told in ("Closed", "Ask who owns it", "Test each route", str(somebody)):
        assert told in page, told
    assert send(client, room, "stage", to="triage") == 422
    assert send(client, room, "stage", to="triage", reason="it is back") == 302
    room.refresh_from_db()
    assert room.stage == "triage"


def test_a_step_that_was_never_done_presses_nobody_once_the_incident_is_over(client: Client, room: Incident) -> None:
    assert send(client, room, "playbook", playbook="bola-scraping", seen=0) == 302
    PlaybookRun.objects.update(started_at=timezone.now() - timedelta(days=9))
    late = 'class="sla overdue"'
    assert late in client.get(f"/incidents/{room.code}/").content.decode()
    Incident.objects.filter(pk=room.pk).update(stage="closed", ended_at=timezone.now())
    assert late not in client.get(f"/incidents/{room.code}/").content.decode()


def test_a_correction_stands_beside_what_it_corrects(client: Client, room: Incident) -> None:
    send(client, room, "entry", kind="observation", text="12 calls")
    page = client.get(f"/incidents/{room.code}/").content.decode()
    code = page.split("12 calls")[0].rpartition('<li id="')[2].partition('"')[0]
    assert send(client, room, "entry", kind="observation", text="21 calls", corrects=code) == 302
    assert send(client, room, "entry", kind="observation", text="22 calls", corrects=code) == 409
    page = text_of(client.get(f"/incidents/{room.code}/").content)
    assert "12 calls corrected" in page
    assert "21 calls" in page


def test_those_without_the_right_are_told_who_has_it(room: Incident) -> None:
    for role in (OrganisationRole.AUDITOR, OrganisationRole.ADMINISTRATOR):
        answer = signed_in(person(role)).post(f"/incidents/{room.code}/entry/", {"kind": "observation", "text": "x"})
        assert answer.status_code == 403
        assert b"Responder" in answer.content


def test_a_room_says_that_nobody_commands_until_somebody_does(client: Client) -> None:
    held, commander = team(), person(RESPONDER)
    api, owner = make_api(team=held), signed_in(person(owner_of=held))
    owner.post("/incidents/new/", {"title": "Orders read", "level": "SEV2", "api": api.code})
    one = Incident.objects.get()
    assert "Nobody commands All who could are told." in text_of(owner.get(f"/incidents/{one.code}/").content)
    assert send(client, one, "people", seat="incident_commander", who=commander.email, seen=0) == 302
    assert "Nobody commands" not in text_of(owner.get(f"/incidents/{one.code}/").content)
