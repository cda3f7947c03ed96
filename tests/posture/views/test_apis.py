"""The pages of APIs: who sees what, whole and as fragment, narrowed, in order, in few queries, with hostile text."""

import re
from http import HTTPStatus

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from inventory.access.choices import OrganisationRole
from inventory.access.selectors import principal_of
from inventory.access.services.trail import record_change
from inventory.models import Api, BaseUrl
from posture.models import CurrentScore
from tests.inventory.access.people import person, team
from tests.posture.services.estates import NOW, later, make_api, make_finding
from tests.posture.views.pages import make_endpoint, rows_of, score, signed_in, text_of

pytestmark = pytest.mark.django_db

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)> {{ 123456|add:654321 }} ' \" & </table>"
LONG = "Ω" * 300


@pytest.fixture
def analyst() -> Client:
    return signed_in(person(OrganisationRole.ANALYST))


def tabs(api: Api) -> list[str]:
    return [f"/apis/{api.code}/{tab}" for tab in ("", "endpoints/", "findings/", "history/", "facts/")]


def test_without_a_sign_in_every_page_leads_to_it() -> None:
    api = make_api()
    for path in ("/", "/apis/", "/upload/", *tabs(api)):
        answer = Client().get(path)
        assert answer.status_code == HTTPStatus.FOUND
        assert answer.headers["Location"].startswith("/login/"), path


def test_a_team_sees_its_own_apis_and_no_trace_of_others() -> None:
    ours, theirs = team("Payments"), team("Logistics")
    make_api(team=ours, name="Refunds")
    foreign, nobodys = make_api(team=theirs, name="Freight"), make_api(name="Nobodys")
    client = signed_in(person(member_of=ours))
    page = client.get("/apis/").content
    assert len(rows_of(page)) == 1
    assert "Refunds" in rows_of(page)[0]
    for word in ("Freight", "Nobodys", "Logistics"):
        assert word not in page.decode()
    assert "1 API," in text_of(page)
    absent = client.get("/apis/API-NONE/").content
    for api in (foreign, nobodys):
        for path in tabs(api):
            answer = client.get(path)
            assert answer.status_code == HTTPStatus.NOT_FOUND, path
            assert text_of(answer.content) == text_of(absent)


def test_organisation_roles_see_apis_of_every_team_and_of_none() -> None:
    make_api(team=team("Payments"), name="Refunds")
    make_api(name="Orphan")
    for role in OrganisationRole:
        assert len(rows_of(signed_in(person(role)).get("/apis/").content)) == 2, role


def test_somebody_without_a_team_is_shown_a_page_and_not_an_error() -> None:
    make_api()
    page = signed_in(person()).get("/apis/")
    assert page.status_code == HTTPStatus.OK
    assert rows_of(page.content) == []
    assert "Find your APIs" in text_of(page.content)


def test_other_methods_are_refused(analyst: Client) -> None:
    api = make_api()
    for path in ("/apis/", *tabs(api)[:4]):
        assert analyst.post(path).status_code == HTTPStatus.METHOD_NOT_ALLOWED, path


def furnish(api: Api, number: int) -> None:
    for index in range(number):
        endpoint = make_endpoint(api, f"/things/{index}", authentication="none")
        make_finding(api, endpoint=endpoint, severity=index % 5)


