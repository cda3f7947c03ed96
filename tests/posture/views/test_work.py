"""Assigning a finding, letting its clock stand, asking for a retest: by its page."""

from datetime import timedelta
from http import HTTPStatus

import pytest
from django.utils import timezone

from findings.models import Assignment, Due, Pause, Retest
from findings.services.due import stamp_due
from inventory.access.choices import OrganisationRole
from inventory.access.models import StateChange
from tests.inventory.access.people import person, team
from tests.posture.services.estates import make_api, make_finding, seen_by_a_scan
from tests.posture.views.pages import signed_in, text_of

pytestmark = pytest.mark.django_db


def test_a_finding_is_given_to_a_team_mate_and_nobody_else_can_be_named() -> None:
    ours = team()
    mate, stranger = person(member_of=ours), person()
    row = make_finding(make_api(team=ours))
    client = signed_in(person(member_of=ours))
    refused = client.post(f"/findings/{row.code}/assign/", {"assignee": stranger.email})
    assert refused.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    client.post(f"/findings/{row.code}/assign/", {"assignee": mate.email})
    assert Assignment.objects.get().assignee == mate
    assert f"{mate.name} works on it" in text_of(client.get(f"/findings/{row.code}/").content)
    client.post(f"/findings/{row.code}/assign/", {"assignee": ""})
    assert not Assignment.objects.exists()
    told = StateChange.objects.filter(verb="assigned").order_by("id").values_list("old", "new")
    assert list(told) == [(None, mate.email), (mate.email, None)]


def test_a_clock_stands_until_its_day_with_the_reason_and_goes_on() -> None:
    row = make_finding(make_api(), first_seen=timezone.now())
    stamp_due(now=timezone.now())
    before = Due.objects.get().due_at
    client = signed_in(person(OrganisationRole.ANALYST))
    page = f"/findings/{row.code}/"
    day = (timezone.now() + timedelta(days=10)).date().isoformat()
    for until, reason in ((day, " "), ("soon", "x"), ("2020-01-01", "x"), ("2999-01-01", "x")):
        wrong = {"until": until, "reason": reason}
        assert client.post(f"{page}pause/", wrong).status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    client.post(f"{page}pause/", {"until": day, "reason": "The vendor answers."})
    assert before + timedelta(days=9) < Due.objects.get().due_at < before + timedelta(days=11)
    assert "The vendor answers." in text_of(client.get(page).content)
    assert client.post(f"{page}pause/", {"until": day, "reason": "Twice"}).status_code == HTTPStatus.CONFLICT
    client.post(f"{page}pause/", {"act": "resume"})
    assert Pause.objects.get().ended_at
    assert Due.objects.get().due_at - before < timedelta(minutes=1)


def test_a_retest_is_asked_for_and_shown_waiting() -> None:
    row = make_finding(make_api())
    seen_by_a_scan(row)
    client = signed_in(person(OrganisationRole.ANALYST))
    client.post(f"/findings/{row.code}/retest/", {"text": "Fixed in 2.4"})
    assert Retest.objects.get().note == "Fixed in 2.4"
    told = text_of(client.get(f"/findings/{row.code}/").content)
    assert "the next scan that looks there answers. “Fixed in 2.4”" in told
    assert client.post(f"/findings/{row.code}/retest/").status_code == HTTPStatus.CONFLICT
