"""The queue: who sees what, in which order, decided one by one or together, taken back."""

import re
from datetime import timedelta
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from findings.models import Assignment, Decision, Finding
from findings.services.due import stamp_due
from inventory.access.choices import OrganisationRole
from inventory.access.models import User
from inventory.models import Api
from tests.inventory.access.people import person, team
from tests.posture.services.estates import make_api, make_finding, seen_by_a_scan
from tests.posture.views.pages import FRAGMENT, score, signed_in, text_of

pytestmark = pytest.mark.django_db
QUEUE = "/queue/"
TOGETHER = "/queue/together/"


def wait(api: Api | None, *, days_open: int = 1, **values: object) -> Finding:
    """Store a finding that was first seen so many days ago, with its due date."""
    row = make_finding(api, first_seen=timezone.now() - timedelta(days=days_open), **values)
    seen_by_a_scan(row)
    stamp_due(finding_ids=[row.pk], now=timezone.now())
    return row


def codes(client: Client, query: str = "") -> list[str]:
    """Return the codes of the queue's rows in order."""
    return re.findall(r'<li id="(FND-\w+)" data-row', client.get(f"{QUEUE}?{query}").content.decode())


def analyst() -> Client:
    return signed_in(person(OrganisationRole.ANALYST))


def test_what_is_due_first_stands_first_under_its_heading() -> None:
    api = make_api()
    later, over = wait(api), wait(api, days_open=40)
    none, soon = wait(api, severity=0), wait(api, days_open=30, severity=3, title="Soon")
    Finding.objects.filter(pk=soon.pk).update(first_seen=timezone.now() - timedelta(days=29, hours=12))
    stamp_due(now=timezone.now())
    client = analyst()
    assert codes(client) == [row.code for row in (over, soon, later, none)]
    heads = re.findall(r'<li class="day"><span class="grow">([^<]*)', client.get(QUEUE).content.decode())
    assert heads == ["Past the deadline", "Due within a day", "Later", "No deadline"]
    assert codes(client, "sort=severity")[-1] == none.code
    assert codes(client, "due=overdue") == [over.code]
    assert codes(client, "due=none") == [none.code]


def test_a_team_sees_its_own_and_what_is_decided_does_not_come_back() -> None:
    ours = team()
    mine, foreign = wait(make_api(team=ours)), wait(make_api())
    client = signed_in(person(member_of=ours))
    assert codes(client) == [mine.code]
    assert foreign.code not in client.get(f"{QUEUE}?step=all").content.decode()
    assert client.get(f"{QUEUE}{foreign.code}/", headers=FRAGMENT).status_code == HTTPStatus.NOT_FOUND
    client.post(f"/findings/{mine.code}/decide/", {"kind": "triaged"})
    assert codes(client) == []
    assert codes(client, "step=fix") == [mine.code]


def test_a_decision_in_the_queue_goes_on_to_the_next_and_can_be_taken_back() -> None:
    api = make_api()
    first, second = wait(api, days_open=40), wait(api)
    client = analyst()
    sent = {"kind": "false_positive", "preset": "Test or sample data", "queue": f"{QUEUE}?open={second.code}"}
    answer = client.post(f"/findings/{first.code}/decide/", sent)
    assert answer.headers["Location"] == f"{QUEUE}?open={second.code}"
    assert f"{first.code}: false positive" in text_of(client.get(answer.headers["Location"]).content)
    assert codes(client) == [second.code]
    back = client.post("/queue/undo/", {"back": QUEUE})
    assert back.headers["Location"] == f"{QUEUE}?open={first.code}"
    assert codes(client) == [first.code, second.code]
    again = client.post("/queue/undo/", {"back": QUEUE}, follow=True)
    assert "nothing to take back" in text_of(again.content)


def test_no_form_sends_anybody_out_of_the_queue() -> None:
    row = wait(make_api())
    client = analyst()
    sent = {"kind": "triaged", "queue": "https://evil.example/queue/"}
    assert client.post(f"/findings/{row.code}/decide/", sent).headers["Location"].startswith(f"/findings/{row.code}/")
    undone = client.post("/queue/undo/", {"back": "https://evil.example/?a=b"})
    assert undone.headers["Location"].startswith(QUEUE)