def test_no_page_needs_more_queries_for_more_rows(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    owner = person(OrganisationRole.SECURITY_MANAGER)
    client, principal = signed_in(owner), principal_of(owner, now=NOW)
    few, many = make_api(name="Few", owner=owner), make_api(name="Many", owner=owner)
    furnish(few, 1)
    furnish(many, 40)
    for index in range(30):
        record_change(principal=principal, kind="api", code=many.code, verb="set reach", old=str(index), new="public",
                      now=later(minutes=index), api_id=many.pk)  # fmt: skip
        other = make_api(name=f"Other {index}", team=team(f"T{index}"))
        furnish(other, 1)
    score(*Api.objects.all())
    for path in ("/apis/", "/apis/?sort=-open&q=o", *tabs(many), *tabs(few)):
        with django_assert_max_num_queries(12):
            assert client.get(path).status_code == HTTPStatus.OK


def test_whatever_a_document_says_stays_text_on_every_page() -> None:
    client = signed_in(person(OrganisationRole.SECURITY_MANAGER))
    api = make_api(name=HOSTILE, version=HOSTILE[:100], reach="public")
    BaseUrl.objects.create(api=api, scheme="https", host=HOSTILE, base_path=HOSTILE)
    endpoint = make_endpoint(
        api,
        HOSTILE,
        method="GET<b>",
        summary=HOSTILE,
        spellings=[HOSTILE],
        schemes=[HOSTILE],
        authentication="declared",
    )
    told = dict.fromkeys(("title", "message", "remedy", "rule", "source_kind", "parameter", "location", "url"), HOSTILE)
    bad = make_finding(api, endpoint=endpoint, raw_severity=HOSTILE, file=HOSTILE, severity=4, **told)
    score(api)
    lists = ("/apis/", "/apis/?q=<script>alert(1)</script>", "/findings/", f"/findings/?class={HOSTILE}")
    for path in (*lists, f"/findings/{bad.code}/", *tabs(api)):
        page = client.get(path).content.decode()
        assert "<script>alert" not in page, path
        assert "<img" not in page, path
        assert "777777" not in page, path


def test_names_of_300_letters_and_nothing_at_all_are_shown(analyst: Client) -> None:
    long, empty = make_api(name=LONG, version=LONG[:100]), make_api(name="Empty")
    make_finding(long, title=LONG, rule=LONG)
    score(long, empty)
    for api in (long, empty):
        for path in tabs(api):
            assert analyst.get(path).status_code == HTTPStatus.OK, path


def test_the_page_says_why_in_points_that_add_up(analyst: Client) -> None:
    api = make_api(reach="unknown", environment="production", sensitivity="restricted", criticality="mission")
    endpoint = make_endpoint(api, "/refunds/{id}")
    worst = make_finding(api, severity=4, title="Anybody may refund", endpoint=endpoint, confidence="confirmed")
    for index in range(12):
        make_finding(api, severity=1, title=f"Small {index}", weakness_class=f"CWE-{index}")
    make_finding(api, severity=3, status="accepted", weakness_class="CWE-1")
    score(api)
    page = analyst.get(f"/apis/{api.code}/").content
    text = text_of(page)
    scored = CurrentScore.objects.get(api=api).score
    shown = f"{scored:.0f}"
    assert f"Why {shown} Fixing the top two brings it to" in text
    assert "Anybody may refund GET /refunds/{id}" in text
    assert f'href="/findings/{worst.code}/"' in page.decode()
    assert "Reach is unknown: counted as 0.8" in text
    assert "5 more findings" in text
    assert "Coverage: no data" in text
    assert re.search(r"Inherent score \d+: what was accepted takes [\d.]+ off", text)
    points = [float(number) for number in re.findall(r'class="pts">\+([\d.]+)<', page.decode())]
    assert sum(points) == pytest.approx(float(scored), abs=0.05 * len(points) + 0.01)
    assert points[0] == max(points)


def test_a_score_of_0_says_what_is_not_known_and_a_missing_one_is_no_0(analyst: Client) -> None:
    clean, unscored = make_api(), make_api()
    score(clean)
    text = text_of(analyst.get(f"/apis/{clean.code}/").content)
    assert "0 No known risk" in text
    assert "What nobody looked for is not known" in text
    text = text_of(analyst.get(f"/apis/{unscored.code}/").content)
    assert "– Not scored" in text
    assert "Not scored yet" in text


def test_a_chart_comes_only_with_two_points_and_brings_its_scripts(analyst: Client) -> None:
    api = make_api(reach="public")
    score(api, now=timezone.now())
    page = analyst.get(f"/apis/{api.code}/").content.decode()
    assert "plotly" not in page
    make_finding(api)
    score(api, now=timezone.now())
    page = analyst.get(f"/apis/{api.code}/").content.decode()
    assert "plotly-basic.min.js" in page
    assert 'id="plotly.js-style-global" class="no-inline-styles"' in page
    assert "Show as table" in page
    assert re.search(r'aria-label="Score rose from 0 to \d+ in 90 days; it changed once\."', page)


def test_endpoints_are_listed_by_path_with_what_they_declare(analyst: Client) -> None:
    api = make_api()
    make_endpoint(api, "/b", authentication="none", deprecated=True)
    make_endpoint(api, "/a", authentication="declared", schemes=["oauth"], method="POST")
    make_endpoint(api, "/gone", removed_at=NOW)
    rows = rows_of(analyst.get(f"/apis/{api.code}/endpoints/").content)
    assert [row.split()[1] for row in rows] == ["/a", "/b"]
    assert "oauth" in rows[0]
    assert "Deprecated" in rows[1]
    assert "None" in rows[1]
    gone = rows_of(analyst.get(f"/apis/{api.code}/endpoints/?removed=yes").content)
    assert len(gone) == 1
    assert "/gone" in gone[0]
    only = rows_of(analyst.get(f"/apis/{api.code}/endpoints/?authentication=none&q=/b").content)
    assert len(only) == 1


def test_an_endpoint_leads_to_its_own_findings(analyst: Client) -> None:
    api = make_api()
    inner, outer = make_endpoint(api, "/a/{id} b", method="POST"), make_endpoint(api, "/a")
    make_finding(api, title="Inner", endpoint=inner)
    make_finding(api, title="Outer", endpoint=outer)
    page = analyst.get(f"/apis/{api.code}/endpoints/").content.decode()
    ways = re.findall(rf'href="(/apis/{api.code}/findings/\?endpoint=[^"]+)"', page)
    found = [rows_of(analyst.get(way).content) for way in ways]
    assert [len(rows) for rows in found] == [1, 1]
    assert ["Outer" in found[0][0], "Inner" in found[1][0]] == [True, True]
    assert "Endpoint is POST /a/{id} b" in text_of(analyst.get(ways[1]).content)


def test_findings_open_first_worst_first_and_unfold_to_what_the_tool_said(analyst: Client) -> None:
    api, other = make_api(), make_api()
    make_finding(api, severity=1, title="Low one")
    make_finding(api, severity=4, title="Bad one", message="It is\nbad", cwe=[89], cvss=9.1, file="a.py", line=7)
    make_finding(api, severity=4, title="Closed one", status="closed")
    moved = make_finding(other, title="Elsewhere")
    make_finding(api, title="Moved one", moved_to=moved)
    page = analyst.get(f"/apis/{api.code}/findings/").content
    rows = rows_of(page)
    assert ["Bad one" in rows[0], "Low one" in rows[1], len(rows)] == [True, True, 2]
    for word in ("It is bad", "CWE-89", "9.1", "a.py:7"):
        assert word in rows[0]
    assert "2 open findings, worst first" in text_of(page)
    everything = rows_of(analyst.get(f"/apis/{api.code}/findings/?status=any").content)
    assert len(everything) == 3
    assert len(rows_of(analyst.get(f"/apis/{api.code}/findings/?status=closed").content)) == 1
    assert len(rows_of(analyst.get(f"/apis/{api.code}/findings/?severity=low").content)) == 1
    assert "No finding matches" in text_of(analyst.get(f"/apis/{api.code}/findings/?q=zzz").content)


def test_findings_are_narrowed_to_a_class_that_stays_until_it_is_taken_away(analyst: Client) -> None:
    api = make_api()
    for number in range(3):
        make_finding(api, title=f"Cookie {number}", weakness_class="CWE-614")
    make_finding(api, title="Other", weakness_class="rule <b> & c")
    page = analyst.get(f"/apis/{api.code}/findings/?class=CWE-614&severity=high").content
    assert [row for row in rows_of(page) if "Other" in row] == []
    assert len(rows_of(page)) == 3
    assert "Class is CWE-614" in text_of(page)
    assert '<input type="hidden" name="class" value="CWE-614"' in page.decode()
    assert f'href="/apis/{api.code}/findings/?severity=high" aria-label="Remove Class filter"' in page.decode()
    odd = analyst.get(f"/apis/{api.code}/findings/", {"class": "rule <b> & c"}).content
    assert len(rows_of(odd)) == 1


def test_the_page_tells_many_findings_by_class_with_a_way_to_them(analyst: Client) -> None:
    api = make_api(reach="public", environment="production", criticality="mission", sensitivity="restricted")
    for _ in range(60):
        make_finding(api, title="Cookie without Secure flag", weakness_class="CWE-614")
    make_finding(api, title="Anybody may refund", weakness_class="CWE-306", severity=4)
    score(api)
    page = analyst.get(f"/apis/{api.code}/").content
    text = text_of(page)
    assert "Cookie without Secure flag (CWE-614) 60 findings · worst: FND-" in text
    assert f'href="/apis/{api.code}/findings/?class=CWE-614"' in page.decode()
    points = [float(number) for number in re.findall(r'<td class="pts">\+([\d.]+)</td>', page.decode())]
    assert len(points) == 2
    assert sum(points) == pytest.approx(float(api.current_score.score), abs=0.11)


def test_the_history_of_changes_is_for_those_who_may_read_the_trail() -> None:
    ours = team("Payments")
    manager = person(OrganisationRole.SECURITY_MANAGER)
    api = make_api(team=ours)
    record_change(principal=principal_of(manager, now=NOW), kind="api", code=api.code, verb="set reach", old="unknown",
                  new="public", now=NOW, reason="Seen from outside", api_id=api.pk)  # fmt: skip
    score(api)
    readers = {
        "manager": (manager, True),
        "owner": (person(owner_of=ours), True),
        "member": (person(member_of=ours), False),
        "analyst": (person(OrganisationRole.ANALYST), False),
        "auditor": (person(OrganisationRole.AUDITOR), True),
    }
    for name, (user, reads) in readers.items():
        client = signed_in(user)
        text = text_of(client.get(f"/apis/{api.code}/history/").content)
        assert ("set reach from unknown to public" in text) == reads, name
        assert ("Seen from outside" in text) == reads, name
        assert "a test" in text, name
        summary = text_of(client.get(f"/apis/{api.code}/").content)
        assert ("set reach from unknown to public" in summary) == reads, name
        assert "Score 0 after: a test" in summary, name
