"""The page of one finding: what it shows, who may see it, and what people decide on it."""

from html import unescape
from http import HTTPStatus

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from findings.models import Decision, Finding, Presence, Scan, Series
from findings.services.statuses import derive_statuses, touch
from inventory.access.choices import OrganisationRole
from inventory.access.models import Team, User
from inventory.models import Api
from posture.models import ApiScore
from tests.inventory.access.people import person, team
from tests.posture.services.estates import NOW, later, make_api, make_finding
from tests.posture.views.pages import FRAGMENT, asked, at, done_of, score, signed_in, status_of, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def ours() -> Team:
    return team("Payments")


@pytest.fixture
def api(ours: Team) -> Api:
    return make_api(team=ours, name="Refunds", reach="public", environment="production")


@pytest.fixture
def finding(api: Api) -> Finding:
    """Give a finding that one series sees since its first scan."""
    made = make_finding(
        api, title="Anybody may refund", message="GET\n<b>it</b>", remedy="Ask for a token", severity=3,
        cwe=[306], weakness_class="CWE-306", cve="CVE-2026-1", cvss=8.1, method="POST", path="/refunds",
        file="a.py", line=7, rule="open-door",
    )  # fmt: skip
    series = Series.objects.create(source_kind="tool", api=api, name="nightly")
    scan = Scan.objects.create(
        series=series, scanned_at=NOW, scanned_at_source="document", digest="a" * 64, complete=True
    )
    Presence.objects.create(finding=made, series=series, from_scan=scan, since=NOW)
    return made


@pytest.fixture
def owner(ours: Team) -> User:
    return person(owner_of=ours)


def test_everything_known_stands_on_the_page_as_text(finding: Finding, api: Api, owner: User) -> None:
    score(api)
    page = signed_in(owner).get(at(finding)).content
    text = text_of(page)
    for words in (
        "Anybody may refund", "High", "New", "Refunds", "POST /refunds", "tool", "open-door", "CWE-306", "CVE-2026-1",
        "8.1", "a.py:7", "Ask for a token", "nightly", "from the document", "Still there",
        "of the points of its API", "Nobody has decided anything",
    ):  # fmt: skip
        assert words in text, words
    assert "&lt;b&gt;it&lt;/b&gt;</pre>" in page.decode()
    assert f'href="/apis/{api.code}/"' in page.decode()
    (points,) = ApiScore.objects.get(api=api).factors["points"]
    assert f"+{points:.1f} of the points" in text


def test_a_finding_of_others_is_as_absent_as_none(finding: Finding) -> None:
    client = signed_in(person(owner_of=team("Logistics")))
    for path in (at(finding), "/findings/FND-NONE/"):
        assert client.get(path).status_code == HTTPStatus.NOT_FOUND
    for act in ("decide/", "ask/", "answer/", "undo/"):
        assert client.post(at(finding, act), {"kind": "triaged"}).status_code == HTTPStatus.NOT_FOUND
    assert not Decision.objects.exists()


def test_an_unmapped_finding_is_seen_by_who_uploaded_it_and_not_decided_by_them(ours: Team) -> None:
    uploader = person(member_of=ours)
    series = Series.objects.create(source_kind="tool", name="upload", uploader=uploader)
    unmapped = make_finding(None, series=series)
    text = text_of(signed_in(uploader).get(at(unmapped)).content)
    assert "Unmapped" in text
    assert "counts in no score" in text
    assert "Decisions are for: Security manager" in text
    assert signed_in(person(member_of=ours)).get(at(unmapped)).status_code == HTTPStatus.NOT_FOUND
    assert signed_in(person(OrganisationRole.AUDITOR)).get(at(unmapped)).status_code == HTTPStatus.OK
    assert signed_in(uploader).post(at(unmapped, "decide/"), {"kind": "triaged"}).status_code == HTTPStatus.FORBIDDEN


def test_a_moved_finding_leads_to_where_it_is_now(finding: Finding, api: Api, owner: User) -> None:
    old = make_finding(api, moved_to=finding)
    assert signed_in(owner).get(at(old)).headers["Location"] == at(finding)


@pytest.mark.parametrize(
    ("sent", "status", "reason"),
    [
        ({"kind": "triaged"}, "triaged", ""),
        ({"kind": "in_progress"}, "in_progress", ""),
        ({"kind": "resolved", "preset": "Fixed and deployed"}, "resolved", "Fixed and deployed"),
        ({"kind": "false_positive", "reason": "My words", "preset": "Theirs"}, "false_positive", "My words"),
    ],
)
def test_what_is_decided_holds_with_its_reason_and_is_undone_from_the_toast(
    finding: Finding, owner: User, sent: dict[str, str], status: str, reason: str
) -> None:
    client = signed_in(owner)
    answer = client.post(at(finding, "decide/"), sent)
    assert answer.status_code == HTTPStatus.FOUND
    assert status_of(finding) == status
    decision = Decision.objects.get()
    assert (decision.by, decision.reason) == (owner, reason)
    page = client.get(answer.headers["Location"]).content.decode()
    toast = page.partition('class="toasts"')[2]
    assert done_of(answer) in toast
    assert "Undo" in toast
    client.post(at(finding, "undo/"), {"decision": done_of(answer)})
    assert status_of(finding) == "new"
    assert f'value="{done_of(answer)}"' not in client.get(answer.headers["Location"]).content.decode()