def form_of(page: bytes) -> dict[str, list[str] | str]:
    """Return the hidden fields of the form on the page of what is decided together."""
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.decode().partition("<main")[2])
    fields: dict[str, list[str] | str] = {name: value for name, value in found if name != "finding"}
    return {**fields, "finding": [value for name, value in found if name == "finding"]}


def test_several_are_shown_before_they_are_decided_and_taken_back_together() -> None:
    api = make_api()
    rows = [wait(api) for _ in range(3)]
    client = analyst()
    page = client.get(TOGETHER, {"finding": [row.code for row in rows], "act": "resolved"})
    assert "Resolved: 3 findings" in text_of(page.content)
    assert Decision.objects.count() == 0
    refused = client.post(TOGETHER, form_of(page.content))
    assert refused.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "Say why it is “Resolved”" in text_of(refused.content)
    client.post(TOGETHER, form_of(page.content) | {"reason": "Fixed in 2.4"})
    assert set(Finding.objects.values_list("status", flat=True)) == {"resolved"}
    assert "3 findings: resolved" in text_of(client.get(QUEUE).content)
    client.post("/queue/undo/", {"back": QUEUE})
    assert set(Finding.objects.values_list("status", flat=True)) == {"new"}


def test_who_decides_past_another_is_told_409_and_nothing_is_written() -> None:
    api = make_api()
    rows = [wait(api) for _ in range(2)]
    slow, quick = analyst(), signed_in(person(OrganisationRole.SECURITY_MANAGER))
    page = slow.get(TOGETHER, {"finding": [row.code for row in rows], "act": "triaged"})
    quick.post(f"/findings/{rows[0].code}/decide/", {"kind": "in_progress"})
    late = slow.post(TOGETHER, form_of(page.content))
    assert late.status_code == HTTPStatus.CONFLICT
    assert "somebody else decided a moment ago" in text_of(late.content)
    assert [row.kind for row in Decision.objects.all()] == ["in_progress"]


def test_the_same_weakness_elsewhere_is_offered_and_shown() -> None:
    one, other, unlike = make_api(), make_api(), make_api()
    first = wait(one, weakness_key="w1", days_open=40)
    same, taken = wait(other, weakness_key="w1"), wait(other, weakness_key="w1", status="triaged")
    wait(unlike, weakness_key="w2")
    client = analyst()
    sent = {"kind": "false_positive", "reason": "Prevented in front", "queue": QUEUE}
    client.post(f"/findings/{first.code}/decide/", sent)
    page = client.get(QUEUE).content.decode()
    assert "The same weakness is open in 1 other place" in text_of(page.encode())
    link = re.search(r'href="(/queue/together/[^"]*)"', page)
    assert link
    offered = urlsplit(link[1].replace("&amp;", "&"))
    assert parse_qs(offered.query)["reason"] == ["Prevented in front"]
    shown = client.get(offered.geturl()).content.decode()
    assert same.code in shown
    assert taken.code not in shown


def test_several_are_assigned_and_given_back_and_mine_are_those_i_was_named_for_or_own() -> None:
    owner, helper = person(), person(OrganisationRole.ANALYST)
    owned, other = wait(make_api(owner=owner)), wait(make_api())
    client = signed_in(helper)
    assert codes(client, "whose=nobody") == [other.code]
    sent = {"act": "assign", "assignee": helper.email, "finding": [owned.code, other.code], "back": QUEUE}
    client.post(TOGETHER, sent)
    assert codes(client, "whose=me") == [owned.code, other.code]
    client.post("/queue/undo/", {"back": QUEUE})
    assert not Assignment.objects.exists()
    assert codes(client, "whose=me") == []


def ask(client: Client, row: Finding, user: User) -> None:
    until = (timezone.now() + timedelta(days=30)).date().isoformat()
    client.post(f"/findings/{row.code}/ask/", {"kind": "asked", "until": until, "reason": f"Asked by {user.name}"})


