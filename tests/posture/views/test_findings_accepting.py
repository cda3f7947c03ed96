"""A risk that is asked to be accepted on the page of its finding, and who answers."""

from html import unescape
from http import HTTPStatus

import pytest
from django.test import Client
from django.utils import timezone

from findings.models import Decision, Finding, Presence
from findings.services.statuses import derive_statuses, touch
from inventory.access.choices import OrganisationRole
from inventory.access.models import Team, User
from tests.inventory.access.people import person, team
from tests.posture.services.estates import make_api, make_finding, seen_by_a_scan
from tests.posture.views.pages import asked, at, done_of, rows_of, signed_in, status_of, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def ours() -> Team:
    return team("Payments")


@pytest.fixture
def finding(ours: Team) -> Finding:
    """Give a high finding that a scan sees, on a public API in production."""
    made = make_finding(make_api(team=ours, reach="public", environment="production"), severity=3)
    seen_by_a_scan(made)
    return made


@pytest.fixture
def owner(ours: Team) -> User:
    return person(owner_of=ours)


def test_an_acceptance_takes_another_person_and_counts_in_the_inherent_score_alone(
    finding: Finding, owner: User
) -> None:
    manager = person(OrganisationRole.SECURITY_MANAGER)
    form = 'name="kind" value="asked"'
    assert form in signed_in(owner).get(at(finding)).content.decode()
    code = asked(finding, owner)
    assert status_of(finding) == "new"
    mine = signed_in(owner).get(at(finding)).content.decode()
    assert "Another person with the right to approve" in mine
    assert "For high findings that is: Security manager, Team owner." in mine
    assert "Approve</button>" not in mine
    assert form not in mine
    again = signed_in(manager).post(
        at(finding, "ask/"), {"kind": "asked", "until": "2099-01-01", "reason": "I as well"}
    )
    assert f"{owner} asked for that of {finding.code} before" in unescape(again.content.decode())
    refused = signed_in(owner).post(at(finding, "answer/"), {"decision": code, "answer": "accept"})
    assert refused.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "Approve</button>" in signed_in(manager).get(at(finding)).content.decode()
    signed_in(manager).post(at(finding, "answer/"), {"decision": code, "answer": "accept"})
    assert status_of(finding) == "accepted"
    assert "inherent score alone" in text_of(signed_in(owner).get(at(finding)).content)


def test_a_refused_acceptance_leaves_the_finding_open(finding: Finding, owner: User) -> None:
    code, manager = asked(finding, owner), signed_in(person(OrganisationRole.SECURITY_MANAGER))
    manager.post(at(finding, "answer/"), {"decision": code, "answer": "refuse", "reason": "Fix it"})
    assert status_of(finding) == "new"
    text = text_of(manager.get(at(finding)).content)
    assert "acceptance refused" in text
    assert "Fix it" in text
    assert "asks to accept" not in text


def test_the_day_ends_in_the_zone_of_the_person(finding: Finding, owner: User) -> None:
    owner.zone = "Asia/Kolkata"
    owner.save()
    signed_in(owner).post(at(finding, "ask/"), {"kind": "asked", "until": "2099-01-01", "reason": "x"})
    # The last second of the day at +05:30.
    assert Decision.objects.get().until.isoformat() == "2099-01-01T18:29:59+00:00"  # type: ignore[union-attr] # an asked one has it


@pytest.mark.parametrize("until", ["9999-12-31", "3000-01-01", "0001-01-01"])
def test_a_day_that_another_zone_cannot_say_is_refused(finding: Finding, owner: User, until: str) -> None:
    """It was kept once, in the year 10000 of UTC, and no page could show it from then on."""
    owner.zone = "America/Los_Angeles"
    owner.save()
    answer = signed_in(owner).post(at(finding, "ask/"), {"kind": "asked", "until": until, "reason": "x"})
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "from the year 1900 to 2999" in text_of(answer.content)
    assert not Decision.objects.exists()


@pytest.mark.parametrize("judged", ["false_positive", "resolved", "duplicate"])
def test_a_request_waits_no_more_once_the_finding_is_decided_otherwise_and_again_when_that_is_taken_back(
    finding: Finding, owner: User, judged: str
) -> None:
    other = make_finding(finding.api)
    code, manager = asked(finding, owner), signed_in(person(OrganisationRole.SECURITY_MANAGER))
    assert "asks to accept the risk" in text_of(manager.get("/queue/").content)
    answer = manager.post(at(finding, "decide/"), {"kind": judged, "reason": "Seen", "proof": other.code})
    for page in ("/queue/", at(finding)):
        assert "asks to accept the risk" not in text_of(manager.get(page).content), page
    assert "not needed any more" in text_of(manager.get(at(finding)).content)
    assert listed(manager, "waits") == []
    assert any("Not needed any more" in row for row in listed(manager, "any"))
    late = manager.post(at(finding, "answer/"), {"decision": code, "answer": "accept", "reason": "As we agreed"})
    assert late.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "by now: there is no risk left to accept" in text_of(late.content)
    assert "What you wrote was not kept: As we agreed" in text_of(late.content)
    assert status_of(finding) == judged
    manager.post(at(finding, "undo/"), {"decision": done_of(answer)})
    assert "asks to accept the risk" in text_of(manager.get("/queue/").content)
    manager.post(at(finding, "answer/"), {"decision": code, "answer": "accept"})
    assert status_of(finding) == "accepted"


def test_a_request_waits_no_more_once_no_scan_finds_it_and_none_is_asked_then(finding: Finding, owner: User) -> None:
    asked(finding, owner)
    manager = signed_in(person(OrganisationRole.SECURITY_MANAGER))
    Presence.objects.filter(finding=finding).delete()
    touch("VALUES (%s)", [finding.pk])
    derive_statuses(now=timezone.now())
    assert "asks to accept the risk" not in text_of(manager.get("/queue/").content)
    page = signed_in(owner)
    assert at(finding, "ask/") not in page.get(at(finding)).content.decode()
    answer = page.post(at(finding, "ask/"), {"kind": "asked", "until": "2999-01-01", "reason": "x"})
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "“No longer found” by now" in text_of(answer.content)


def test_an_accepted_risk_is_asked_for_longer(finding: Finding, owner: User) -> None:
    manager = signed_in(person(OrganisationRole.SECURITY_MANAGER))
    manager.post(at(finding, "answer/"), {"decision": asked(finding, owner), "answer": "accept"})
    assert status_of(finding) == "accepted"
    asked(finding, owner)
    assert "asks to accept the risk" in text_of(manager.get("/queue/").content)


def listed(client: Client, state: str) -> list[str]:
    return rows_of(client.get(f"/decisions/?state={state}").content)
