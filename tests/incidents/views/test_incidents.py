"""The pages of incidents: what is listed and shown to whom, and a room that answers only when something happened."""

import csv
import io
import re

import pytest
from django.test import Client
from django.utils import timezone

from incidents.choices import EntryKind, Level
from incidents.models import Entry, Incident
from incidents.services.incidents import Declared, declare
from incidents.services.timeline import add_entry
from inventory.access.choices import OrganisationRole
from inventory.access.selectors import principal_of
from inventory.models import Api
from tests.incidents.views.test_alerts import HOSTILE, episode
from tests.inventory.access.people import person, team
from tests.posture.services.estates import make_api
from tests.posture.views.pages import FRAGMENT, signed_in, text_of

pytestmark = pytest.mark.django_db
RESPONDER = OrganisationRole.RESPONDER


def declared(*apis: Api, title: str = "Orders read", restricted: bool = False) -> Incident:
    now = timezone.now()
    by = principal_of(person(RESPONDER), now=now)
    said = Declared(title=title, level=Level.SEV2, apis=apis, restricted=restricted)
    return declare(said=said, principal=by, now=now)


def client_of(*roles: OrganisationRole) -> Client:
    return signed_in(person(*roles))


def test_an_alert_is_declared_with_what_is_known_of_it_and_leads_to_its_room() -> None:
    one = episode(make_api(name="Tolls"), category="API1", outcome="succeeded")
    client = client_of(RESPONDER)
    assert f"/incidents/new/?alert={one.code}" in client.get(f"/alerts/{one.code}/").content.decode()
    form = client.get(f"/incidents/new/?alert={one.code}").content.decode()
    assert 'value="Attack 0 on Tolls"' in form
    assert re.search(r'value="SEV2" checked', form)
    sent = client.post("/incidents/new/", {"alert": one.code, "title": "Tolls read", "level": "SEV2"})
    incident = Incident.objects.get()
    assert sent["Location"] == f"/incidents/{incident.code}/"
    page = text_of(client.get(sent["Location"]).content)
    assert "Tolls read" in page
    assert "Off GDPR Art. 33(1), 72 hours" in page
    alert = client.get(f"/alerts/{one.code}/").content.decode()
    assert incident.code in alert
    assert "/incidents/new/" not in re.sub(r'(?s)id="palette".*', "", alert).split("<main")[1]


@pytest.mark.parametrize("sent", [{}, {"title": " ", "level": "SEV1"}, {"title": "x"}, {"title": "x", "level": "SEV9"},
                                  {"title": "x", "level": "SEV1", "api": "nowhere"}])  # fmt: skip
def test_what_cannot_be_declared_is_told_with_what_was_written(sent: dict[str, str]) -> None:
    answer = client_of(RESPONDER).post("/incidents/new/", {"summary": "what I know", **sent})
    assert answer.status_code == 422
    assert b'role="alert"' in answer.content
    assert b"what I know" in answer.content
    assert not Incident.objects.exists()


def test_the_owner_of_a_team_is_asked_for_the_api_before_they_declare() -> None:
    """They may on the APIs of their team; an incident on none is the organisation's."""
    held = team()
    api, client = make_api(team=held), signed_in(person(owner_of=held))
    form = client.get("/incidents/new/").content.decode()
    assert re.search(r'<input[^>]* name="api"[^>]* required', form)
    sent = {"title": "Read by strangers", "level": "SEV2", "summary": "what I know"}
    answer = client.post("/incidents/new/", sent)
    assert answer.status_code == 422
    assert "Name the API it harms" in text_of(answer.content)
    assert b"what I know" in answer.content
    assert not Incident.objects.exists()
    declared_now = client.post("/incidents/new/", {**sent, "api": api.code}, follow=True)
    assert "Nobody commands it yet: all who could are told." in text_of(declared_now.content)
    of_one = client.get(f"/incidents/new/?alert={episode(api).code}").content.decode()
    assert not re.search(r'<input[^>]* name="api"[^>]* required', of_one)


def test_the_list_has_those_that_are_not_over_and_filters_say_what_they_do() -> None:
    api = make_api(name="Tolls")
    live, over = declared(api), declared(title="Long gone")
    Incident.objects.filter(pk=over.pk).update(stage="closed", ended_at=timezone.now())
    auditor = client_of(OrganisationRole.AUDITOR)
    page = text_of(auditor.get("/incidents/").content)
    assert "1 open incident, newest first" in page
    assert "Tolls" in page
    assert "Long gone" not in page
    assert "Long gone" in text_of(auditor.get("/incidents/?stage=closed").content)
    assert live.code in text_of(auditor.get(f"/incidents/?q={live.code}", headers=FRAGMENT).content)
    assert "No incident matches" in text_of(auditor.get("/incidents/?severity=SEV4").content)
    assert 'href="/incidents/new/"' not in auditor.get("/incidents/").content.decode()
    assert 'href="/incidents/new/"' in client_of(RESPONDER).get("/incidents/").content.decode()


def test_a_room_answers_its_part_only_when_something_happened() -> None:
    one, client = declared(), client_of(RESPONDER)
    page = client.get(f"/incidents/{one.code}/").content.decode()
    seen = re.search(r"\?seen=(\d+)", page)
    assert seen
    there = f"/incidents/{one.code}/?seen={seen[1]}"
    assert client.get(there, headers=FRAGMENT).status_code == 204
    now = timezone.now()
    by = principal_of(person(RESPONDER), now=now)
    add_entry(incident=one, kind=EntryKind.OBSERVATION, text="calls stopped", principal=by, now=now)
    part = client.get(there, headers=FRAGMENT)
    assert part.status_code == 200
    assert "calls stopped" in part.content.decode()
    assert "<html" not in part.content.decode()


def test_who_only_looks_has_nothing_to_press_and_sees_no_api_of_others() -> None:
    crew = team("Payments")
    one = declared(make_api(team=crew, name="Tolls"), make_api(name="Quarry"))
    page = signed_in(person(member_of=crew)).get(f"/incidents/{one.code}/").content.decode()
    assert "<form" not in page.split("<main")[1].split("</main>")[0]
    assert "You may look." in page
    assert "Tolls" in page
    assert "Quarry" not in page
    assert "And 1 more that you may not see." in text_of(page.encode())


def test_a_restricted_incident_is_as_one_that_is_not_there() -> None:
    one = declared(make_api(), restricted=True)
    for address in (f"/incidents/{one.code}/", f"/incidents/{one.code}/timeline.csv", f"/incidents/{one.code}/close/"):
        assert client_of(OrganisationRole.ANALYST).get(address).status_code == 404
    assert client_of(OrganisationRole.ANALYST).post(f"/incidents/{one.code}/entry/").status_code == 404
    assert client_of(OrganisationRole.SECURITY_MANAGER).get(f"/incidents/{one.code}/").status_code == 200


def test_hostile_text_is_text_on_pages_and_in_files() -> None:
    one = declared(make_api(name=HOSTILE), title=HOSTILE)
    client = client_of(RESPONDER)
    client.post(f"/incidents/{one.code}/entry/", {"kind": "observation", "text": f"={HOSTILE}"})
    for address in ("/incidents/", f"/incidents/{one.code}/", f"/incidents/{one.code}/close/"):
        assert HOSTILE not in client.get(address).content.decode()
    answer = client.get(f"/incidents/{one.code}/timeline.csv")
    told = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]  # it streams
    cells = [row[5] for row in csv.reader(io.StringIO(told))]
    assert f"'={HOSTILE}" in cells
    assert Entry.objects.filter(text=f"={HOSTILE}").exists()
