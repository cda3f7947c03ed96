"""The pages of jobs, as a person, a stranger and an organisation role meet them."""

import re
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from inventory.access.choices import OrganisationRole
from inventory.access.models import OrganisationRoleGrant, User
from inventory.access.records import SYSTEM, Principal
from inventory.access.selectors import principal_of
from inventory.jobs.models import Job
from tests.inventory.jobs.world import NOW

pytestmark = pytest.mark.django_db
FRAGMENT = {"HX-Request": "true"}


@pytest.fixture
def amira() -> User:
    return User.objects.create_user(email="amira@example.org", name="Amira Ben")


@pytest.fixture
def page(client: Client, amira: User) -> Client:
    client.force_login(amira, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def job_of(principal: Principal, state: str = "queued", *, created_at: datetime = NOW, **columns: object) -> Job:
    ended = state not in {"queued", "running"}
    return Job.objects.create(
        kind=str(columns.pop("kind", "test.steps")),
        principal=principal.stored(),
        user_id=principal.user_id,
        queue="short",
        state=state,
        created_at=created_at,
        started_at=None if state == "queued" else NOW,
        finished_at=NOW + timedelta(seconds=75) if ended else None,
        title=str(columns.pop("title", "Import petstore.yaml")),
        **columns,
    )


def own(user: User, state: str = "queued", *, created_at: datetime = NOW, **columns: object) -> Job:
    return job_of(principal_of(user, now=NOW), state, created_at=created_at, **columns)


def text(client: Client, path: str, *, fragment: bool = False) -> str:
    answer = client.get(path, headers=FRAGMENT if fragment else {})
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html))


def test_nobody_comes_in_without_a_sign_in(client: Client) -> None:
    for path in ("/jobs/", f"/jobs/{uuid4()}/"):
        assert client.get(path).status_code == 302


def test_the_list_shows_one_s_jobs_newest_first_and_nobody_else_s(page: Client, amira: User) -> None:
    own(amira, "done", title="Older")
    own(amira, "running", title="Newer", created_at=NOW + timedelta(hours=1))
    job_of(SYSTEM, title="Foreign")
    shown = words(text(page, "/jobs/"))
    assert shown.index("Newer") < shown.index("Older")
    assert "Foreign" not in shown
    assert "1 min 15 s" in shown
    assert "Running 1" in shown


def test_a_job_out_of_sight_is_a_job_that_is_not_there(page: Client) -> None:
    foreign = job_of(SYSTEM)
    for path in (f"/jobs/{foreign.pk}/", f"/jobs/{uuid4()}/"):
        assert page.get(path).status_code == 404
    assert page.post(f"/jobs/{foreign.pk}/stop/").status_code == 404
    foreign.refresh_from_db()
    assert foreign.state == "queued"


def test_the_state_in_the_address_narrows_the_list(page: Client, amira: User) -> None:
    own(amira, "failed", title="Broken one")
    own(amira, "done", title="Good one")
    shown = words(text(page, "/jobs/?state=failed"))
    assert "Broken one" in shown
    assert "Good one" not in shown
    assert "Good one" in words(text(page, "/jobs/?state=nonsense"))
    assert "No job is in this state" in words(text(page, "/jobs/?state=quarantined"))


def test_what_the_product_plans_and_has_done_stands_apart(page: Client, amira: User) -> None:
    OrganisationRoleGrant.objects.create(user=amira, role=OrganisationRole.AUDITOR)
    job_of(SYSTEM, "done", title="Tidied up", kind="jobs.clean")
    job_of(SYSTEM, "failed", title="Could not tidy", kind="jobs.clean")
    own(amira, "done", title="Asked for", kind="jobs.clean")
    job_of(SYSTEM, "done", title="Scored", kind="posture.score")
    usual, apart = words(text(page, "/jobs/")), words(text(page, "/jobs/?state=upkeep"))
    assert ("Scored" in usual, "Scored" in apart) == (False, True)
    assert ("Tidied up" in usual, "Could not tidy" in usual, "Asked for" in usual) == (False, True, True)
    assert ("Tidied up" in apart, "Could not tidy" in apart, "Asked for" in apart) == (True, False, False)


def test_an_empty_list_says_what_will_be_there(page: Client) -> None:
    assert "No jobs yet" in words(text(page, "/jobs/"))


