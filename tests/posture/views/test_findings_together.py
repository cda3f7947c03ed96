"""Several people on one finding: notes, decisions at once, and the way through a list."""

import re
from datetime import timedelta
from http import HTTPStatus

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from findings.models import Decision, Finding, Note
from findings.services.due import stamp_due
from inventory.access.choices import OrganisationRole
from tests.inventory.access.people import person, team
from tests.posture.services.estates import NOW, make_api, make_finding
from tests.posture.views.pages import score, signed_in, text_of

pytestmark = pytest.mark.django_db


def seen(client: Client, finding: Finding) -> str:
    """Return what the page's forms send back as the newest decision."""
    found = re.search(r'name="seen" value="([^"]+)"', client.get(f"/findings/{finding.code}/").content.decode())
    assert found
    return found[1]


def test_a_note_is_written_on_the_page_and_stays_text() -> None:
    finding = make_finding(make_api())
    client = signed_in(person(OrganisationRole.ANALYST))
    answer = client.post(f"/findings/{finding.code}/note/", {"text": "<script>alert(1)</script>"}, follow=True)
    assert "Your note is kept." in text_of(answer.content)
    assert "&lt;script&gt;alert(1)" in answer.content.decode()
    assert Note.objects.get().finding == finding
    empty = client.post(f"/findings/{finding.code}/note/", {"text": "  "})
    assert empty.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "Write something first." in text_of(empty.content)


def test_who_only_looks_has_no_form_for_notes_and_no_right_to_one() -> None:
    ours = team()
    finding = make_finding(make_api(team=ours))
    auditor = signed_in(person(OrganisationRole.AUDITOR))
    assert "Add a note" not in text_of(auditor.get(f"/findings/{finding.code}/").content)
    assert auditor.post(f"/findings/{finding.code}/note/", {"text": "x"}).status_code == HTTPStatus.FORBIDDEN
    foreign = signed_in(person(owner_of=team()))
    assert foreign.post(f"/findings/{finding.code}/note/", {"text": "x"}).status_code == HTTPStatus.NOT_FOUND
    assert not Note.objects.exists()


def test_who_decides_past_somebody_else_is_told_who_and_nothing_is_saved() -> None:
    finding = make_finding(make_api())
    first, second = person(OrganisationRole.ANALYST), person(OrganisationRole.ANALYST)
    late = signed_in(second)
    before = seen(late, finding)
    quick = signed_in(first)
    quick.post(
        f"/findings/{finding.code}/decide/",
        {"kind": "false_positive", "reason": "Test data", "seen": seen(quick, finding)},
    )
    answer = late.post(
        f"/findings/{finding.code}/decide/", {"kind": "resolved", "reason": "My own words", "seen": before}
    )
    assert answer.status_code == HTTPStatus.CONFLICT
    text = text_of(answer.content)
    assert f"{first.name} : false positive" in text
    assert "Test data" in text
    assert "My own words" in answer.content.decode()
    assert Decision.objects.count() == 1
    again = late.post(
        f"/findings/{finding.code}/decide/",
        {"kind": "resolved", "reason": "My own words", "seen": seen(late, finding)},
    )
    assert again.status_code == HTTPStatus.FOUND


def test_what_two_take_back_is_taken_back_once() -> None:
    finding = make_finding(make_api())
    client = signed_in(person(OrganisationRole.ANALYST))
    client.post(f"/findings/{finding.code}/decide/", {"kind": "triaged", "seen": "none"})
    code = seen(client, finding)
    assert client.post(f"/findings/{finding.code}/undo/", {"decision": code}).status_code == HTTPStatus.FOUND
    assert client.post(f"/findings/{finding.code}/undo/", {"decision": code}).status_code == HTTPStatus.CONFLICT


def beside(page: bytes) -> list[str]:
    return re.findall(r'href="/findings/([^/]+)/\?from=[^"]*" rel="(?:prev|next)"', page.decode())


def test_the_list_one_came_from_gives_the_next_and_the_previous() -> None:
    api, other = make_api(), make_api()
    worst, middle, last = (make_finding(api, severity=severity) for severity in (4, 3, 1))
    closed = make_finding(api, severity=2, status="closed")
    elsewhere = make_finding(other, severity=3, first_seen=middle.first_seen - timedelta(days=1))
    client = signed_in(person(OrganisationRole.AUDITOR))
    listed = f"/apis/{api.code}/findings/"
    page = client.get(f"/findings/{middle.code}/", headers={"Referer": f"http://testserver{listed}"}).content
    assert beside(page) == [worst.code, last.code]
    assert beside(client.get(f"/findings/{worst.code}/?from={listed}").content) == [middle.code]
    assert beside(client.get(f"/findings/{middle.code}/?from=/findings/").content) == [worst.code, elsewhere.code]
    assert beside(client.get(f"/findings/{closed.code}/?from={listed}").content) == [middle.code, last.code]
    narrowed = client.get(f"/findings/{middle.code}/", {"from": "/findings/?severity=high"}).content
    assert beside(narrowed) == [elsewhere.code]


@pytest.mark.parametrize(
    "told",
    [
        "https://evil.example/findings/",
        "//evil.example/findings/",
        "/jobs/",
        "/nowhere/",
        "x",
        "/findings/\0",
        "/findings/?source=%00",
        "/apis/\0/findings/",
        "/[",
        "//[",
    ],
)
def test_any_other_address_has_no_neighbours_and_is_not_repeated(told: str) -> None:
    api = make_api()
    findings = [make_finding(api) for _ in range(3)]
    page = signed_in(person(OrganisationRole.AUDITOR)).get(f"/findings/{findings[1].code}/", {"from": told}).content
    assert beside(page) == []
    assert 'name="from"' not in page.decode()
    assert "//evil" not in page.decode()


def test_a_page_that_sends_somebody_with_no_address_has_no_neighbours() -> None:
    code = make_finding(make_api()).code
    client = signed_in(person(OrganisationRole.AUDITOR))
    assert client.get(f"/findings/{code}/", headers={"Referer": "http://[x"}).status_code == 200


def test_findings_out_of_sight_are_nobodys_neighbours() -> None:
    ours = team()
    mine, foreign = make_finding(make_api(team=ours), severity=3), make_finding(make_api(), severity=2)
    page = signed_in(person(member_of=ours)).get(f"/findings/{mine.code}/?from=/findings/").content
    assert beside(page) == []
    assert foreign.code not in page.decode()


def test_the_page_with_everything_on_it_stays_under_twelve_queries(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    api = make_api(team=team(), owner=person())
    finding = make_finding(api)
    score(api)
    client = signed_in(person(OrganisationRole.ANALYST))
    for number in range(5):
        client.post(f"/findings/{finding.code}/note/", {"text": f"Note {number}"})
        client.post(f"/findings/{finding.code}/decide/", {"kind": "triaged"})
    with django_assert_max_num_queries(12):
        client.get(f"/findings/{finding.code}/?from=/findings/")


def test_an_open_finding_shows_until_when_it_is_due_and_a_closed_one_does_not() -> None:
    api = make_api()
    client = signed_in(person(OrganisationRole.ANALYST))
    opened, closed = make_finding(api), make_finding(api, status="closed")
    stamp_due(now=NOW)
    Finding.objects.filter(pk=closed.pk).update(status="closed")
    assert "d over" in text_of(client.get(f"/findings/{opened.code}/").content)
    assert "d over" not in text_of(client.get(f"/findings/{closed.code}/").content)
