"""The pages of alerts: what is listed, what is shown to whom, and what people do there."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from incidents.models import Episode
from incidents.selectors.alert_crowds import CROWD
from inventory.access.choices import OrganisationRole
from inventory.access.models import User
from inventory.models import Api
from tests.inventory.access.people import person, team
from tests.posture.services.estates import make_api
from tests.posture.views.pages import FRAGMENT, signed_in, text_of

pytestmark = pytest.mark.django_db
HOSTILE = "<script>alert(1)</script>"


def episode(api: Api | None = None, **more: object) -> Episode:
    now, number = timezone.now(), Episode.objects.count()
    sample = {"at": now.isoformat(), "uid": "u", "method": "GET", "path": "/orders/{}", "where": "ARGS:q", "size": 34}
    facts = {
        "code": f"ALR-{number:010}", "key": str(number), "api": api, "source_kind": "wall", "rule": "942100",
        "title": f"Attack {number}", "severity": 4, "category": "API8", "outcome": "blocked", "actor": "198.51.100.7",
        "outcomes": {"blocked": 3}, "window_start": now, "first_at": now, "last_at": now, "recorded_at": now,
        "alerts": 3, "events": 3, "samples": [sample],
    }  # fmt: skip
    return Episode.objects.create(**{**facts, **more})


def client_of(*roles: OrganisationRole) -> Client:
    return signed_in(person(*roles))


def test_the_newest_come_first_and_those_that_wait_only() -> None:
    now = timezone.now()
    episode(last_at=now - timedelta(hours=2))
    episode()
    episode(state="closed", resolution="benign")
    page = text_of(client_of(OrganisationRole.ANALYST).get("/alerts/").content)
    assert page.index("Attack 1") < page.index("Attack 0")
    assert "Attack 2" not in page
    assert "2 open alerts, newest first" in page
    assert "15 min left" in page or "14 min left" in page


def test_filters_narrow_and_say_so() -> None:
    episode(severity=2)
    episode(source_kind="crowdsec")
    analyst = client_of(OrganisationRole.ANALYST)
    for asked, shown in {"severity=medium": "Attack 0", "source=crowdsec": "Attack 1", "q=ttack+1": "Attack 1"}.items():
        page = analyst.get(f"/alerts/?{asked}", headers=FRAGMENT).content.decode()
        assert re.findall(r"Attack \d", text_of(page.encode())) == [shown], asked
    assert "No alert matches" in analyst.get("/alerts/?state=snoozed").content.decode()
    assert "belong to no API yet" in text_of(analyst.get("/alerts/").content)


def test_the_auditor_sees_alerts_but_no_requests_and_does_nothing() -> None:
    one = episode()
    auditor = client_of(OrganisationRole.AUDITOR)
    page = auditor.get(f"/alerts/{one.code}/").content.decode()
    assert "Requests are not shown to your role." in page
    assert "ARGS:q" not in page
    assert "Triage is for: " in page
    assert auditor.post(f"/alerts/{one.code}/triage/", {"act": "acknowledged"}).status_code == 403
    assert "ARGS:q" in client_of(OrganisationRole.RESPONDER).get(f"/alerts/{one.code}/").content.decode()


def test_an_alert_out_of_sight_is_as_one_that_is_not_there() -> None:
    one = episode(make_api(team=team("Payments")))
    stranger: User = person(owner_of=team("Logistics"))
    client = signed_in(stranger)
    for address in (f"/alerts/{one.code}/", "/alerts/ALR-0000009999/"):
        assert client.get(address).status_code == 404
        assert client.post(f"{address}triage/", {"act": "acknowledged"}).status_code == 404
        assert client.post(f"{address}undo/").status_code == 404
    assert one.title not in text_of(client.get("/alerts/").content)


def test_an_alert_is_acknowledged_assigned_closed_and_taken_back_on_its_page() -> None:
    one, analyst = episode(make_api()), person(OrganisationRole.ANALYST)
    client, address = signed_in(analyst), f"/alerts/{one.code}/"
    assert client.post(f"{address}triage/", {"act": "acknowledged"}).status_code == 302
    client.post(f"{address}triage/", {"act": "assigned", "assignee": analyst.email})
    client.post(f"{address}triage/", {"act": "closed", "resolution": "benign", "preset": "Our own scanner or test"})
    page = client.get(address).content.decode()
    assert "as benign" in page
    assert "Our own scanner or test" in page
    assert "Acknowledged after under 1 min" in page
    step = re.search(r'name="step" value="(STP-\w+)"', page)
    assert step
    client.post(f"{address}undo/", {"step": step[1]})
    one.refresh_from_db()
    assert (one.state, one.assignee) == ("acknowledged", analyst)


@pytest.mark.parametrize(
    "sent", [{}, {"act": "undone"}, {"act": "closed"}, {"act": "snoozed"}, {"act": "snoozed", "hours": "3"},
             {"act": "noted", "note": ""}, {"act": "assigned", "assignee": "nobody@shop.example"}],
)  # fmt: skip
def test_what_cannot_be_done_is_told_on_the_page(sent: dict[str, str]) -> None:
    one = episode()
    answer = client_of(OrganisationRole.ANALYST).post(f"/alerts/{one.code}/triage/", sent)
    assert answer.status_code == 422
    assert b'role="alert"' in answer.content


def test_hostile_text_is_text() -> None:
    one = episode(title=HOSTILE, actor=HOSTILE, rule=HOSTILE, path=f"/{HOSTILE}")
    client = client_of(OrganisationRole.ANALYST)
    for address in ("/alerts/", f"/alerts/{one.code}/"):
        assert HOSTILE not in client.get(address).content.decode()


def test_many_alerts_of_one_client_are_one_line_that_opens_them_and_count_all_the_same() -> None:
    for _ in range(CROWD):
        episode(actor="203.0.113.1", severity=2)
    episode(actor="198.51.100.1")
    analyst = client_of(OrganisationRole.ANALYST)
    page = analyst.get("/alerts/").content
    told = text_of(page)
    assert f"{CROWD} alerts from 203.0.113.1" in told
    assert re.findall(r"Attack \d+", told) == [f"Attack {CROWD}"]
    assert f"{CROWD + 1} open alerts" in told
    assert f"1 of {CROWD + 1}, {CROWD} in one line for each client" in told
    one = text_of(analyst.get("/alerts/?actor=203.0.113.1").content)
    assert len(re.findall(r"Attack \d+", one)) == CROWD
    assert "203.0.113.1" not in text_of(analyst.get("/alerts/?severity=critical").content)
    [link] = re.findall(r'href="(/alerts/together/\?list=[^"]+)"', page.decode())
    assert f"{CROWD} alerts" in text_of(analyst.get(link.replace("&amp;", "&")).content)


def test_several_are_looked_at_closed_together_and_taken_back() -> None:
    api, analyst = make_api(), person(OrganisationRole.ANALYST)
    rows = [episode(api) for _ in range(3)]
    client = signed_in(analyst)
    chosen = {"alert": [row.code for row in rows[:2]], "back": "severity=high"}
    preview = client.get("/alerts/together/", {**chosen, "act": "closed"}).content.decode()
    assert "Close: 2 alerts" in text_of(preview.encode())
    assert not Episode.objects.filter(state="closed").exists()
    [seen] = set(re.findall(r'name="seen" value="(\d+)"', preview))
    sent = {**chosen, "act": "closed", "resolution": "benign", "preset": "Our own scanner or test", "seen": seen}
    answer = client.post("/alerts/together/", sent)
    assert answer.headers["Location"] == "/alerts/?severity=high"
    assert Episode.objects.filter(state="closed", resolution="benign").count() == 2
    assert "Undo: 2 alerts closed" in text_of(client.get("/alerts/").content)
    client.post("/alerts/together/undo/")
    assert not Episode.objects.filter(state="closed").exists()
    assert "Undo: " not in text_of(client.get("/alerts/").content)


def test_who_was_slower_with_many_is_told_who_was_faster_and_nothing_changes() -> None:
    rows = [episode(make_api()) for _ in range(2)]
    first, second = person(OrganisationRole.ANALYST), client_of(OrganisationRole.RESPONDER)
    sent = {"alert": [row.code for row in rows], "act": "closed", "resolution": "benign", "seen": "0"}
    signed_in(first).post(f"/alerts/{rows[0].code}/triage/", {"act": "noted", "note": "Mine"})
    answer = second.post("/alerts/together/", sent)
    assert answer.status_code == 409
    assert f"{first.name} was faster: {rows[0].code} was noted" in text_of(answer.content)
    assert not Episode.objects.filter(state="closed").exists()


def test_what_is_not_ones_own_is_left_out_and_no_one_else_takes_it_back() -> None:
    crew = team("Payments")
    own, foreign = episode(make_api(team=crew)), episode(make_api(team=team("Logistics")))
    member = signed_in(person(member_of=crew))
    sent = {"alert": [own.code, foreign.code], "act": "acknowledged"}
    assert foreign.code not in text_of(member.get("/alerts/together/", sent).content)
    member.post("/alerts/together/", sent)
    assert Episode.objects.get(state="acknowledged") == own
    assert member.post("/alerts/together/", sent).status_code == 422
    other = client_of(OrganisationRole.ANALYST)
    other.post("/alerts/together/undo/")
    assert Episode.objects.filter(state="acknowledged").exists()
    auditor = client_of(OrganisationRole.AUDITOR)
    assert auditor.get("/alerts/together/", sent).status_code == 403
    assert 'name="alert"' not in auditor.get("/alerts/").content.decode()