def test_pages_follow_one_another_without_gap_or_repetition(page: Client, amira: User) -> None:
    for number in range(60):
        own(amira, "done", title=f"Job {number:02}", created_at=NOW + timedelta(seconds=number // 3))
    path, seen = "/jobs/?state=done", []
    for expected in (25, 25, 10):
        shown = text(page, path)
        titles = re.findall(r"Job \d\d", shown)
        assert len(titles) == expected
        seen += titles
        following = re.search(r'href="([^"]+)" rel="next"', shown)
        path = "/jobs/" + following[1].replace("&amp;", "&") if following else ""
    assert path == ""
    assert sorted(seen) == [f"Job {number:02}" for number in range(60)]


@pytest.mark.parametrize("after", ["x", "2026-11-19T09:38:00~x", "~", "2026-11-19T09:38:00%2B00:00~1", "%00"])
def test_a_place_nobody_can_read_is_the_start(page: Client, amira: User, after: str) -> None:
    own(amira, title="Here")
    assert "Here" in words(text(page, f"/jobs/?after={after}"))


def test_a_list_asks_again_only_while_something_can_change(page: Client, amira: User) -> None:
    job = own(amira, "running")
    assert 'hx-trigger="every 2s"' in text(page, "/jobs/", fragment=True)
    Job.objects.filter(pk=job.pk).update(state="done", finished_at=NOW)
    assert "hx-trigger" not in text(page, "/jobs/", fragment=True)


def test_a_fragment_is_part_of_the_page(page: Client, amira: User) -> None:
    job = own(amira, "done")
    for path, holder in (("/jobs/", "jobs"), (f"/jobs/{job.pk}/", "job")):
        fragment, whole = text(page, path, fragment=True), text(page, path)
        assert "<html" not in fragment
        assert f'<div id="{holder}">' in whole
        assert page.get(path).headers["Vary"].count("HX-Request") == 1


def test_a_running_job_shows_how_far_it_is(page: Client, amira: User) -> None:
    progress = {"done": 388, "total": 612, "stage": "Match", "stages": ["Read", "Match"]}
    job = own(amira, "running", progress=progress)
    shown = text(page, f"/jobs/{job.pk}/", fragment=True)
    assert '<progress value="63" max="100"' in shown
    assert "388 of 612 (63 %)" in words(shown)
    assert [*re.findall(r'<li class="(\w*)">', shown)] == ["done", "now", ""]
    assert 'hx-trigger="every 2s"' in shown
    assert "Stop" in words(shown)


def test_a_job_of_unknown_length_claims_no_share(page: Client, amira: User) -> None:
    progress = {"done": 1388, "total": None, "stage": "Read", "stages": ["Read"]}
    shown = text(page, f"/jobs/{own(amira, 'running', progress=progress).pk}/")
    assert "1,388 so far" in words(shown)
    assert "%" not in words(shown.partition("<main")[2].partition("</main>")[0])
    assert "<progress aria-label" in shown


def test_a_job_that_failed_before_it_counted_shows_no_bare_nought(page: Client, amira: User) -> None:
    progress = {"done": 0, "total": None, "stage": "Read", "stages": ["Read"]}
    shown = words(text(page, f"/jobs/{own(amira, 'failed', progress=progress, error='Cut off.').pk}/"))
    assert "Failed 0" not in shown
    assert "Failed Read" in shown


def test_what_came_of_it_is_facts_and_links_of_our_own(page: Client, amira: User) -> None:
    links = [
        {"label": "Payments", "url": "/apis/API-1/"},
        {"label": "Away", "url": "https://evil.example/"},
        {"label": "Away too", "url": "//evil.example/"},
        {"label": "Script", "url": "javascript:alert(1)"},
    ]
    job = own(
        amira,
        "done",
        result={"left_open": 3, "closed": 2, "note": "Read it.", "parts": [1], "created": 1204, "links": links},
    )
    shown = text(page, f"/jobs/{job.pk}/")
    assert '<dt>Created</dt><dd class="num">1,204</dd>' in shown
    assert re.findall(r"<dt>([^<]+)</dt><dd class=\"num\">", shown)[:3] == ["Created", "Closed", "Left open"]
    assert "<p>Read it.</p>" in shown
    assert "parts" not in words(shown).lower()
    assert 'href="/apis/API-1/"' in shown
    assert "evil.example" not in shown
    assert "javascript:" not in shown
    assert "every 2s" not in shown


@pytest.mark.parametrize(
    ("source", "words_"),
    [
        ("document", "from the document"),
        ("uploader", "as stated at upload"),
        ("upload", "the time of the upload"),
    ],
)
def test_a_moment_is_shown_as_one_in_the_persons_zone_with_where_it_came_from(
    page: Client, amira: User, source: str, words_: str
) -> None:
    amira.zone = "Asia/Kolkata"
    amira.save()
    result = {"scanned_at": "2026-11-21T20:15:00+00:00", "scanned_at_source": source, "name": "2026", "entries": 2500}
    shown = words(text(page, f"/jobs/{own(amira, 'done', result=result).pk}/"))
    assert f"Scanned at 22 Nov 2026, 01:45:00 IST ({words_})" in shown
    assert "Entries 2,500" in shown
    assert "Name 2026" in shown
    assert "Scanned at source" not in shown


def test_a_failure_says_what_happened_and_what_to_do(page: Client, amira: User) -> None:
    job = own(amira, "failed", error="Line 3 of <b>petstore</b>.yaml: a key stands twice.")
    shown = text(page, f"/jobs/{job.pk}/")
    assert "Line 3 of &lt;b&gt;petstore&lt;/b&gt;.yaml: a key stands twice." in shown
    assert "Nothing was stored." in shown
    assert 'role="alert"' in shown


def test_one_s_own_job_is_stopped_by_a_post_and_by_nothing_else(page: Client, amira: User) -> None:
    job = own(amira)
    assert page.get(f"/jobs/{job.pk}/stop/").status_code == 405
    answer = page.post(f"/jobs/{job.pk}/stop/", headers=FRAGMENT)
    assert answer.status_code == 200
    assert b"This job was stopped." in answer.content
    job.refresh_from_db()
    assert job.state == "cancelled"
    running = own(amira, "running")
    answer = page.post(f"/jobs/{running.pk}/stop/", follow=True)
    assert answer.redirect_chain == [(f"/jobs/{running.pk}/", 302)]
    assert b"Stopping" in answer.content
    assert b'action="/jobs/' not in answer.content


@pytest.mark.parametrize(("role", "status"), [("auditor", 403), ("responder", 403), ("analyst", 302)])
def test_who_sees_all_jobs_stops_them_only_with_the_right_to_upload(
    page: Client, amira: User, role: str, status: int
) -> None:
    OrganisationRoleGrant.objects.create(user=amira, role=OrganisationRole(role))
    job = job_of(SYSTEM)
    shown = text(page, f"/jobs/{job.pk}/")
    assert ("/stop/" in shown) == (status == 302)
    assert page.post(f"/jobs/{job.pk}/stop/").status_code == status


def test_the_list_costs_the_same_for_any_number_of_jobs(
    page: Client, amira: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for state in ("running", "done", "failed") * 8:
        own(amira, state)
    with django_assert_max_num_queries(6):
        page.get("/jobs/")
    with django_assert_max_num_queries(5):
        page.get("/jobs/", headers=FRAGMENT)


def test_what_failed_is_tried_again_from_its_page_by_whom_it_is_for(page: Client, amira: User) -> None:
    job = own(amira, "failed", error="It went wrong.")
    assert page.post(f"/jobs/{job.pk}/again/").status_code == 403
    OrganisationRoleGrant.objects.create(user=amira, role=OrganisationRole.ADMINISTRATOR)
    assert f"/jobs/{job.pk}/again/" in text(page, f"/jobs/{job.pk}/")
    assert page.get(f"/jobs/{job.pk}/again/").status_code == 405
    answer = page.post(f"/jobs/{job.pk}/again/", headers=FRAGMENT)
    assert b"Waiting for a free worker" in answer.content
    job.refresh_from_db()
    assert job.state == "queued"
    assert f"/jobs/{job.pk}/again/" not in text(page, f"/jobs/{job.pk}/")


def test_a_foreign_job_is_not_tried_again(page: Client) -> None:
    foreign = job_of(SYSTEM, "failed")
    assert page.post(f"/jobs/{foreign.pk}/again/").status_code == 404