def test_what_others_ask_waits_for_those_who_may_answer_it() -> None:
    asker, manager = person(OrganisationRole.ANALYST), person(OrganisationRole.SECURITY_MANAGER)
    ours = team()
    owner = signed_in(person(owner_of=ours))
    high, critical = wait(make_api(team=ours)), wait(make_api(team=ours), severity=4)
    for row in (high, critical):
        ask(signed_in(asker), row, asker)
    told = text_of(signed_in(manager).get(QUEUE).content)
    assert told.count("asks to accept the risk") == 2
    assert text_of(owner.get(QUEUE).content).count("asks to accept the risk") == 1
    mine = text_of(signed_in(asker).get(QUEUE).content)
    assert "asks to accept the risk" not in mine
    assert mine.count("Acceptance asked for") == 2


def test_the_panel_is_the_finding_with_what_can_be_done_and_without_a_script_its_page() -> None:
    row, following = wait(make_api(), days_open=40), wait(make_api())
    client = analyst()
    panel = client.get(f"{QUEUE}{row.code}/?list=step%3Dall&next={following.code}", headers=FRAGMENT).content.decode()
    assert f'name="queue" value="/queue/?step=all&amp;open={following.code}&amp;done=1"' in panel
    for name in ("decide", "ask", "assign", "pause", "retest", "note"):
        assert f"/findings/{row.code}/{name}/" in panel
    assert '<textarea name="text"' in panel
    assert client.get(f"{QUEUE}{row.code}/").headers["Location"] == f"/findings/{row.code}/"
    auditor = signed_in(person(OrganisationRole.AUDITOR))
    assert "/decide/" not in auditor.get(f"{QUEUE}{row.code}/", headers=FRAGMENT).content.decode()


def test_a_note_leaves_the_person_at_the_finding_it_is_about() -> None:
    row, following = wait(make_api()), wait(make_api())
    sent = {"text": "Asked the crew", "queue": f"/queue/?step=all&open={following.code}&done=1"}
    answer = analyst().post(f"/findings/{row.code}/note/", sent)
    assert answer.headers["Location"] == f"/queue/?step=all&open={row.code}"
    elsewhere = analyst().post(f"/findings/{row.code}/note/", sent | {"queue": "https://elsewhere.example/"})
    assert elsewhere.headers["Location"] == f"/findings/{row.code}/"


def test_nobody_chooses_who_may_not_decide() -> None:
    wait(make_api())
    for role, may in (
        (OrganisationRole.ANALYST, True),
        (OrganisationRole.AUDITOR, False),
        (OrganisationRole.RESPONDER, False),
    ):
        page = signed_in(person(role)).get(f"{QUEUE}?q=e").content.decode()
        parts = ('name="finding"', 'class="bulk"', f'href="{TOGETHER}')
        assert [part in page for part in parts] == [may] * 3, role


def test_the_page_names_each_key_of_the_panel_that_could_stand_beside_it() -> None:
    row, client = wait(make_api()), analyst()
    panel = client.get(f"{QUEUE}{row.code}/", headers=FRAGMENT).content.decode()
    named = re.search(r'data-keys="(\w+)"', client.get(QUEUE).content.decode())
    assert named is not None
    assert sorted(named[1]) == sorted(re.findall(r'data-key="(\w)"', panel))


def test_the_queue_and_its_panel_stay_under_twelve_queries(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    api = make_api(team=team(), owner=person())
    rows = [wait(api, weakness_key="w") for _ in range(30)]
    score(api)
    client = signed_in(person(OrganisationRole.SECURITY_MANAGER))
    client.post(f"/findings/{rows[0].code}/decide/", {"kind": "triaged", "queue": QUEUE})
    with django_assert_max_num_queries(12):
        client.get(QUEUE)
    with django_assert_max_num_queries(12):
        client.get(f"{QUEUE}{rows[1].code}/", headers=FRAGMENT)
