"""A risk that is asked to be accepted on the page of its finding, and who answers."""

from html import unescape
from http import HTTPStatus

import pytest

from findings.models import Decision, Finding
from inventory.access.choices import OrganisationRole
from inventory.access.models import Team, User
from tests.inventory.access.people import person, team
from tests.posture.services.estates import make_api, make_finding, seen_by_a_scan
from tests.posture.views.pages import asked, at, signed_in, status_of, text_of

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