@pytest.mark.parametrize(
    ("act", "sent", "words"),
    [
        ("decide/", {"kind": "false_positive"}, "Say why it is “False positive”"),
        ("decide/", {"kind": "false_positive", "reason": "   "}, "Say why it is “False positive”"),
        ("decide/", {"kind": "accepted", "reason": "x"}, "is not decided here"),
        ("decide/", {"kind": "duplicate", "reason": "x", "proof": "FND-NONE"}, "Name the other finding"),
        ("ask/", {"kind": "asked", "reason": "Soon", "until": ""}, "Say until which day"),
        ("ask/", {"kind": "asked", "reason": "Soon", "until": "2020-01-01"}, "a day in the future"),
        ("ask/", {"kind": "asked", "reason": "Soon", "until": "soon"}, "Write the day"),
        ("ask/", {"kind": "asked", "until": "2099-01-01"}, "Say why the risk can be carried"),
        ("answer/", {"decision": "DEC-JUNK", "answer": "accept"}, "Nothing was asked here"),
        ("undo/", {"decision": "DEC-JUNK"}, "nothing to take back"),
    ],
)
def test_what_is_refused_says_so_in_place_and_keeps_what_was_filled_in(
    finding: Finding, ours: Team, act: str, sent: dict[str, str], words: str
) -> None:
    answer = signed_in(person(owner_of=ours)).post(at(finding, act), sent)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    page = answer.content.decode()
    alert = unescape(page.partition('role="alert"')[2].partition("</div>")[0])
    assert words in alert
    if sent.get("reason") == "Soon":
        assert 'value="Soon"' in page
        assert '<details class="fold" open name="decide"' in page
    assert not Decision.objects.exists()


def test_a_duplicate_names_another_finding_in_sight(finding: Finding, api: Api, owner: User) -> None:
    client, other, foreign = signed_in(owner), make_finding(api), make_finding(make_api(team=team("Logistics")))
    for wrong in (finding, foreign):
        answer = client.post(at(finding, "decide/"), {"kind": "duplicate", "preset": "Same", "proof": wrong.code})
        assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    client.post(at(finding, "decide/"), {"kind": "duplicate", "preset": "Same", "proof": other.code.lower()})
    assert status_of(finding) == "duplicate"
    assert f'same as <a href="{at(other)}">' in client.get(at(finding)).content.decode()


def test_a_decision_about_another_finding_is_not_taken_back_here(finding: Finding, api: Api, owner: User) -> None:
    client, other = signed_in(owner), make_finding(api)
    code = done_of(client.post(at(finding, "decide/"), {"kind": "triaged"}))
    answer = client.post(at(other, "undo/"), {"decision": code})
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert status_of(finding) == "triaged"


def people(ours: Team) -> dict[str, tuple[User, bool]]:
    """Return who may decide on the team's findings, from the table of who may do what."""
    return {
        "administrator": (person(OrganisationRole.ADMINISTRATOR), False),
        "security manager": (person(OrganisationRole.SECURITY_MANAGER), True),
        "analyst": (person(OrganisationRole.ANALYST), True),
        "owner": (person(owner_of=ours), True),
        "member": (person(member_of=ours), True),
        "responder": (person(OrganisationRole.RESPONDER), False),
        "auditor": (person(OrganisationRole.AUDITOR), False),
    }


def test_deciding_is_offered_to_those_who_may_and_refused_to_the_others(finding: Finding, ours: Team) -> None:
    for name, (user, may) in people(ours).items():
        client = signed_in(user)
        page = client.get(at(finding))
        assert page.status_code == HTTPStatus.OK
        assert ("Accept as real" in page.content.decode()) == may, name
        answer = client.post(at(finding, "decide/"), {"kind": "triaged"})
        assert answer.status_code == (HTTPStatus.FOUND if may else HTTPStatus.FORBIDDEN), name


def test_the_effect_asks_again_until_the_score_is_younger_than_the_decision(
    finding: Finding, api: Api, owner: User
) -> None:
    client = signed_in(owner)
    score(api)
    client.post(at(finding, "decide/"), {"kind": "false_positive", "reason": "No"})
    waiting = client.get(at(finding), headers=FRAGMENT).content.decode().lstrip()
    assert waiting.startswith('<section class="card" id="effect"')
    assert 'hx-trigger="every 1s"' in waiting
    score(api, now=timezone.now())
    after = client.get(at(finding), headers=FRAGMENT).content.decode()
    assert "hx-trigger" not in after
    assert "False positive: it does not count." in text_of(after.encode())


def test_what_was_seen_again_after_a_gap_shows_both_stretches(finding: Finding, owner: User) -> None:
    series = Series.objects.get()
    first = Scan.objects.get()
    gone, back = (
        Scan.objects.create(series=series, scanned_at=when, scanned_at_source=source, digest=source * 8, complete=True)
        for when, source in ((later(days=1), "upload"), (later(days=2), "uploader"))
    )
    Presence.objects.filter(from_scan=first).update(until_scan=gone, until=gone.scanned_at)
    Presence.objects.create(finding=finding, series=series, from_scan=back, since=back.scanned_at)
    touch("SELECT %s::bigint", [finding.pk])
    derive_statuses(now=later(days=3))
    text = text_of(signed_in(owner).get(at(finding)).content)
    assert "Reopened" in text
    for words in ("2 Mar 2026 of the upload", "3 Mar 2026 as stated at upload Still there"):
        assert words in text


def test_the_page_takes_as_many_queries_for_many_decisions_as_for_few(
    finding: Finding, api: Api, owner: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client: Client = signed_in(owner)
    for _ in range(6):
        client.post(at(finding, "decide/"), {"kind": "triaged"})
        client.post(at(finding, "undo/"), {"decision": asked(finding, owner)})
    asked(finding, owner)
    score(api)
    with django_assert_max_num_queries(12):
        assert client.get(at(finding)).status_code == HTTPStatus.OK
